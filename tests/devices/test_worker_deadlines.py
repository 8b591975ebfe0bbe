"""Units of a bus worker that are late: deadlines, progress, and threads given up."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.devices.worker_rig import FAR_S, Gate, LongPause, returning, worker
from tests.support.turns import until
from tests.support.virtual import virtual
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.registermap.vectors import RecordedBus
from wampedge.devices.worker import MAX_ABANDONED, mark_progress, pause
from wampedge.errors import BusTimeoutError
from wampedge_simulator.clock import SimulatedClock

SOON_S = 0.02


@virtual
async def test_a_unit_that_pauses_beyond_its_deadline_is_closed_and_the_next_runs() -> None:
    unit = LongPause()
    async with worker(inline=True) as bus:
        with pytest.raises(BusTimeoutError, match="bus i2c1: no end within 2 s"):
            await bus.run(unit, deadline_s=2)

        assert await bus.run(returning(1), deadline_s=2) == 1
    assert unit.has_ended


@virtual
async def test_a_unit_that_marks_progress_has_its_deadline_anew_and_loses_it_when_it_stops() -> (
    None
):
    done: list[int] = []

    async def unit() -> None:
        for device in range(5):
            await pause(1.5)
            done.append(device)
            mark_progress()
        await pause(1000)

    async with worker(inline=True) as bus:
        clock = SimulatedClock()
        start = clock.monotonic()
        with pytest.raises(BusTimeoutError):
            await bus.run(unit, deadline_s=2)

        assert done == [0, 1, 2, 3, 4]
        assert 9.5 <= clock.monotonic() - start <= 11.5


def test_progress_outside_of_a_unit_means_nothing() -> None:
    mark_progress()


@virtual
async def test_the_deadline_counts_from_the_first_step_not_from_the_queue() -> None:
    async with worker(inline=True) as bus:

        async def slow() -> str:
            await pause(1.5)
            return "done"

        results = await asyncio.gather(*(bus.run(slow, deadline_s=2) for _ in range(4)))

    assert results == ["done"] * 4


async def test_a_hanging_unit_is_answered_and_its_thread_replaced() -> None:
    """ROBUSTNESS.md B4: a driver blocks 60 s."""
    async with worker() as bus:
        gate = Gate()

        async def stuck() -> None:
            gate.hang()

        with pytest.raises(BusTimeoutError):
            await bus.run(stuck, deadline_s=SOON_S)
        is_stuck = bus.stuck_since is not None
        answer = await bus.run(returning("served"), deadline_s=FAR_S)
        gate.open()
        await until(lambda: bus.stuck_since is None)

    assert is_stuck
    assert answer == "served"


async def test_a_unit_given_up_does_not_touch_the_bus_when_it_comes_back() -> None:
    async with worker() as bus:
        gate = Gate()
        recorded = RecordedBus([])
        device = I2cDevice(recorded, 0x40)
        ended = threading.Event()

        async def stuck() -> None:
            try:
                gate.hang()
                await device.write(0x00, 0xFF)
            finally:
                ended.set()

        with pytest.raises(BusTimeoutError):
            await bus.run(stuck, deadline_s=SOON_S)
        gate.open()
        assert ended.wait(FAR_S)

    assert recorded.writes == []


async def test_a_unit_given_up_is_closed_when_it_comes_back_and_pauses() -> None:
    async with worker() as bus:
        gate, closed = Gate(), threading.Event()

        async def stuck() -> None:
            gate.hang()
            try:
                await pause(0)
            finally:
                closed.set()

        with pytest.raises(BusTimeoutError):
            await bus.run(stuck, deadline_s=SOON_S)
        gate.open()

        assert closed.wait(FAR_S)


async def test_a_bus_leaves_no_more_than_a_few_threads_behind() -> None:
    async with worker() as bus:
        gates = [Gate() for _ in range(MAX_ABANDONED)]
        for gate in gates:

            async def stuck(gate: Gate = gate) -> None:
                gate.hang()

            with pytest.raises(BusTimeoutError):
                await bus.run(stuck, deadline_s=SOON_S)
        with pytest.raises(BusTimeoutError, match="bus i2c1 is stuck: 3 threads hang"):
            await bus.run(returning(1), deadline_s=FAR_S)
        gates[0].open()
        await until(lambda: len(bus._abandoned) < MAX_ABANDONED)
        answer = await bus.run(returning("again"), deadline_s=FAR_S)
        for gate in gates:
            gate.open()

    assert answer == "again"


@virtual
async def test_a_unit_that_will_not_close_is_left_at_its_second_deadline() -> None:
    async with worker(inline=True) as bus:

        async def stubborn() -> None:
            try:
                await pause(10)
            finally:
                await pause(10)

        with pytest.raises(BusTimeoutError):
            await bus.run(stubborn, deadline_s=2)

        assert await bus.run(returning(1), deadline_s=2) == 1
