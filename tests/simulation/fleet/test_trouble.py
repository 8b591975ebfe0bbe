"""How long a node takes to be back, counted from when nothing is in its way any more."""

from __future__ import annotations

import asyncio

from wampedge.simulation.fleet.trouble import Troubles
from wampedge_simulator.clock import run_virtual


class Rig:
    def __init__(self) -> None:
        self.is_back = False
        self.late_at_s: list[float] = []
        self.troubles = Troubles(
            10.0,
            lambda: self.is_back,
            lambda: self.late_at_s.append(asyncio.get_running_loop().time()),
        )


def test_time_counts_from_the_end_of_the_last_trouble() -> None:
    async def main() -> None:
        rig = Rig()
        rig.troubles.begin("link")
        rig.troubles.begin("power")
        await asyncio.sleep(100)
        rig.troubles.end("link")
        assert rig.troubles.settled.is_set()
        await asyncio.sleep(100)
        rig.troubles.end("power")
        assert not rig.troubles.settled.is_set()
        await asyncio.sleep(3)
        rig.is_back = True
        rig.troubles.look()
        await asyncio.sleep(100)

        assert rig.troubles.longest_s == 3.0
        assert rig.troubles.settled.is_set()
        assert rig.late_at_s == []

    run_virtual(main())


def test_who_is_not_back_in_time_is_late_once() -> None:
    async def main() -> None:
        rig = Rig()
        rig.troubles.begin("link")
        rig.troubles.end("link")
        await asyncio.sleep(100)

        assert rig.late_at_s == [10.0]
        assert rig.troubles.settled.is_set()

    run_virtual(main())


def test_trouble_that_comes_meanwhile_stops_the_clock() -> None:
    async def main() -> None:
        rig = Rig()
        rig.troubles.begin("link")
        rig.troubles.end("link")
        await asyncio.sleep(9)
        rig.troubles.begin("router")
        await asyncio.sleep(9)

        assert rig.late_at_s == []
        assert rig.troubles.has("router")

    run_virtual(main())


def test_who_was_never_away_is_back_at_once() -> None:
    async def main() -> None:
        rig = Rig()
        rig.is_back = True
        rig.troubles.begin("link")
        rig.troubles.end("link")
        rig.troubles.end("link")

        assert rig.troubles.longest_s == 0.0
        assert rig.troubles.settled.is_set()

    run_virtual(main())
