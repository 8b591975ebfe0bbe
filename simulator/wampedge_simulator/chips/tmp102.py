"""TI TMP102: temperature in 0.0625 °C steps, I2C 0x48 to 0x4B.

From the datasheet SBOS397F: registers (7.5), extended mode with 13 bits (7.5.3.6), conversion rates
(7.5.3.7), shutdown and one-shot (7.4.2, 7.4.3), alert in comparator mode (7.4.4.1) without its
queue of faults, conversion at most 35 ms (6.5).
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import I2cTarget, WordRegisters
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Tmp102"]

REG_TEMPERATURE, REG_CONFIGURATION, REG_LOW, REG_HIGH = range(4)
DEFAULTS = (0x0000, 0x60A0, 0x4B00, 0x5000)
ONE_SHOT, POLARITY, SHUTDOWN, ALERT, EXTENDED = 0x8000, 0x0400, 0x0100, 0x0020, 0x0010
WRITABLE = 0x9FD0
"""Not the resolution, which reads 11, and not the alert."""
PERIODS_S = (4.0, 1.0, 0.25, 0.125)
CONVERSION_S = 0.035
STEP_C = 0.0625


class Tmp102(Part):
    """The chip; the alert is a bit of it only."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(20.0, 6.0, 0.05), -55.0, 150.0, "°C"),
    }
    fault_kinds: ClassVar = I2C_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = WordRegisters(self, pointer_mask=0x03)
        self.power_up()

    def power_up(self) -> None:
        """Measure four times a second, with 0 °C until the first conversion has ended."""
        self._words = list(DEFAULTS)
        self._is_alert = False
        self._ends_at: float | None = self.bench.after(CONVERSION_S)

    def refresh(self) -> None:
        """Finish the conversions that are due; the newest counts."""
        now = self.bench.now()
        if self._ends_at is None or now < self._ends_at:
            return
        age_s = now - self._ends_at
        if self._words[REG_CONFIGURATION] & SHUTDOWN:
            self._ends_at = None
        else:
            period_s = PERIODS_S[self._words[REG_CONFIGURATION] >> 6 & 3]
            age_s %= period_s
            self._ends_at = self.bench.after(period_s - age_s)
        self._convert(age_s)

    def peek(self, register: int) -> int:
        """Return a register; the one-shot bit says that nothing is converted in shutdown."""
        word = self._words[register]
        if register != REG_CONFIGURATION:
            return word
        is_low = self._is_alert != bool(word & POLARITY)
        is_idle = word & SHUTDOWN and self._ends_at is None
        return word & ~ALERT | (0 if is_low else ALERT) | (ONE_SHOT if is_idle else 0)

    def poke(self, register: int, value: int) -> None:
        """Write a register; a configuration may start a conversion."""
        if register in {REG_LOW, REG_HIGH}:
            self._words[register] = value
        elif register == REG_CONFIGURATION:
            was_shut_down = self._words[register] & SHUTDOWN
            self._words[register] = value & WRITABLE & ~ONE_SHOT | DEFAULTS[register] & 0x6000
            wakes = was_shut_down and not value & SHUTDOWN
            if wakes or (value & SHUTDOWN and value & ONE_SHOT):
                self._ends_at = self.bench.after(CONVERSION_S)
            elif value & SHUTDOWN and not self._is_converting():
                self._ends_at = None

    def _is_converting(self) -> bool:
        """Say whether a conversion has begun, which goes on asleep, not only the wait for it."""
        now = self.bench.now()
        return self._ends_at is not None and self._ends_at <= now + CONVERSION_S

    def _convert(self, age_s: float) -> None:
        celsius = self.sample(age_s)["temperature"]
        is_extended = bool(self._words[REG_CONFIGURATION] & EXTENDED)
        bits = 13 if is_extended else 12
        largest = (1 << bits - 1) - 1
        steps = min(max(round(celsius / STEP_C), -largest - 1), largest)
        # The lowest bit of the word says which mode it was measured in.
        self._words[REG_TEMPERATURE] = steps << 16 - bits & 0xFFFF | is_extended
        if celsius >= self._limit(REG_HIGH, bits):
            self._is_alert = True
        elif celsius < self._limit(REG_LOW, bits):
            self._is_alert = False

    def _limit(self, register: int, bits: int) -> float:
        word = self._words[register]
        return (word - (word >> 15 << 16) >> 16 - bits) * STEP_C


PART = Tmp102
