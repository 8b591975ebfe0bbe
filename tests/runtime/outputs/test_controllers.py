"""Sessions that control devices with ``safety``."""

from __future__ import annotations

import asyncio

from wampedge.runtime.outputs.controllers import Controllers
from wampedge_simulator.clock import SimulatedClock, run_virtual


class _Watched:
    """Controllers, and when each device lost its own."""

    def __init__(self) -> None:
        self.lost: list[tuple[str, float]] = []
        self.controllers = Controllers(SimulatedClock(), self._on_lost)

    def _on_lost(self, device: str, reason: str) -> None:
        self.lost.append((device, asyncio.get_running_loop().time()))


def test_silence_loses_every_device_of_the_session() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.controllers.take("pump", 7)
        await asyncio.sleep(1.5)
        watched.controllers.take("valve", 7)
        await asyncio.sleep(5.0)

        assert watched.lost == [("pump", 3.5), ("valve", 3.5)]

    run_virtual(act())


def test_session_that_gave_a_device_away_does_not_lose_it() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.controllers.take("pump", 7)
        watched.controllers.take("pump", 8)
        watched.controllers.leave(7)
        await asyncio.sleep(1.0)
        assert watched.lost == []

        watched.controllers.leave(8)
        watched.controllers.leave(8)
        assert watched.lost == [("pump", 1.0)]

    run_virtual(act())


def test_signs_of_life_of_others_do_not_count() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.controllers.take("pump", 7)
        await asyncio.sleep(1.0)
        watched.controllers.hear(8)
        await asyncio.sleep(5.0)

        assert watched.lost == [("pump", 2.0)]

    run_virtual(act())


def test_device_that_is_gone_is_lost_by_nobody() -> None:
    async def act() -> None:
        watched = _Watched()
        watched.controllers.take("pump", 7)
        watched.controllers.release("pump")
        watched.controllers.take("valve", 7)
        watched.controllers.close()
        await asyncio.sleep(5.0)

        assert watched.lost == []

    run_virtual(act())
