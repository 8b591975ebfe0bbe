"""Vishay VEML7700: ambient light with 16 bits, I2C 0x10.

From the datasheet 84286: command registers (low byte first), shut-down after power-on, refresh
after each integration time; from the application note 84323: start-up time, counts for a lux, and
how the counts fall behind in bright light.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import I2cTarget, WordRegisters
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Veml7700"]

ALS_CONF_0, ALS, WHITE, DEVICE_ID = 0x00, 0x04, 0x05, 0x07
IS_SHUT_DOWN = 0x0001
RESET_CONFIGURATION = IS_SHUT_DOWN
FIXED_ID = 0xC481
START_UP_S = 0.0025
SLOW_CLOCK = 1.1
SENSITIVITIES = {0b00: 1.0, 0b01: 2.0, 0b10: 1 / 8, 0b11: 1 / 4}
INTEGRATION_S = {0b1100: 0.025, 0b1000: 0.05, 0b0000: 0.1, 0b0001: 0.2, 0b0010: 0.4, 0b0011: 0.8}
COUNTS_A_LUX = 1 / 0.0042
"""At sensitivity 2 and 800 ms."""
LINEAR_UP_TO_LX = 1000.0
FALLS_BEHIND = (1.0023, 8.1488e-5, -9.3924e-9, 6.0135e-13)
"""True illuminance as a polynomial of what the counts say, from 1000 lx on."""


class Veml7700(Part):
    """The chip; ``illuminance`` is what falls on it."""

    quantities: ClassVar = {"illuminance": Quantity(Curve(400.0, 380.0, 2.0), 0.0, 120_000.0, "lx")}
    fault_kinds: ClassVar = I2C_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = WordRegisters(self, pointer_mask=0xFF)
        self.power_up()

    def power_up(self) -> None:
        """Sleep, with nothing measured."""
        self._words = [0] * 8
        self._words[ALS_CONF_0] = RESET_CONFIGURATION
        self._words[DEVICE_ID] = FIXED_ID
        self._ends_at: float | None = None

    def refresh(self) -> None:
        """Finish the integrations that are due."""
        now = self.bench.now()
        if self._ends_at is None or now < self._ends_at:
            return
        age_s = (now - self._ends_at) % self._cycle_s()
        self._ends_at = self.bench.after(self._cycle_s() - age_s)
        counts = round(says(self.sample(age_s)["illuminance"]) / self._lux_a_count())
        self._words[ALS] = self._words[WHITE] = min(counts, 0xFFFF)

    def peek(self, register: int) -> int:
        """Return a register; the low byte goes first."""
        return _swapped(self._words[register]) if register < len(self._words) else 0

    def poke(self, register: int, value: int) -> None:
        """Write a setting; a new configuration starts an integration."""
        if register >= ALS:
            return
        self._words[register] = _swapped(value)
        if register == ALS_CONF_0:
            is_off = self._words[ALS_CONF_0] & IS_SHUT_DOWN
            self._ends_at = None if is_off else self.bench.after(START_UP_S + self._cycle_s())

    def _cycle_s(self) -> float:
        return INTEGRATION_S.get(self._words[ALS_CONF_0] >> 6 & 0x0F, 0.1) * SLOW_CLOCK

    def _lux_a_count(self) -> float:
        sensitivity = SENSITIVITIES[self._words[ALS_CONF_0] >> 11 & 0x03]
        time_s = INTEGRATION_S.get(self._words[ALS_CONF_0] >> 6 & 0x0F, 0.1)
        return 2.0 / sensitivity * 0.8 / time_s / COUNTS_A_LUX


PART = Veml7700


def says(illuminance_lx: float) -> float:
    """Return the illuminance that the counts stand for where there is truly *illuminance_lx*."""
    if illuminance_lx <= LINEAR_UP_TO_LX:
        return illuminance_lx
    low, high = LINEAR_UP_TO_LX, 30_000.0
    for _ in range(60):
        middle = (low + high) / 2
        truth = sum(factor * middle**power for power, factor in enumerate(FALLS_BEHIND, 1))
        low, high = (middle, high) if truth < illuminance_lx else (low, middle)
    return low


def _swapped(word: int) -> int:
    return (word & 0xFF) << 8 | word >> 8
