"""TI ADS1115: four analog inputs with 16 bits, I2C 0x48 to 0x4B; datasheet SBAS444E."""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips._ads1x15 import Ads1x15

__all__ = ["PART", "Ads1115"]


class Ads1115(Ads1x15):
    """The chip; ``a0`` to ``a3`` are the voltages at its inputs."""

    rates_hz: ClassVar = (8, 16, 32, 64, 128, 250, 475, 860)
    smallest: ClassVar = 1


PART = Ads1115
