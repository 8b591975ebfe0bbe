"""A lamp on a line."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Led"]


class Led(Part):
    """An LED, active high or low as the device file says (``active``)."""

    is_actuator: ClassVar = True

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        self._is_active_low = wired.params.get("active", "high") == "low"
        self._net.watch_signal(self._tell_power)

    @property
    def brightness(self) -> float:
        """How bright it shines, 0.0 to 1.0."""
        if self._net.is_floating:
            return 0.0
        return 1.0 - self._net.duty if self._is_active_low else self._net.duty

    @property
    def power(self) -> float:
        """As `brightness`."""
        return self.brightness

    @property
    def is_on(self) -> bool:
        """Whether it shines at all."""
        return self.brightness > 0.0


PART = Led
