"""Devices of one bus sampled in one unit: who shares its pauses, and who is blamed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from tests.devices.worker_rig import FAR_S
from tests.runtime.rig import Bench, RecordedWatcher, device_config
from wampedge.devices.driver import Driver, reading
from wampedge.devices.values import Value
from wampedge.devices.worker import BusWorker
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import WorkerExecution
from wampedge.runtime.sampling import Sampler
from wampedge_simulator.clock import SimulatedClock, run_virtual


class Part(Driver, bus="i2c"):
    """A part that takes 0.1 s to be set up and 0.3 s to be read, and notes when it was."""

    level = reading("mm")
    steps: ClassVar[list[tuple[float, str]]] = []

    async def setup(self) -> None:
        await self._take("setup", 0.1)

    async def read(self) -> Mapping[str, Value]:
        await self._take("read", 0.3)
        return {"level": 1}

    async def _take(self, step: str, seconds: float) -> None:
        name = f"{self.context.name} {step}"
        self.steps.append((round(self.context.clock.monotonic(), 3), name))
        await self.sleep(seconds)


class Quiet(Part, bus="i2c"):
    """The same, measuring so finely that traffic on the bus would disturb it."""

    keeps_bus = True


class Stuck(Driver, bus="i2c"):
    """A part whose second step takes the thread with it until it is let go."""

    level = reading("mm")
    gate: ClassVar[threading.Event]

    async def read(self) -> Mapping[str, Value]:
        await self.sleep(0.001)
        assert self.gate.wait(FAR_S)
        return {"level": 1}


class Fine(Driver, bus="i2c"):
    """A part that waits longer than the stuck one does before it is stuck."""

    level = reading("mm")

    async def read(self) -> Mapping[str, Value]:
        await self.sleep(0.005)
        return {"level": 1}


class OnWorker(Bench):
    """A mounting on a bus that others are on as well."""

    def __init__(self, worker: BusWorker, name: str) -> None:
        super().__init__()
        self.execution = WorkerExecution(worker, name)  # type: ignore[assignment] # another kind


def runners(worker: BusWorker, *drivers: type[Driver]) -> list[DeviceRunner]:
    """Return a device for each of *drivers*, named ``a``, ``b`` and so on."""
    return [
        DeviceRunner(
            replace(device_config(driver), name=name), OnWorker(worker, name), RecordedWatcher()
        )
        for name, driver in zip("abcd", drivers, strict=False)
    ]


def steps_of(*drivers: type[Driver], shares_pauses: bool) -> list[tuple[float, str]]:
    """Sample *drivers* once on one bus, in virtual time; return their steps."""
    Part.steps.clear()

    async def main() -> None:
        worker = BusWorker("i2c1", SimulatedClock(), inline=True, shares_pauses=shares_pauses)
        await Sampler().sample_all(runners(worker, *drivers))
        await worker.close()

    run_virtual(main())
    return list(Part.steps)


def test_parts_are_set_up_one_by_one_and_read_together() -> None:
    assert steps_of(Part, Part, shares_pauses=True) == [
        (0.0, "a setup"),
        (0.1, "b setup"),
        (0.2, "a read"),
        (0.2, "b read"),
    ]


def test_parts_of_a_bus_that_cannot_share_are_read_one_by_one() -> None:
    assert steps_of(Part, Part, shares_pauses=False) == [
        (0.0, "a setup"),
        (0.1, "a read"),
        (0.4, "b setup"),
        (0.5, "b read"),
    ]


def test_a_part_that_keeps_the_bus_is_read_alone() -> None:
    assert steps_of(Part, Quiet, Part, shares_pauses=True) == [
        (0.0, "a setup"),
        (0.1, "b setup"),
        (0.2, "b read"),
        (0.5, "c setup"),
        (0.6, "a read"),
        (0.6, "c read"),
    ]


def on_threads(
    *drivers: type[Driver], act: Callable[[list[DeviceRunner]], Coroutine[Any, Any, None]]
) -> None:
    async def main() -> None:
        worker = BusWorker("i2c1", SimulatedClock(), shares_pauses=True)
        try:
            await act(runners(worker, *drivers))
        finally:
            Stuck.gate.set()
            await worker.close()

    Stuck.gate = threading.Event()
    asyncio.run(main())


def test_the_part_that_takes_the_thread_with_it_is_blamed_and_the_others_are_read_again() -> None:
    async def act(devices: list[DeviceRunner]) -> None:
        devices[1].deadline_s = 0.05
        await Sampler().sample_all(devices)

        assert [device.health.failures_in_a_row for device in devices] == [0, 1, 0]
        assert [device.health.successes for device in devices] == [1, 0, 1]

    on_threads(Fine, Stuck, Fine, act=act)
