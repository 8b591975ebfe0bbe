"""Aosong AHT10: temperature and humidity, I2C 0x38."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips._aht import Aht

__all__ = ["PART", "Aht10"]


class Aht10(Aht):
    """The chip."""

    calibrate: ClassVar = 0xE1
    has_checksum: ClassVar = False


PART = Aht10
