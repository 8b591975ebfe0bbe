"""TI INA219: voltage of a supply, and current through a shunt; I2C 0x40 to 0x4F.

From the datasheet SBOS448G: registers (8.6), conversion times (table 5), bus voltage and its flags
(8.6.3.2), calibration and the current and power registers (8.5.1, 8.5.2).
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import I2cTarget, WordRegisters
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Ina219"]

REG_CONFIG, REG_SHUNT, REG_BUS, REG_POWER, REG_CURRENT, REG_CALIBRATION = range(6)
CONFIG_RESET = 0x8000
CONFIG_DEFAULT = 0x399F
BUS_READY, BUS_OVERFLOW = 0x02, 0x01
ADC_S = (84e-6, 148e-6, 276e-6, 532e-6)
"""Conversion time for 9 to 12 bits."""
AVERAGED_S = (532e-6, 1.06e-3, 2.13e-3, 4.26e-3, 8.51e-3, 17.02e-3, 34.05e-3, 68.1e-3)
"""Conversion time for 1, 2, 4 ... 128 samples."""
TRIGGERED_MODES = {1, 2, 3}
IDLE_MODES = {0, 4}
DEFAULT_SHUNT_OHM = 0.1


class Ina219(Part):
    """The chip and its shunt resistor, whose value the device file gives as ``shunt``."""

    quantities: ClassVar = {
        "voltage": Quantity(Curve(12.4, 0.5, 0.01), 0.0, 32.0, "V"),
        "current": Quantity(Curve(0.8, 0.5, 0.02), -1000.0, 1000.0, "A"),
    }
    fault_kinds: ClassVar = I2C_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = WordRegisters(self, pointer_mask=0x07)
        self._shunt_ohm = float(wired.params.get("shunt", DEFAULT_SHUNT_OHM))
        self.power_up()

    def power_up(self) -> None:
        """Measure without end at 32 V and 320 mV, with no calibration."""
        self._words = [0] * 6
        self._is_new = False
        self._ends_at: float | None = None
        self._configure(CONFIG_DEFAULT)

    def refresh(self) -> None:
        """Finish the conversions that are due."""
        now = self.bench.now()
        if self._ends_at is None or now < self._ends_at:
            return
        mode = self._words[REG_CONFIG] & 0x07
        age_s = now - self._ends_at
        if mode in TRIGGERED_MODES:
            self._ends_at = None
        else:
            cycle_s = self._conversion_s()
            age_s %= cycle_s
            self._ends_at = self.bench.after(cycle_s - age_s)
        self._convert(mode, age_s)

    def peek(self, register: int) -> int:
        """Return a register; reading the power clears the ready flag."""
        if register > REG_CALIBRATION:
            return 0xFFFF
        if register == REG_BUS:
            return self._words[REG_BUS] | (BUS_READY if self._is_new else 0)
        if register == REG_POWER:
            self._is_new = False
        return self._words[register]

    def poke(self, register: int, value: int) -> None:
        """Write the configuration or the calibration; the others cannot be written."""
        if register == REG_CONFIG:
            if value & CONFIG_RESET:
                self.power_up()
            else:
                self._configure(value)
        elif register == REG_CALIBRATION:
            self._words[REG_CALIBRATION] = value & 0xFFFE

    def _configure(self, value: int) -> None:
        self._words[REG_CONFIG] = value
        is_idle = value & 0x07 in IDLE_MODES
        self._ends_at = None if is_idle else self.bench.after(self._conversion_s())
        if not is_idle:
            self._is_new = False

    def _conversion_s(self) -> float:
        config = self._words[REG_CONFIG]
        took_s = 0.0
        if config & 0x01:
            took_s += _adc_s(config >> 3 & 0x0F)
        if config & 0x02:
            took_s += _adc_s(config >> 7 & 0x0F)
        return took_s

    def _convert(self, mode: int, age_s: float) -> None:
        sample = self.sample(age_s)
        if mode & 0x01:
            limit = 4000 << (self._words[REG_CONFIG] >> 11 & 0x03)
            shunt = round(sample["current"] * self._shunt_ohm / 10e-6)
            self._words[REG_SHUNT] = min(max(shunt, -limit), limit) & 0xFFFF
        if mode & 0x02:
            full_scale = 8000 if self._words[REG_CONFIG] & 0x2000 else 4000
            self._words[REG_BUS] = min(round(sample["voltage"] / 0.004), full_scale) << 3
        self._calculate()
        self._is_new = True

    def _calculate(self) -> None:
        """Work out current and power from what was measured (8.5.1)."""
        bus = self._words[REG_BUS] >> 3
        current = int(_signed(self._words[REG_SHUNT]) * self._words[REG_CALIBRATION] / 4096)
        power = abs(current) * bus // 5000
        has_overflow = not -0x8000 <= current <= 0x7FFF or power > 0xFFFF
        self._words[REG_CURRENT] = current & 0xFFFF
        self._words[REG_POWER] = power & 0xFFFF
        self._words[REG_BUS] = bus << 3 | (BUS_OVERFLOW if has_overflow else 0)


PART = Ina219


def _adc_s(setting: int) -> float:
    return AVERAGED_S[setting & 0x07] if setting & 0x08 else ADC_S[setting & 0x03]


def _signed(word: int) -> int:
    return word - 0x10000 if word & 0x8000 else word
