"""NXP or TI PCF8574 and PCF8574A: 8 pins more, for relay boards, buttons and lamps.

Chip: PCF8574, I2C address 0x20 to 0x27 by A0 to A2; PCF8574A, 0x38 to 0x3F; up to 100 kHz.
Datasheet: NXP rev. 5: 8 (quasi-bidirectional pins, interrupt), 10 (limits: 25 mA to ground, 100 uA
to the supply). Lines 0 to 7 are P0 to P7. At power-on all pins are high: relay boards with it are
active low.
"""

from __future__ import annotations

from wampedge_drivers.i2c._pcf857x import QuasiExpander

__all__ = ["PCF8574"]


class PCF8574(
    QuasiExpander,
    bus="i2c",
    addresses=(*range(0x20, 0x28), *range(0x38, 0x40)),
    title="PCF8574 8-pin port expander",
    provides_pins=8,
    default_every_s=0.05,
):
    """Offers 8 pins; ``every`` is how often inputs are looked at."""

    ports = 1
