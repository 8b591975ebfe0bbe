"""A relay: its coil is driven by a line, its contact follows."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Relay"]


class Relay(Part):
    """A relay board input, active high or low as the device file says (``active``)."""

    is_actuator: ClassVar = True
    fault_kinds: ClassVar = {"stuck": "the contact stays where it is"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        self._active_level: bool = wired.params.get("active", "high") != "low"
        # The input of a relay board is pulled to "off", so that no relay chatters at power-on.
        self._net.pull(self.name, not self._active_level)
        self._net.watch(self._on_level)
        self.switch_count = 0
        self.is_on = self.is_energized
        """Whether the contact is closed."""

    @property
    def is_energized(self) -> bool:
        """Whether the coil has current."""
        return self._net.level == self._active_level

    @property
    def power(self) -> float:
        """1 while the contact is closed."""
        return float(self.is_on)

    def end_fault(self, kind: str | None = None) -> None:
        """End a fault; a contact that was stuck falls to where its coil wants it."""
        super().end_fault(kind)
        self._follow()

    def _on_level(self, _level: bool) -> None:
        self._follow()

    def _follow(self) -> None:
        if self.is_energized != self.is_on and not self.faults.take("stuck"):
            self.is_on = self.is_energized
            self.switch_count += 1
            self._tell_power()


PART = Relay
