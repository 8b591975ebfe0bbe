"""Pauses of units on the thread of a bus: the short ones are slept there."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.devices.worker_rig import FAR_S, LongPause, returning, worker
from wampedge.devices.worker import begin_turn, pause
from wampedge.errors import BusTimeoutError

SHORT_S = 0.001


async def test_a_short_pause_needs_no_turn_of_the_event_loop() -> None:
    went_on = threading.Event()

    async def unit() -> None:
        for _ in range(3):
            await pause(SHORT_S)
        went_on.set()

    async with worker() as bus:
        task = asyncio.create_task(bus.run(unit, deadline_s=FAR_S))
        await asyncio.sleep(0)

        assert went_on.wait(5), "the event loop stands still meanwhile"

        await task


async def test_a_long_pause_ends_at_once_when_its_caller_gives_up() -> None:
    unit, begun = LongPause(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def first_short() -> None:
        await pause(SHORT_S)
        loop.call_soon_threadsafe(begun.set)
        await unit()

    async with worker() as bus:
        task = asyncio.create_task(bus.run(first_short, deadline_s=FAR_S))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await bus.run(returning(1), deadline_s=FAR_S) == 1
    assert unit.has_ended


async def test_a_unit_that_pauses_shortly_for_ever_is_closed_at_its_deadline() -> None:
    closed_on: list[str] = []

    async def unit() -> None:
        try:
            while True:
                await pause(SHORT_S)
        finally:
            closed_on.append(threading.current_thread().name)

    async with worker() as bus:
        with pytest.raises(BusTimeoutError, match=r"no end within 0\.2 s"):
            await bus.run(unit, deadline_s=0.2)

        assert await bus.run(returning(1), deadline_s=FAR_S) == 1
        assert bus.hanging_threads == 0
    assert closed_on == ["bus i2c1"]


async def test_a_turn_with_an_earlier_deadline_is_closed_at_its_own() -> None:
    async def unit() -> None:
        begin_turn("slow", 0.2)
        while True:
            await pause(SHORT_S)

    async with worker() as bus:
        with pytest.raises(BusTimeoutError, match=r"no end within 0\.2 s"):
            await bus.run(unit, deadline_s=FAR_S)

        assert bus.hanging_threads == 0


async def test_a_unit_that_pauses_shortly_ends_when_its_caller_gives_up() -> None:
    async def unit() -> None:
        while True:
            await pause(SHORT_S)

    async with worker() as bus:
        task = asyncio.create_task(bus.run(unit, deadline_s=FAR_S))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await bus.run(returning(1), deadline_s=FAR_S) == 1
