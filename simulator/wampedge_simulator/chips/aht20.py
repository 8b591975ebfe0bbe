"""Aosong AHT20: temperature and humidity, I2C 0x38."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips._aht import Aht

__all__ = ["PART", "Aht20"]


class Aht20(Aht):
    """The chip."""

    calibrate: ClassVar = 0xBE
    has_checksum: ClassVar = True


PART = Aht20
