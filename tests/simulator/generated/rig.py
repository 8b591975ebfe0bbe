"""A part made from a map and its driver, on a bus of their own, without a node."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from threading import RLock
from typing import Any

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.driver import Driver, DriverSpec
from wampedge.devices.fields import convert_table
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.values import Value
from wampedge.errors import BusError, NotReadyError
from wampedge_simulator.clock import SimulatedClock
from wampedge_simulator.generated import GeneratedPart, part_from
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.nets import Nets
from wampedge_simulator.part import Bench
from wampedge_simulator.world import World

__all__ = ["Rig"]


class _Bus:
    """The simulated bus as drivers see one."""

    name = "i2c1"

    def __init__(self, bus: SimulatedI2cBus) -> None:
        self._bus = bus

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        try:
            return self._bus.transfer([(address, message) for message in messages])
        except OSError as error:
            raise BusError(str(error), errno=error.errno) from error

    def close(self) -> None:
        """Nothing is open."""


class _Context:
    name = "part"
    kept: Any = None
    guard: Any = None

    def __init__(self) -> None:
        self.clock = SimulatedClock()

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)


class Rig:
    """The part of a map and its driver; made on a loop of virtual time.

    Args:
        spec: what the map declares.
        params: parameters as in the device file.
    """

    def __init__(self, spec: DriverSpec, params: Mapping[str, Any] | None = None) -> None:
        converted, mistakes = convert_table(params or {}, spec.params)
        assert not mistakes, mistakes
        clock, lock, address = SimulatedClock(), RLock(), spec.addresses[0]
        wired = WiredDevice("part", spec.name, bus="i2c1", address=address, params=converted)
        self.part: GeneratedPart = part_from(spec)(
            wired, Bench(clock, World(0), Nets({}, lock), lock)
        )
        self.bus = SimulatedI2cBus("/dev/i2c-1", clock=clock, lock=lock)
        self.bus.attach(address, self.part, self.part.target)
        context: Any = _Context()
        self.driver: Driver = spec.driver_class(
            context, converted, I2cDevice(_Bus(self.bus), address)
        )

    async def read(self) -> Mapping[str, Value]:
        """Set the part up and read it, when it has a measurement."""
        await self.driver.setup()
        try:
            return await self.driver.read()
        except NotReadyError:
            await asyncio.sleep(60)
            return await self.driver.read()
