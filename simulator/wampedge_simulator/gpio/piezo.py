"""A piezo disc: it sounds at the frequency of the wave on its line; a steady level is silence."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Piezo"]

_MOST_TONES = 1000


class Piezo(Part):
    """The disc; ``tones`` are the newest changes, each as (seconds, hertz), 0 Hz is silence."""

    is_actuator: ClassVar = True

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        self.tones: deque[tuple[float, float]] = deque(maxlen=_MOST_TONES)
        self._net.watch_signal(self._listen)

    @property
    def shown(self) -> float:
        """The frequency that is heard, in hertz; 0 in silence."""
        return self._net.frequency_hz

    @property
    def is_on(self) -> bool:
        """Whether it sounds."""
        return self.shown > 0

    @property
    def power(self) -> float:
        """1 while it sounds."""
        return float(self.is_on)

    def _listen(self) -> None:
        heard = self.shown
        if heard != (self.tones[-1][1] if self.tones else 0.0):
            self.tones.append((self.bench.now(), heard))
            self._tell_power()


PART = Piezo
