"""Maxim DS18B20: temperature on a 1-Wire bus, read by the kernel.

Chip: DS18B20 (family 28), DS1822 (22), DS28EA00 (42), through ``w1_slave`` of the kernel's
w1_therm: the nine bytes of the scratchpad, then what the kernel made of them.
Datasheet: 19-7487: figure 4 and table 1 (temperature), figure 9 (scratchpad), page 9 (CRC).

The kernel's number is not used: a bus that is held low reads as nine zeros, whose checksum is
right and which it takes for 0 °C; and a part that lost its supply says 85 °C, the value after
power-on.
"""

from __future__ import annotations

import re

from wampedge.devices.checksums import crc8_maxim
from wampedge.devices.driver import Driver, reading
from wampedge.errors import BadReadingError

__all__ = ["DS18B20", "temperature_of"]

_SCRATCHPAD = re.compile(r"((?:[0-9a-f]{2} ){9}):")
_CONFIG, _RESERVED_5, _RESERVED_6 = 4, 5, 6
_RESET_WORD = 0x0550
"""85 °C: what the temperature register holds after power-on."""
_RESET_6 = 0x0C
"""What the reserved byte 6 holds after power-on; a conversion to exactly 85 °C leaves 0x10."""


class DS18B20(
    Driver,
    bus="onewire",
    title="Maxim DS18B20 1-Wire thermometer",
    deadline_s=3.0,
):
    """One conversion a read, of up to 0.75 s, which the kernel waits for."""

    temperature = reading("°C", range=(-55, 125))

    async def read(self) -> dict[str, float]:
        """Read the scratchpad; raises BadReadingError, or BusError when the part is not there."""
        return {"temperature": temperature_of(await self.bus.read("w1_slave"))}


def temperature_of(text: bytes) -> float:
    """Return the temperature in °C in what ``w1_slave`` says; raises BadReadingError."""
    match = _SCRATCHPAD.match(text.decode("ascii", errors="replace"))
    if match is None:
        raise BadReadingError(f"w1_slave says {text[:40]!r}: no scratchpad")
    raw = bytes.fromhex(match[1])
    if crc8_maxim(raw[:8]) != raw[8]:
        raise BadReadingError(f"the checksum of {raw.hex(' ')} is wrong: noise on the bus")
    if raw[_CONFIG] & 0x9F != 0x1F or raw[_RESERVED_5] != 0xFF:
        raise BadReadingError(f"{raw.hex(' ')} is no scratchpad: the bus is held low")
    word = int.from_bytes(raw[:2], "little", signed=True)
    if word == _RESET_WORD and raw[_RESERVED_6] == _RESET_6:
        raise BadReadingError("85 °C after power-on: the part lost its supply and measured nothing")
    unused_bits = 3 - (raw[_CONFIG] >> 5)
    return (word >> unused_bits << unused_bits) / 16
