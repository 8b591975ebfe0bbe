"""A driver that loops, blocks, exits or talks nonsense hurts only itself: real threads."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.runtime.rig import Bench, RecordedWatcher, device_config
from tests.support.turns import until
from wampedge.devices.driver import Driver, reading, spec_of
from wampedge.devices.values import Value
from wampedge.devices.worker import BusWorker
from wampedge.errors import BusBusyError, BusTimeoutError, DeviceError
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import LoopExecution, WorkerExecution
from wampedge.runtime.sampling import Sampler
from wampedge.runtime.threads import BlockingCalls
from wampedge_simulator.clock import SimulatedClock

DEADLINE_S = 0.1
FAR_S = 30.0


class Part(Driver, bus="i2c", deadline_s=DEADLINE_S):
    """Does what a test says, each time it is read."""

    level = reading("mm")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.act: Callable[[], Any] = lambda: 1.0
        self.read_at: list[float] = []

    async def read(self) -> Mapping[str, Value]:
        self.read_at.append(time.monotonic())
        return {"level": self.act()}


class Place(Bench):
    """A mounting on a worker."""

    def __init__(self, worker: BusWorker, name: str) -> None:
        super().__init__()
        self.execution = WorkerExecution(worker, name)  # type: ignore[assignment] # another kind


class Bus:
    """One bus with a real thread, and some parts on it."""

    def __init__(self, *names: str) -> None:
        self.worker = BusWorker("i2c1", SimulatedClock())
        self.runners = {
            name: DeviceRunner(
                replace(device_config(Part, every_s=0.02), name=name),
                Place(self.worker, name),
                RecordedWatcher(),
            )
            for name in names
        }

    def part(self, name: str) -> Part:
        driver = self.runners[name].driver
        assert isinstance(driver, Part)
        return driver


@asynccontextmanager
async def bus_with(*names: str) -> AsyncIterator[Bus]:
    bus = Bus(*names)
    try:
        yield bus
    finally:
        for runner in bus.runners.values():
            await runner.stop()
        await bus.worker.close()


def loop_for_ever() -> None:
    while True:
        pass


class Blocked:
    """Something that blocks until the test ends."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def __call__(self) -> None:
        self.gate.wait(FAR_S)


async def test_a_loop_is_given_up_at_its_deadline_and_its_thread_ends() -> None:
    async with bus_with("bad", "good") as bus:
        bus.part("bad").act = loop_for_ever
        began = time.monotonic()

        await Sampler().sample_all(bus.runners.values())

        took_s = time.monotonic() - began
        assert bus.runners["bad"].health.failures_in_a_row == 1
        assert bus.runners["good"].health.state == "ok"
        assert DEADLINE_S <= took_s < 10 * DEADLINE_S
        await until(lambda: not bus.worker.hanging_threads)


async def test_a_part_that_hangs_is_not_tried_again_and_leaves_one_thread_only() -> None:
    blocked = Blocked()
    async with bus_with("bad", "good") as bus:
        bus.part("bad").act = blocked
        for _ in range(6):
            await Sampler().sample_all(bus.runners.values())

        assert bus.worker.hanging_threads == 1
        assert len(bus.part("bad").read_at) == 1
        assert len(bus.part("good").read_at) == 6
        assert bus.runners["bad"].health.state == "down"
        with pytest.raises(BusTimeoutError, match="the last unit of bad still hangs"):
            await bus.runners["bad"].get("level", fresh=True)
        blocked.gate.set()
        await until(lambda: not bus.worker.hanging_threads)
        await bus.runners["bad"].get("level", fresh=True)


async def test_many_parts_that_hang_do_not_use_up_the_patience_for_one_that_works() -> None:
    blocked = Blocked()
    bad = [f"bad{n}" for n in range(5)]
    async with bus_with(*bad, "good") as bus:
        for name in bad:
            bus.part(name).act = blocked
        await Sampler().sample_all(bus.runners.values())

        assert bus.worker.hanging_threads == 5
        assert bus.runners["good"].health.state == "ok"
        blocked.gate.set()
        await until(lambda: not bus.worker.hanging_threads)


