"""A scissor lift with a small controller of its own on I2C: a driver that is one file.

Controller: two stepper motors behind a microcontroller at address 0x2a, words of 16 bits, high byte
first. Register 0 holds 0x4C46 (``LF``), 1 the height it goes to and 2 the height it has, both in
millimetres. It stops where it is when both are told to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.driver import Driver, command, reading, setting
from wampedge.devices.fields import Number
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError

__all__ = ["Lift"]

REG_ID, REG_TARGET, REG_HEIGHT = 0, 1, 2
ID = 0x4C46
HIGHEST_MM = 600


class Lift(
    Driver,
    bus="i2c",
    addresses=(0x2A,),
    title="Scissor lift of the rover",
    default_every_s=0.2,
):
    """Goes to a height, and tells where it is."""

    target = setting(Number(0, HIGHEST_MM), unit="mm", doc="where it goes")
    height = reading("mm", doc="where it is")

    async def setup(self) -> None:
        """Find the controller, and leave the lift where it is."""
        found = await self.bus.read_u16(REG_ID)
        if found != ID:
            raise BadReadingError(f"the id is 0x{found:04x}, a lift answers 0x{ID:04x}")

    async def read(self) -> Mapping[str, Value]:
        """Return both heights."""
        return {
            "target": await self.bus.read_u16(REG_TARGET),
            "height": await self.bus.read_u16(REG_HEIGHT),
        }

    async def set_target(self, value: float) -> float:
        """Go to a height, to the millimetre."""
        height_mm = round(value)
        await self.bus.write(REG_TARGET, height_mm.to_bytes(2, "big"))
        return height_mm

    @command()
    async def stop(self) -> None:
        """Stay where it is now."""
        await self.set_target(await self.bus.read_u16(REG_HEIGHT))
