"""Sampling many devices: in time, together, each failing alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from tests.runtime.rig import Bench, RecordedWatcher, device_config
from wampedge.devices.driver import Driver, reading
from wampedge.devices.values import Value
from wampedge.devices.worker import BusWorker
from wampedge.errors import BusError
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import WorkerExecution
from wampedge.runtime.sampling import Sampler
from wampedge_simulator.clock import SimulatedClock, run_virtual


class Probe(Driver, bus="i2c"):
    """A part that notes when it is read, and does what a test says."""

    level = reading("mm")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.read_at: list[float] = []
        self.takes_s = 0.0
        self.failure: BaseException | None = None

    async def read(self) -> Mapping[str, Value]:
        self.read_at.append(round(self.context.clock.monotonic(), 3))
        await self.sleep(self.takes_s)
        if self.failure is not None:
            raise self.failure
        return {"level": len(self.read_at)}


class SharedBench(Bench):
    """A mounting on a bus that others are on as well."""

    def __init__(self, execution: WorkerExecution) -> None:
        super().__init__()
        self.execution = execution  # type: ignore[assignment] # another kind than the base's


class Bus:
    """Some probes on one inline bus, and the sampler that reads them."""

    def __init__(self, *periods_s: float) -> None:
        self.worker = BusWorker("i2c1", SimulatedClock(), inline=True)
        self.watcher = RecordedWatcher()
        execution = WorkerExecution(self.worker)
        self.sampler = Sampler()
        self.runners = [
            DeviceRunner(
                replace(device_config(Probe, every_s=period_s), name=f"p{number}"),
                SharedBench(execution),
                self.watcher,
            )
            for number, period_s in enumerate(periods_s)
        ]

    def probe(self, number: int) -> Probe:
        driver = self.runners[number].driver
        assert isinstance(driver, Probe)
        return driver

    async def start(self) -> None:
        await self.sampler.sample_all(self.runners)
        for runner in self.runners:
            self.sampler.add(runner)

    async def stop(self) -> None:
        await self.sampler.close()
        for runner in self.runners:
            await runner.stop()
        await self.worker.close()


def on_bus(*periods_s: float, act: Callable[[Bus], Coroutine[Any, Any, None]]) -> None:
    """Run *act* in virtual time on a bus with a probe for each period; the probes have started."""

    async def main() -> None:
        bus = Bus(*periods_s)
        await bus.start()
        try:
            await act(bus)
        finally:
            await bus.stop()

    run_virtual(main())


def test_each_device_is_read_in_its_own_period_without_drift() -> None:
    async def act(bus: Bus) -> None:
        bus.probe(0).takes_s = 0.3
        await asyncio.sleep(10.5)

        assert bus.probe(0).read_at == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        assert bus.probe(1).read_at == [0.0, 5.0, 10.3]  # waits its turn behind the first

    on_bus(2.0, 5.0, act=act)


def test_a_device_that_comes_later_falls_into_step() -> None:
    async def act(bus: Bus) -> None:
        late = bus.runners[1]
        bus.sampler.remove(late)
        await asyncio.sleep(3.5)
        await bus.sampler.sample_all([late])
        bus.sampler.add(late)
        await asyncio.sleep(7.0)

        assert bus.probe(0).read_at == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        assert bus.probe(1).read_at == [0.0, 3.5, 4.75, 6.0, 8.0, 10.0]

    on_bus(2.0, 2.0, act=act)


def test_a_device_that_takes_longer_than_its_period_skips_beats() -> None:
    async def act(bus: Bus) -> None:
        bus.probe(0).takes_s = 1.25
        await asyncio.sleep(9.5)

        assert bus.probe(0).read_at == [0.0, 1.0, 3.0, 5.0, 7.0, 9.0]

    on_bus(1.0, act=act)


def test_devices_due_together_are_read_in_one_unit() -> None:
    async def act(bus: Bus) -> None:
        units = 0
        run = bus.worker.run

        async def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal units
            units += 1
            return await run(*args, **kwargs)

        bus.worker.run = counted  # type: ignore[method-assign] # counts, and does the real thing
        await asyncio.sleep(4.5)

        assert units == 2
        assert [len(bus.probe(number).read_at) for number in range(3)] == [3, 3, 3]

    on_bus(2.0, 2.0, 2.0, act=act)


def test_failing_device_leaves_its_neighbours_in_the_batch_alone() -> None:
    async def act(bus: Bus) -> None:
        bus.probe(1).failure = BusError("no acknowledge")
        bus.probe(2).failure = ZeroDivisionError("a bug in the driver")
        await asyncio.sleep(2.5)

        assert [runner.health.state for runner in bus.runners] == [
            "ok",
            "degraded",
            "degraded",
            "ok",
        ]
        assert bus.runners[1].health.reason == "no acknowledge"
        assert "ZeroDivisionError" in str(bus.runners[2].health.reason)

    on_bus(2.0, 2.0, 2.0, 2.0, act=act)


def test_stuck_device_costs_its_neighbours_its_deadline_and_nothing_more() -> None:
    async def act(bus: Bus) -> None:
        bus.probe(1).takes_s = 1000.0
        await asyncio.sleep(9.5)

        assert [runner.health.state for runner in bus.runners] == ["ok", "degraded", "ok"]
        assert bus.probe(0).read_at == [0.0, 5.0]
        assert bus.probe(2).read_at[0] == 0.0
        assert 7.0 <= bus.probe(2).read_at[1] <= 9.0  # one or two deadlines of 2 s later

    on_bus(5.0, 5.0, 5.0, act=act)


def test_device_that_is_down_is_probed_with_a_growing_pause_and_comes_back() -> None:
    async def act(bus: Bus) -> None:
        bus.probe(0).failure = BusError("gone")
        await asyncio.sleep(60.0)
        assert bus.probe(0).read_at == [0.0, 10.0, 20.0, 30.0, 31.0, 33.0, 37.0, 45.0]
        bus.probe(0).failure = None
        await asyncio.sleep(30.0)

        assert bus.runners[0].health.state == "ok"
        assert bus.probe(0).read_at[8:] == [61.0, 70.0, 80.0]  # in step with others again

    on_bus(10.0, act=act)


def test_removed_device_is_read_no_more() -> None:
    async def act(bus: Bus) -> None:
        bus.sampler.remove(bus.runners[0])
        await asyncio.sleep(10.0)

        assert bus.probe(0).read_at == [0.0]
        bus.sampler.retry(bus.runners[0])
        await asyncio.sleep(10.0)
        assert bus.probe(0).read_at == [0.0]

    on_bus(2.0, act=act)


def test_retry_brings_the_next_look_forward() -> None:
    async def act(bus: Bus) -> None:
        bus.runners[0].health.lose(0.0, "unplugged")
        bus.sampler.retry(bus.runners[0])
        await asyncio.sleep(1.5)

        assert bus.probe(0).read_at == [0.0, 1.0]

    on_bus(60.0, act=act)
