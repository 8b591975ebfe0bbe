"""What the ADS1015 and the ADS1115 share: all but the data rates and the steps.

From the datasheets SBAS444E and SBAS473E: registers (8.1), data rates (5.6: up to 10 % slower),
single-shot and continuous conversion (7.4.2). A driver that reads before the conversion has ended
gets the last one, which may be of another input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import I2cTarget, WordRegisters
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["Ads1x15"]

REG_CONVERSION, REG_CONFIG, REG_LOW_THRESHOLD, REG_HIGH_THRESHOLD = range(4)
CONFIG_DEFAULT = 0x8583
CONFIG_OS = 0x8000
CONFIG_SINGLE_SHOT = 0x0100
SLOWEST = 0.9
"""The oscillator may run 10 % slow; the simulated one does."""
WAKE_UP_S = 25e-6
FULL_SCALES_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
INPUTS = (
    ("a0", "a1"),
    ("a0", "a3"),
    ("a1", "a3"),
    ("a2", "a3"),
    ("a0", None),
    ("a1", None),
    ("a2", None),
    ("a3", None),
)
"""Multiplexer setting to its positive and negative input; None is ground."""
_INPUT = Quantity(Curve(1.65, 0.9, 0.002, peak_s=None), -0.3, 5.5, "V")


class Ads1x15(Part):
    """The chip; ``a0`` to ``a3`` are the voltages at its inputs."""

    rates_hz: ClassVar[Sequence[int]]
    """Conversions a second, by the setting."""
    smallest: ClassVar[int]
    """The smallest change of the conversion register, whose full scale is 32768."""
    quantities: ClassVar = {"a0": _INPUT, "a1": _INPUT, "a2": _INPUT, "a3": _INPUT}
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "late": "the next conversion takes ten times as long as it may",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = WordRegisters(self, pointer_mask=0x03)
        self.power_up()

    def power_up(self) -> None:
        """Sleep, with nothing converted."""
        self._words = [0x0000, CONFIG_DEFAULT, 0x8000, 0x7FFF]
        self._running = CONFIG_DEFAULT
        self._ends_at: float | None = None

    def refresh(self) -> None:
        """Finish the conversions that are due."""
        now = self.bench.now()
        if self._ends_at is None or now < self._ends_at:
            return
        age_s = now - self._ends_at
        if self._running & CONFIG_SINGLE_SHOT:
            self._ends_at = None
        else:
            cycle_s = self._conversion_s()
            age_s %= cycle_s
            self._ends_at = self.bench.after(cycle_s - age_s)
        self._words[REG_CONVERSION] = self._converted(age_s)

    def peek(self, register: int) -> int:
        """Return a register; the top bit of the configuration is set while none is converted."""
        if register != REG_CONFIG:
            return self._words[register]
        is_converting = self._ends_at is not None
        return self._words[REG_CONFIG] & ~CONFIG_OS | (0 if is_converting else CONFIG_OS)

    def poke(self, register: int, value: int) -> None:
        """Write a register; a configuration may start a conversion."""
        if register == REG_CONVERSION:
            return
        self._words[register] = value
        if register == REG_CONFIG:
            self._configure(value)

    def _configure(self, value: int) -> None:
        if value & CONFIG_SINGLE_SHOT:
            # A start during a conversion has no effect (8.1.3); the running one goes on.
            if value & CONFIG_OS and self._ends_at is None:
                self._begin()
        else:
            self._begin()

    def _begin(self) -> None:
        self._running = self._words[REG_CONFIG]
        took_s = WAKE_UP_S + self._conversion_s()
        if self.faults.take("late"):
            took_s *= 10
        self._ends_at = self.bench.after(took_s)

    def _conversion_s(self) -> float:
        return 1.0 / (self.rates_hz[self._running >> 5 & 0x07] * SLOWEST)

    def _converted(self, age_s: float) -> int:
        sample = self.sample(age_s)
        positive, negative = INPUTS[self._running >> 12 & 0x07]
        voltage = sample[positive] - (sample[negative] if negative else 0.0)
        full_scale_v = FULL_SCALES_V[self._running >> 9 & 0x07]
        word = round(voltage / full_scale_v * 0x8000 / self.smallest) * self.smallest
        return min(max(word, -0x8000), 0x8000 - self.smallest) & 0xFFFF
