"""NewPart: what it is, and who makes it.

Chip: NAME, I2C address 0x2A, up to 400 kHz.
Datasheet: DOCUMENT NUMBER: section of the registers, section of the timing.
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, command, param, reading
from wampedge.devices.fields import Choice
from wampedge.errors import BadReadingError, WrongChipError

__all__ = ["NewPart"]

REG_ID, REG_CONTROL, REG_LEVEL = 0x00, 0x01, 0x02
ID = 0x4E50
SLEEP, MEASURE = 0x00, 0x01
CONVERSION_S = 0.02
NO_MEASUREMENT = 0xFFFF


class NewPart(Driver, bus="i2c", addresses=(0x2A, 0x2B), title="NewPart level sensor"):
    """Measures once a read."""

    level = reading("mm", range=(0, 5000), doc="how high the water stands")
    gain: int = param(Choice((1, 2, 4)), 1, doc="amplifier in front of the converter")

    async def setup(self) -> None:
        """Make sure that it is the right chip; raises WrongChipError."""
        found = await self.bus.read_u16(REG_ID)
        if found != ID:
            raise WrongChipError(f"the id is 0x{found:04x}, a NewPart answers 0x{ID:04x}")

    async def read(self) -> dict[str, float]:
        """Measure; raises BadReadingError when there is no measurement."""
        await self.bus.write(REG_CONTROL, self.gain << 1 | MEASURE)
        await self.sleep(CONVERSION_S)
        word = await self.bus.read_u16(REG_LEVEL)
        if word == NO_MEASUREMENT:
            raise BadReadingError("no measurement in the data register")
        return {"level": word / 10 / self.gain}

    @command()
    async def power_down(self) -> None:
        """Let the chip sleep until the next reading."""
        await self.bus.write(REG_CONTROL, SLEEP)
