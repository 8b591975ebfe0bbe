"""A load on a modulated line: a fan, a heater, a dimmed lamp."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "PwmLoad"]


class PwmLoad(Part):
    """A load that gets the share of power the line is high, or low if ``active`` says so."""

    is_actuator: ClassVar = True

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        self._is_active_low = wired.params.get("active", "high") == "low"
        self._net.watch_signal(self._tell_power)

    @property
    def power(self) -> float:
        """Share of full power, 0.0 to 1.0."""
        if self._net.is_floating:
            return 0.0
        return 1.0 - self._net.duty if self._is_active_low else self._net.duty


PART = PwmLoad
