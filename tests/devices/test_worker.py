"""One worker a bus, with threads and in virtual time."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable

import pytest

from tests.devices.worker_rig import FAR_S, Gate, LongPause, returning, worker
from tests.support.virtual import virtual
from wampedge.devices.worker import BusWorker, pause
from wampedge.errors import BusBusyError, BusError, DeviceError
from wampedge_simulator.clock import SimulatedClock


async def test_a_unit_runs_on_a_thread_of_its_bus_and_gives_its_result() -> None:
    async with worker() as bus:

        async def unit() -> str:
            return threading.current_thread().name

        assert await bus.run(unit, deadline_s=FAR_S) == "bus i2c1"


@virtual
async def test_an_inline_unit_runs_on_the_loop_itself() -> None:
    async with worker(inline=True) as bus:

        async def unit() -> threading.Thread:
            return threading.current_thread()

        assert await bus.run(unit, deadline_s=FAR_S) is threading.current_thread()


@virtual
async def test_a_pause_costs_virtual_time_only() -> None:
    loop = asyncio.get_running_loop()
    async with worker(inline=True) as bus:

        async def unit() -> float:
            await pause(0.0155)
            return loop.time()

        start = loop.time()

        assert await bus.run(unit, deadline_s=FAR_S) == pytest.approx(start + 0.0155)


async def test_a_unit_pauses_and_goes_on_on_the_same_thread() -> None:
    async with worker() as bus:

        async def unit() -> set[int]:
            threads = {threading.get_ident()}
            for _ in range(3):
                await pause(0)
                threads.add(threading.get_ident())
            return threads

        assert len(await bus.run(unit, deadline_s=FAR_S)) == 1


@pytest.mark.parametrize("inline", [True, False])
async def test_units_run_one_at_a_time_in_the_order_they_came(inline: bool) -> None:
    steps: list[str] = []

    def two_steps(name: str) -> Callable[[], Awaitable[None]]:
        async def unit() -> None:
            steps.append(f"{name} begins")
            await pause(0.001)
            steps.append(f"{name} ends")

        return unit

    async with worker(inline=inline) as bus:
        await asyncio.gather(*(bus.run(two_steps(n), deadline_s=FAR_S) for n in "abc"))

    assert steps == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]


async def test_a_full_queue_refuses_the_next_and_serves_the_others_in_order() -> None:
    """ROBUSTNESS.md B5: 1,000 callers on one bus."""
    async with worker(queue_limit=32) as bus:
        gate = Gate()

        async def first() -> None:
            gate.hang()

        served: list[int] = []

        def note(number: int) -> Callable[[], Awaitable[None]]:
            async def unit() -> None:
                served.append(number)

            return unit

        blocked = asyncio.create_task(bus.run(first, deadline_s=FAR_S))
        await gate.reached()
        callers = [asyncio.create_task(bus.run(note(n), deadline_s=FAR_S)) for n in range(1000)]
        await asyncio.sleep(0)
        gate.open()
        results = await asyncio.gather(*callers, return_exceptions=True)
        await blocked

    assert served == list(range(32))
    assert [type(result) for result in results[32:]] == [BusBusyError] * 968
    assert str(results[32]) == "bus i2c1 is busy: 32 units wait for it"


async def test_what_a_unit_raises_reaches_its_caller_only() -> None:
    async with worker() as bus:

        async def unit() -> None:
            raise BusError("no acknowledge", errno=121)

        with pytest.raises(BusError, match="no acknowledge"):
            await bus.run(unit, deadline_s=FAR_S)

        assert await bus.run(returning(7), deadline_s=FAR_S) == 7


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit("x")])
async def test_a_driver_cannot_end_the_process(inline: bool, error: BaseException) -> None:
    """ROBUSTNESS.md B4: a driver calls sys.exit or raises a BaseException."""
    async with worker(inline=inline) as bus:

        async def unit() -> None:
            if isinstance(error, SystemExit):
                sys.exit(3)
            raise error

        with pytest.raises(DeviceError, match=f"the driver raised {type(error).__name__}"):
            await bus.run(unit, deadline_s=FAR_S)

        assert await bus.run(returning("alive"), deadline_s=FAR_S) == "alive"


@pytest.mark.parametrize("inline", [True, False])
async def test_a_unit_that_makes_no_coroutine_fails_alone(inline: bool) -> None:
    async with worker(inline=inline) as bus:

        def unit() -> Awaitable[None]:
            raise ValueError("no coroutine")

        with pytest.raises(ValueError, match="no coroutine"):
            await bus.run(unit, deadline_s=FAR_S)


@virtual
async def test_a_unit_may_await_nothing_but_a_pause() -> None:
    async with worker(inline=True) as bus:
        with pytest.raises(DeviceError, match="the driver awaits Future; it may only pause"):
            await bus.run(lambda: asyncio.sleep(1), deadline_s=FAR_S)


@virtual
async def test_a_caller_that_gives_up_ends_its_pausing_unit_and_frees_the_bus() -> None:
    unit = LongPause()
    async with worker(inline=True) as bus:
        task = asyncio.create_task(bus.run(unit, deadline_s=FAR_S))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await bus.run(returning(1), deadline_s=FAR_S) == 1
    assert unit.has_ended


async def test_a_caller_that_gives_up_while_its_unit_steps_lets_the_step_end() -> None:
    async with worker() as bus:
        gate, steps = Gate(), []

        async def unit() -> None:
            gate.hang()
            steps.append("first step ended")
            await pause(0)
            steps.append("never")

        task = asyncio.create_task(bus.run(unit, deadline_s=FAR_S))
        await gate.reached()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.open()

        assert await bus.run(returning(1), deadline_s=FAR_S) == 1
    assert steps == ["first step ended"]


@virtual
async def test_a_caller_that_gives_up_in_the_queue_is_skipped() -> None:
    ran = []
    async with worker(inline=True) as bus:
        slow = asyncio.create_task(bus.run(lambda: pause(1), deadline_s=FAR_S))

        async def unit() -> None:
            ran.append(True)

        waiting = asyncio.create_task(bus.run(unit, deadline_s=FAR_S))
        await asyncio.sleep(0.5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await slow
    assert ran == []


async def test_close_refuses_what_waits_and_lets_the_unit_under_way_end() -> None:
    bus = BusWorker("i2c1", SimulatedClock())
    gate = Gate()

    async def first() -> str:
        gate.hang()
        return "ended"

    under_way = asyncio.create_task(bus.run(first, deadline_s=FAR_S))
    await gate.reached()
    waiting = asyncio.create_task(bus.run(returning(2), deadline_s=FAR_S))
    await asyncio.sleep(0)
    closing = asyncio.create_task(bus.close())
    await asyncio.sleep(0)
    gate.open()
    await closing

    assert await under_way == "ended"
    with pytest.raises(BusError, match="bus i2c1 is closed"):
        await waiting
    with pytest.raises(BusError, match="bus i2c1 is closed"):
        await bus.run(returning(3), deadline_s=FAR_S)


async def test_a_stuck_bus_does_not_hold_up_another() -> None:
    async with worker() as stuck_bus, worker() as other:
        gate = Gate()

        async def stuck() -> None:
            gate.hang()

        task = asyncio.create_task(stuck_bus.run(stuck, deadline_s=FAR_S))
        await gate.reached()

        assert await other.run(returning("served"), deadline_s=FAR_S) == "served"

        gate.open()
        await task
