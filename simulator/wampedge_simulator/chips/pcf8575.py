"""PCF8575: 16 quasi-bidirectional pins, I2C 0x20 to 0x27; two bytes a read and a write.

From the NXP datasheet rev. 3: as the PCF8574, with a second port in the second byte.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips.pcf8574 import Pcf8574

__all__ = ["PART", "Pcf8575"]


class Pcf8575(Pcf8574):
    """The chip."""

    lines: ClassVar = 16


PART = Pcf8575
