"""NXP or TI PCF8575: 16 pins more, for relay boards, buttons and lamps.

Chip: PCF8575, I2C address 0x20 to 0x27 by A0 to A2, up to 400 kHz.
Datasheet: NXP rev. 3: 8 (quasi-bidirectional pins, interrupt; first byte is port 0). Lines 0 to 7
are P00 to P07, 8 to 15 P10 to P17. At power-on all pins are high.
"""

from __future__ import annotations

from wampedge_drivers.i2c._pcf857x import QuasiExpander

__all__ = ["PCF8575"]


class PCF8575(
    QuasiExpander,
    bus="i2c",
    addresses=tuple(range(0x20, 0x28)),
    title="PCF8575 16-pin port expander",
    provides_pins=16,
    default_every_s=0.05,
):
    """Offers 16 pins; ``every`` is how often inputs are looked at."""

    ports = 2