@pytest.mark.parametrize(
    "act",
    [
        lambda: sys.exit(3),
        lambda: (_ for _ in ()).throw(BaseException("odd")),
        lambda: (_ for _ in ()).throw(KeyboardInterrupt()),
        lambda: (_ for _ in ()).throw(MemoryError()),
    ],
    ids=["exit", "base-exception", "interrupt", "memory"],
)
async def test_whatever_a_driver_does_its_neighbour_is_read(act: Callable[[], Any]) -> None:
    async with bus_with("bad", "good") as bus:
        bus.part("bad").act = act

        await Sampler().sample_all(bus.runners.values())

        assert bus.runners["bad"].health.failures_in_a_row == 1
        assert bus.runners["good"].health.state == "ok"
        assert bus.worker.hanging_threads == 0


async def test_nonsense_in_place_of_a_number_is_no_value() -> None:
    async with bus_with("bad", "good") as bus:
        bus.part("bad").act = object

        await Sampler().sample_all(bus.runners.values())

        assert (await bus.runners["bad"].get("level")).quality == "bad"
        assert (await bus.runners["good"].get("level")).value == 1.0


async def test_a_thousand_callers_of_one_part_starve_no_other() -> None:
    """ROBUSTNESS.md B5: of 1,000 callers as many wait as the queue holds; others go in turn."""
    order: list[str] = []
    async with bus_with("crowded", "quiet") as bus:
        for name in bus.runners:
            bus.part(name).act = lambda name=name: order.append(name)  # type: ignore[misc] # now
        calls = [
            asyncio.ensure_future(bus.runners["crowded"].get("level", fresh=True))
            for _ in range(1000)
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await bus.runners["quiet"].get("level", fresh=True)
        answers = await asyncio.gather(*calls, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, BusBusyError)]
    assert len(refused) == 1000 - order.count("crowded")
    assert order.count("crowded") <= 34  # those that waited, and the one or two under way
    assert order.index("quiet") <= 3


class Plain(Driver, deadline_s=DEADLINE_S):
    """A part without a bus, behind a library that blocks."""

    level = reading("mm")
    act: Callable[[], Any] = staticmethod(lambda: 1.0)

    async def read(self) -> Mapping[str, Value]:
        return {"level": await self.thread(self.act)}


@asynccontextmanager
async def plain() -> AsyncIterator[DeviceRunner]:
    bench, calls = Bench(), BlockingCalls()
    bench.execution = LoopExecution(calls)
    runner = DeviceRunner(device_config(Plain), bench, RecordedWatcher())
    try:
        yield runner
    finally:
        await runner.stop()
        calls.shutdown()


async def test_a_library_that_blocks_holds_up_neither_the_loop_nor_its_device_for_ever() -> None:
    blocked = Blocked()
    async with plain() as runner:
        runner.driver.act = blocked  # type: ignore[attr-defined] # of the part above
        began = time.monotonic()
        with pytest.raises(BusTimeoutError, match=r"within 0.1 s"):
            await runner.get("level", fresh=True)
        assert time.monotonic() - began < 10 * DEADLINE_S
        with pytest.raises(BusTimeoutError, match="still hangs"):
            await runner.get("level", fresh=True)
        blocked.gate.set()
        runner.driver.act = lambda: 2.0  # type: ignore[attr-defined] # of the part above

        async def is_back() -> bool:
            try:
                return (await runner.get("level", fresh=True)).value == 2.0
            except DeviceError:
                return False

        while not await is_back():  # noqa: ASYNC110 # a thread ends when it ends
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("act", "text"), [(lambda: sys.exit(2), "SystemExit"), (lambda: 1 / 0, "ZeroDivisionError")]
)
async def test_what_a_library_raises_is_an_error_of_its_device(
    act: Callable[[], Any], text: str
) -> None:
    async with plain() as runner:
        runner.driver.act = act  # type: ignore[attr-defined] # of the part above

        with pytest.raises(DeviceError, match=text):
            await runner.get("level", fresh=True)


def test_a_driver_says_how_long_it_may_take() -> None:
    assert spec_of(Part).deadline_s == DEADLINE_S
