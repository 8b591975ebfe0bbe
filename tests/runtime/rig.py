"""A device on a bench: a driver class, a mounting that gives it nothing but a place to run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.devices.driver import Driver, spec_of
from wampedge.devices.kept import KeptInMemory
from wampedge.devices.peers import Peer
from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.errors import DeviceError
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import LoopExecution
from wampedge_simulator.clock import SimulatedClock, run_virtual

__all__ = ["Bench", "RecordedWatcher", "device_config", "on_bench"]

Result = TypeVar("Result")


@dataclass
class RecordedWatcher:
    """Keeps what a device said, in order."""

    readings: list[tuple[str, Reading]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def on_reading(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        self.readings.append((channel.name, reading))

    def on_event(self, device: DeviceRunner, event: str, details: Mapping[str, Value]) -> None:
        self.events.append(event)

    def on_status(self, device: DeviceRunner) -> None:
        self.states.append(device.health.state)

    def values(self, channel: str) -> list[Any]:
        """Return the values *channel* had, in order."""
        return [reading.value for name, reading in self.readings if name == channel]


class Bench:
    """Implements ``Mounting`` with no pins and no bus."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.execution = LoopExecution()
        self.kept = KeptInMemory()
        self.last: Mapping[str, Reading] = {}
        self.lose: Callable[[Exception], None] = lambda _: None
        self.is_mounted = False
        self.guard = None

    async def mount(
        self,
        driver: Driver,
        on_lost: Callable[[Exception], None],
        on_failure: Callable[[DeviceError], None],
    ) -> bool:
        self.lose = on_lost
        was_mounted, self.is_mounted = self.is_mounted, True
        return not was_mounted

    @property
    def is_open(self) -> bool:
        return self.is_mounted

    async def let_in(self, order: Callable[[], Awaitable[Any]]) -> Any:
        return await order()

    def was_set_up(self) -> None:
        pass

    def begin_as(self, before: Driver) -> None:
        pass

    def peer(self, name: str) -> Peer:
        raise AssertionError(f"there is no {name} on the bench")

    async def seal(self) -> None:
        pass

    async def unmount(self) -> None:
        self.is_mounted = False


def device_config(
    driver: type[Driver],
    *,
    params: Mapping[str, Any] | None = None,
    every_s: float | None = 10.0,
    **channels: dict[str, Any],
) -> DeviceConfig:
    """Return the configuration of a device called ``part``.

    Args:
        driver: its driver.
        params: its parameters, converted.
        every_s: its sampling period.
        channels: changes to the ``ChannelConfig`` of a channel, by the driver's name of it.
    """
    spec = spec_of(driver)
    public = {}
    for source, channel in spec.channels.items():
        config = {"name": source, "unit": channel.unit, **channels.get(source, {})}
        public[config["name"]] = ChannelConfig(source=source, spec=channel, **config)
    defaults = {name: kind.default for name, kind in spec.params.items()}
    return DeviceConfig(
        "part", spec, params={**defaults, **(params or {})}, channels=public,
        commands=spec.commands, every_s=every_s,
    )  # fmt: skip


def on_bench(
    config: DeviceConfig,
    act: Callable[[DeviceRunner, RecordedWatcher, Bench], Coroutine[Any, Any, Result]],
) -> Result:
    """Run *act* in virtual time with the device of *config*, and stop the device after it."""

    async def main() -> Result:
        watcher, bench = RecordedWatcher(), Bench()
        runner = DeviceRunner(config, bench, watcher)
        try:
            return await act(runner, watcher, bench)
        finally:
            await runner.stop()

    return run_virtual(main())
