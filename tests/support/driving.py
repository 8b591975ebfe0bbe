"""Drive a driver without a node: a context that records, pins that are plain variables."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from wampedge.devices.contracts import Clock, I2cBus, OnEdge
from wampedge.devices.driver import Driver, spec_of
from wampedge.devices.fields import convert_table
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.kept import Kept, KeptInMemory
from wampedge.devices.output_policy import FREE, OutputGuard
from wampedge.devices.values import Value
from wampedge_simulator.clock import SimulatedClock

__all__ = ["PlainInput", "PlainOutput", "RecordedContext", "driver_of", "params_of"]

AnyDriver = TypeVar("AnyDriver", bound=Driver)


class RecordedContext:
    """Implements ``DriverContext`` on the running loop and keeps what the driver says."""

    def __init__(self, name: str = "part") -> None:
        self.name = name
        self.clock: Clock = SimulatedClock()
        self.kept: Kept = KeptInMemory()
        self.guard: OutputGuard = FREE
        self.events: list[str] = []
        self.event_details: list[dict[str, Value]] = []
        self.published: list[dict[str, Value]] = []
        self.gone: list[tuple[list[str], str]] = []
        self.peers: dict[str, Any] = {}
        self.is_unit_refused: Exception | None = None

    def peer(self, name: str) -> Any:
        """Return what the test put there as the device *name*."""
        return self.peers[name]

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)

    async def thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    def emit(self, event: str, **details: Value) -> None:
        self.events.append(event)
        self.event_details.append(details)

    def publish(self, values: Mapping[str, Value]) -> None:
        self.published.append(dict(values))

    def bad(self, channels: Sequence[str], reason: str) -> None:
        self.gone.append((list(channels), reason))

    def on_loop(self, callback: Callable[..., None], *args: Any) -> None:
        callback(*args)

    def later(self, seconds: float, action: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        async def run() -> None:
            await asyncio.sleep(seconds)
            await action()

        task = asyncio.get_running_loop().create_task(run())
        return lambda: void(task.cancel())

    async def run_unit(self, unit: Callable[[], Awaitable[Any]]) -> Any:
        if self.is_unit_refused is not None:
            raise self.is_unit_refused
        return await unit()


def void(_: object) -> None:
    """Forget a result."""


class PlainOutput:
    """An output or PWM pin that is a variable with a history."""

    def __init__(self, name: str = "GPIO17") -> None:
        self.name = name
        self.history: list[Any] = []
        self.fault: Exception | None = None

    async def write(self, level: bool) -> None:
        await self.set_duty(level)

    async def set_duty(self, duty: float) -> None:
        if self.fault is not None:
            raise self.fault
        self.history.append(duty)

    async def set_frequency(self, frequency_hz: float) -> None:
        self.history.append(f"{frequency_hz:g} Hz")

    async def read(self) -> bool:
        return bool(self.history[-1])

    async def close(self) -> None:
        self.history.append("closed")


class PlainInput:
    """An input pin whose level the test sets."""

    def __init__(self, level: bool = True, name: str = "GPIO4") -> None:
        self.name = name
        self.level = level
        self.lost_edges = 0
        self._on_edge: OnEdge | None = None

    async def read(self) -> bool:
        return self.level

    def watch(self, on_edge: OnEdge | None) -> None:
        self._on_edge = on_edge

    @property
    def is_watched(self) -> bool:
        return self._on_edge is not None

    async def close(self) -> None:
        self.watch(None)

    def drive(self, level: bool, at_s: float) -> None:
        """Make an edge with the time stamp *at_s*."""
        self.level = level
        if self._on_edge is not None:
            self._on_edge(level, round(at_s * 1e9))


def params_of(driver: type[Driver], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the parameters of a device file entry, converted and complete."""
    params, mistakes = convert_table(given or {}, spec_of(driver).params)
    assert not mistakes, str(mistakes[0])
    return params


def driver_of(
    driver: type[AnyDriver],
    *,
    context: RecordedContext | None = None,
    bus: I2cBus | None = None,
    **given: Any,
) -> AnyDriver:
    """Return a driver with the parameters *given* as in a device file, on *bus* if it needs one."""
    spec = spec_of(driver)
    device = None if bus is None else I2cDevice(bus, spec.addresses[0])
    return driver(context or RecordedContext(), params_of(driver, given), device)
