"""Maxim MAX31855: thermocouple amplifier with cold-junction compensation.

Chip: MAX31855K (or J, N, T, S, R, E), SPI mode 0 or 1, up to 5 MHz, read-only.
Datasheet: 19-5793: table 2 (bits), table 4 (thermocouple), table 5 (internal temperature).

An open or shorted thermocouple makes its temperature bad and says why; the temperature of the chip
goes on. All zeros would be 0 °C at both ends: they are MISO held low, and no measurement.
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, reading
from wampedge.errors import BadReadingError

__all__ = ["MAX31855"]

_RESERVED = 1 << 17 | 1 << 3
"""Bits that are always 0."""
_FAULT = 1 << 16
_CAUSES = {
    1 << 0: "the thermocouple is open",
    1 << 1: "the thermocouple is shorted to ground",
    1 << 2: "the thermocouple is shorted to the supply",
}


class MAX31855(
    Driver, bus="spi", spi_speed_hz=4_000_000, title="Maxim MAX31855 thermocouple amplifier"
):
    """Reads both temperatures in one frame."""

    temperature = reading("°C", range=(-270, 1800), doc="at the tip of the thermocouple")
    internal = reading("°C", range=(-55, 127), doc="of the chip: the cold junction")

    async def read(self) -> dict[str, float]:
        """Read both temperatures; raises BadReadingError when nobody drives MISO."""
        word = int.from_bytes(await self.bus.read(4), "big")
        if word & _RESERVED:
            raise BadReadingError(f"reserved bits are set in 0x{word:08x}: nobody drives MISO")
        if word == 0:
            raise BadReadingError("all bits are 0: no power, or MISO is held low")
        values = {"internal": _signed(word >> 4, 12) / 16}
        causes = [text for bit, text in _CAUSES.items() if word & bit]
        if word & _FAULT or causes:
            self.context.bad(("temperature",), ", ".join(causes) or "the chip reports a fault")
        else:
            values["temperature"] = _signed(word >> 18, 14) / 4
        return values


def _signed(word: int, bits: int) -> int:
    """Return the lowest *bits* bits of *word* as two's complement."""
    number = word & (1 << bits) - 1
    return number - (1 << bits) if number >> bits - 1 else number
