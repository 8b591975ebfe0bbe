"""Maxim MAX6675: K-type thermocouple, 0 to 1024 °C.

Chip: MAX6675, SPI mode 0 or 1, up to 4.3 MHz, read-only; a conversion takes up to 0.22 s and begins
again with each read.
Datasheet: 19-2235: table 1 (bits): dummy sign bit 0, 12 bits of 0.25 °C, open input, device ID 0.

The chip cannot tell 0 °C, anything below it, and MISO held low from each other: a word of zeros is
no measurement.
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, reading
from wampedge.errors import BadReadingError

__all__ = ["MAX6675"]

_MUST_BE_0 = 0x8002
"""The dummy sign bit and the device ID."""
_OPEN = 0x0004
SHORTEST_PERIOD_S = 0.25


class MAX6675(
    Driver,
    bus="spi",
    spi_speed_hz=4_000_000,
    title="Maxim MAX6675 K-type thermocouple converter",
):
    """Reads the last conversion, which starts the next."""

    temperature = reading("°C", range=(0, 1024))
    _read_at = float("-inf")

    async def read(self) -> dict[str, float]:
        """Read the temperature; raises BadReadingError."""
        early_s = self._read_at + SHORTEST_PERIOD_S - self.context.clock.monotonic()
        if early_s > 0:  # a read before the end of a conversion would begin it again, for ever
            await self.sleep(early_s)
        word = int.from_bytes(await self.bus.read(2), "big")
        self._read_at = self.context.clock.monotonic()
        if word & _MUST_BE_0:
            raise BadReadingError(f"bits that are always 0 are set in 0x{word:04x}: no MAX6675")
        if word & _OPEN:
            raise BadReadingError("the thermocouple is open")
        if word == 0:
            raise BadReadingError("all bits are 0: 0 °C or below, no power, or MISO is held low")
        return {"temperature": (word >> 3) / 4}
