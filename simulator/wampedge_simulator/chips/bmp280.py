"""Bosch BMP280: temperature and pressure, I2C 0x76 or 0x77.

From the datasheet BST-BMP280-DS001: what the BME280 has without humidity, with the same memory map
(4.2), the same times (3.8.1) and the same compensation (8.1); the id is 0x58.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge_simulator.chips.bme280 import REG_CALIB25, REG_CALIB26, REG_CTRL_HUM, REG_ID, Bme280

__all__ = ["PART", "Bmp280"]

CHIP_ID = 0x58
REG_HUMIDITY = 0xFD


class Bmp280(Bme280):
    """The chip with the calibration of the datasheet's worked example."""

    quantities: ClassVar = {
        name: quantity for name, quantity in Bme280.quantities.items() if name != "humidity"
    }

    def power_up(self) -> None:
        """Load the calibration and sleep, with no measurement in the data registers."""
        super().power_up()
        self._registers[REG_ID] = CHIP_ID
        self._registers[REG_CALIB25] = 0
        self._registers[REG_CALIB26 : REG_CALIB26 + 7] = bytes(7)

    def peek(self, register: int) -> int:
        """Return a register; those of the humidity are not there."""
        return 0 if register in {REG_HUMIDITY, REG_HUMIDITY + 1} else super().peek(register)

    def poke(self, register: int, value: int) -> None:
        """Write a register; there is no control of humidity."""
        if register != REG_CTRL_HUM:
            super().poke(register, value)


PART = Bmp280
