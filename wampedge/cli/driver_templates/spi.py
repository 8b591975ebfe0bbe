"""NewPart: what it is, and who makes it.

Chip: NAME, SPI mode 0, up to 4 MHz.
Datasheet: DOCUMENT NUMBER: section of the serial interface, section of the timing.
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, reading
from wampedge.errors import BadReadingError

__all__ = ["NewPart"]

SYNC = 0x2000
"""Bits 15 to 13 are always 001, so that nobody is never taken for a value."""
SYNC_MASK = 0xE000


class NewPart(Driver, bus="spi", spi_mode=0, spi_speed_hz=4_000_000, title="NewPart level sensor"):
    """Reads 16 bits: 001, then 13 bits of 0.5 mm."""

    level = reading("mm", range=(0, 4095.5), doc="how high the water stands")

    async def read(self) -> dict[str, float]:
        """Read the level; raises BadReadingError."""
        word = int.from_bytes(await self.bus.read(2), "big")
        if word & SYNC_MASK != SYNC:
            raise BadReadingError(f"0x{word:04x} does not begin with 001: nobody answers")
        return {"level": (word & 0x1FFF) / 2}
