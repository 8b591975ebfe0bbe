"""When the wall clock counts as set, and what is told when it jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wampedge.runtime.clock_state import EARLIEST_S, ClockState
from wampedge_simulator.clock import EPOCH_S, SimulatedClock, run_virtual


class SetClock(SimulatedClock):
    """A clock that somebody sets."""

    def __init__(self) -> None:
        super().__init__()
        self.offset_s = 0.0
        self.told: bool | None = True

    def time(self) -> float:
        return super().time() + self.offset_s

    def is_synced(self) -> bool | None:
        return self.told


def steps_of(*acts: Callable[[SetClock], None]) -> list[tuple[bool, float, float]]:
    """Do something to a clock each two minutes; return state, step and moment of each message."""

    async def main() -> list[tuple[bool, float, float]]:
        told = []
        clock = SetClock()
        acts[0](clock)
        state = ClockState(clock)
        loop = asyncio.get_running_loop()
        state.on_step(lambda step_s: told.append((state.is_synced, step_s, loop.time())))
        state.begin()
        for act in acts[1:]:
            await asyncio.sleep(118.0)
            act(clock)
            await asyncio.sleep(2.0)
        await asyncio.sleep(118.0)
        state.close()
        clock.offset_s += 3_600.0
        await asyncio.sleep(600.0)
        return told

    return run_virtual(main())


def unset(clock: SetClock) -> None:
    """Begin in 1970."""
    clock.told, clock.offset_s = False, -float(EPOCH_S)


def put_right(clock: SetClock) -> None:
    """Let a time server answer."""
    clock.told, clock.offset_s = True, 0.0


def test_a_clock_that_is_right_says_nothing() -> None:
    assert steps_of(lambda _: None, lambda _: None) == []


def test_an_unset_clock_is_found_right_within_five_seconds() -> None:
    assert steps_of(unset, put_right) == [(True, float(EPOCH_S), 120.0)]


def test_a_jump_of_a_set_clock_is_found_within_a_minute() -> None:
    def jump(clock: SetClock) -> None:
        clock.offset_s = -600.0

    assert steps_of(lambda _: None, jump) == [(True, -600.0, 120.0)]


def test_a_clock_set_back_ten_years_is_not_trusted() -> None:
    def set_back(clock: SetClock) -> None:
        clock.offset_s = -10 * 365 * 86_400.0

    assert steps_of(lambda _: None, set_back) == [(False, -315_360_000.0, 120.0)]


def test_less_than_a_second_is_no_jump() -> None:
    def slew(clock: SetClock) -> None:
        clock.offset_s = 0.9

    assert steps_of(lambda _: None, slew) == []


def test_a_clock_that_turns_right_without_a_jump_is_told_too() -> None:
    def doubt(clock: SetClock) -> None:
        clock.told = False

    assert steps_of(doubt, put_right) == [(True, 0.0, 120.0)]


def test_where_nobody_can_tell_only_an_impossible_time_is_doubted() -> None:
    def unknown(clock: SetClock) -> None:
        clock.told = None

    def impossible(clock: SetClock) -> None:
        clock.offset_s = EARLIEST_S - 300.0 - EPOCH_S

    assert steps_of(unknown, impossible) == [(False, EARLIEST_S - 300.0 - EPOCH_S, 120.0)]


def test_a_clock_that_cannot_be_asked_is_trusted() -> None:
    async def main() -> bool:
        state = ClockState(SimulatedClock(epoch_s=0.0))
        state.begin()
        state.check()
        return state.is_synced

    assert run_virtual(main())
