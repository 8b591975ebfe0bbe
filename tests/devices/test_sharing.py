"""Several parts of a bus read in one unit, in virtual time: pauses are shared, steps are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import pytest

from tests.devices.worker_rig import FAR_S, returning
from tests.support.virtual import virtual
from wampedge.devices.sharing import Turn, share_pauses
from wampedge.devices.worker import BusWorker, mark_progress, pause
from wampedge.errors import BusError, BusTimeoutError, DeviceError
from wampedge_simulator.clock import SimulatedClock

Read = Callable[[], Coroutine[Any, Any, Mapping[str, Any]]]


class Diary:
    """Notes who does what when; seconds since it was made, to the millisecond."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str]] = []
        self._began_s = asyncio.get_running_loop().time()

    def note(self, text: str) -> None:
        now_s = asyncio.get_running_loop().time() - self._began_s
        self.lines.append((round(now_s, 3), text))

    def reading(self, name: str, *pauses_s: float) -> Read:
        async def read() -> Mapping[str, Any]:
            self.note(f"{name} begins")
            for seconds in pauses_s:
                await pause(seconds)
                self.note(f"{name} goes on")
            return {name: 1}

        return read


async def shared(
    deadline_s: float = 2.0, **reads: Read
) -> tuple[dict[str, Mapping[str, Any] | DeviceError], BusWorker]:
    """Carry out *reads* in one unit; return what came of each, and the worker."""
    outcomes: dict[str, Mapping[str, Any] | DeviceError] = {}
    bus = BusWorker("i2c1", SimulatedClock(), inline=True)

    async def unit() -> None:
        turns = [
            Turn(name, deadline_s, read(), partial(outcomes.__setitem__, name))
            for name, read in reads.items()
        ]
        await share_pauses(turns)

    await bus.run(unit, deadline_s=deadline_s)
    return outcomes, bus


@virtual
async def test_one_part_is_read_while_another_converts() -> None:
    diary = Diary()

    outcomes, _ = await shared(a=diary.reading("a", 0.1, 0.1), b=diary.reading("b", 0.15))

    assert outcomes == {"a": {"a": 1}, "b": {"b": 1}}
    assert diary.lines == [
        (0.0, "a begins"),
        (0.0, "b begins"),
        (0.1, "a goes on"),
        (0.15, "b goes on"),
        (0.2, "a goes on"),
    ]


@virtual
async def test_pauses_that_end_within_a_millisecond_end_together() -> None:
    diary = Diary()

    await shared(a=diary.reading("a", 0.1), b=diary.reading("b", 0.1008), c=diary.reading("c", 0.2))

    assert diary.lines[3:] == [(0.101, "a goes on"), (0.101, "b goes on"), (0.2, "c goes on")]


@virtual
async def test_a_part_that_fails_does_so_alone() -> None:
    diary = Diary()

    async def fails() -> Mapping[str, Any]:
        await pause(0.01)
        raise BusError("no acknowledge")

    outcomes, _ = await shared(a=fails, b=diary.reading("b", 0.1))

    assert str(outcomes["a"]) == "no acknowledge"
    assert outcomes["b"] == {"b": 1}


@virtual
async def test_a_part_whose_time_is_over_ends_alone_and_at_its_deadline() -> None:
    diary = Diary()

    async def never_ends() -> Mapping[str, Any]:
        try:
            while True:
                await pause(0.3)
        finally:
            diary.note("a is closed")

    outcomes, _ = await shared(1.0, a=never_ends, b=diary.reading("b", 0.5))

    assert isinstance(outcomes["a"], BusTimeoutError)
    assert str(outcomes["a"]) == "no end within 1 s"
    assert outcomes["b"] == {"b": 1}
    assert diary.lines[-1] == (1.0, "a is closed")


@virtual
async def test_progress_gives_a_part_its_time_anew() -> None:
    async def slow() -> Mapping[str, Any]:
        for _ in range(3):
            await pause(0.8)
            mark_progress()
        return {"a": 1}

    outcomes, _ = await shared(1.0, a=slow, b=Diary().reading("b", 0.1))

    assert outcomes["a"] == {"a": 1}


@virtual
async def test_what_may_not_be_awaited_is_named() -> None:
    async def waits_for_the_loop() -> Mapping[str, Any]:
        await asyncio.sleep(1)
        return {}

    outcomes, _ = await shared(a=waits_for_the_loop, b=Diary().reading("b"))

    assert str(outcomes["a"]) == "the driver awaits Future; it may only pause"
    assert outcomes["b"] == {"b": 1}


@virtual
@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit()])
async def test_a_part_cannot_end_the_reads_of_others(error: BaseException) -> None:
    async def leaves() -> Mapping[str, Any]:
        raise error

    outcomes, _ = await shared(a=leaves, b=Diary().reading("b", 0.1))

    assert str(outcomes["a"]) == f"the driver raised {type(error).__name__}"
    assert outcomes["b"] == {"b": 1}


@virtual
async def test_a_caller_that_gives_up_ends_every_read() -> None:
    diary = Diary()

    def closing(name: str) -> Read:
        async def read() -> Mapping[str, Any]:
            try:
                await pause(1)
            finally:
                diary.note(f"{name} is closed")
            return {}

        return read

    task = asyncio.create_task(shared(a=closing("a"), b=closing("b")))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert sorted(diary.lines) == [(0.2, "a is closed"), (0.2, "b is closed")]


@virtual
async def test_the_bus_serves_others_after_shared_reads() -> None:
    _, bus = await shared(a=Diary().reading("a", 0.1), b=Diary().reading("b", 0.1))

    assert await bus.run(returning(1), deadline_s=FAR_S) == 1
