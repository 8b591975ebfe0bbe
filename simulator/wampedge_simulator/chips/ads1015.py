"""TI ADS1015: four analog inputs with 12 bits, I2C 0x48 to 0x4B; datasheet SBAS473E."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips._ads1x15 import Ads1x15

__all__ = ["PART", "Ads1015"]


class Ads1015(Ads1x15):
    """The chip; ``a0`` to ``a3`` are the voltages at its inputs."""

    rates_hz: ClassVar = (128, 250, 490, 920, 1600, 2400, 3300, 3300)
    smallest: ClassVar = 16


PART = Ads1015
