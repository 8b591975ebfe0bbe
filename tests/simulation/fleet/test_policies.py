"""Outputs judged by their lines alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

from tests.simulation.fleet.rig import SITE, site
from wampedge.simulation.fleet.policies import OutputJudge
from wampedge_simulator.clock import run_virtual

HIGH, LOW = True, False


class SimulatedLines:
    """A board of which only the lines are there."""

    def __init__(self) -> None:
        self.listeners: dict[int, Callable[[bool], None]] = {}

    def net(self, _bank: str, line: int) -> SimpleNamespace:
        def watch(listener: Callable[[bool], None]) -> None:
            self.listeners[line] = listener

        # The pump, on at a low level, rests at a high one.
        return SimpleNamespace(level=line == 17, watch=watch)


class Rig:
    def __init__(self, text: str = SITE) -> None:
        self.wrongs: list[str] = []
        self.judge = OutputJudge(site(text), self.wrongs.append)
        self.lines = SimulatedLines()
        self.judge.watch(self.lines)

    def pump(self, *, is_on: bool) -> None:
        self.lines.listeners[17](not is_on)

    def fan(self, *, is_on: bool) -> None:
        self.lines.listeners[27](is_on)

    def heater(self, *, is_on: bool) -> None:
        self.lines.listeners[22](is_on)


def test_outputs_of_one_pin_are_watched() -> None:
    servo = '[devices.s]\ndriver = "servo"\npin = 18\n'

    assert Rig(SITE + servo).judge.judged == ["fan", "heater", "pump"]


def test_pump_that_keeps_to_its_times_is_fine() -> None:
    async def main() -> None:
        rig = Rig()
        for _ in range(2):
            rig.pump(is_on=True)
            await asyncio.sleep(40)
            rig.pump(is_on=False)
            await asyncio.sleep(10)
        rig.judge.overdue()

        assert rig.wrongs == []

    run_virtual(main())


def test_output_that_goes_off_too_soon_is_wrong() -> None:
    async def main() -> None:
        rig = Rig()
        rig.pump(is_on=True)
        await asyncio.sleep(4.9)
        rig.pump(is_on=False)

        assert rig.wrongs == ["pump was on for 4.900 s, min_on is 5 s"]

    run_virtual(main())


def test_power_cut_may_end_the_least_time_on() -> None:
    async def main() -> None:
        rig = Rig()
        rig.pump(is_on=True)
        await asyncio.sleep(1)
        rig.judge.is_forced = True
        rig.pump(is_on=False)

        assert rig.wrongs == []

    run_virtual(main())


def test_output_that_goes_on_too_soon_is_wrong_after_a_power_cut_too() -> None:
    async def main() -> None:
        rig = Rig()
        rig.pump(is_on=True)
        rig.judge.is_forced = True
        rig.pump(is_on=False)
        rig.judge.is_forced = False
        await asyncio.sleep(9)
        rig.pump(is_on=True)

        assert rig.wrongs == ["pump was off for 9.000 s, min_off is 10 s"]

    run_virtual(main())


def test_output_that_stays_on_is_wrong_once() -> None:
    async def main() -> None:
        rig = Rig()
        rig.pump(is_on=True)
        await asyncio.sleep(42)
        rig.judge.overdue()
        rig.judge.overdue()
        rig.pump(is_on=False)

        assert rig.wrongs == ["pump was on for 42.000 s, max_on is 40 s"]

    run_virtual(main())


def test_two_of_an_interlock_are_wrong() -> None:
    async def main() -> None:
        rig = Rig()
        rig.fan(is_on=True)
        rig.heater(is_on=True)

        assert rig.wrongs == ["heater went on while fan was on (interlock hot)"]

    run_virtual(main())


def test_dead_time_of_an_interlock_is_kept() -> None:
    async def main() -> None:
        rig = Rig()
        rig.fan(is_on=True)
        rig.fan(is_on=False)
        await asyncio.sleep(4)
        rig.heater(is_on=True)
        await asyncio.sleep(1)

        assert rig.wrongs == [
            "heater went on 4.000 s after fan went off, dead_time of interlock hot is 5 s"
        ]

    run_virtual(main())


def test_dead_time_that_is_over_is_fine() -> None:
    async def main() -> None:
        rig = Rig()
        rig.fan(is_on=True)
        rig.fan(is_on=False)
        await asyncio.sleep(5)
        rig.heater(is_on=True)

        assert rig.wrongs == []

    run_virtual(main())
