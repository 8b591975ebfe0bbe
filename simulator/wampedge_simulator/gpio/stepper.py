"""A stepper motor and its chip: one step at each rising edge, the way the other input says."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.gpio._limit import LIMIT_FAULTS, LimitSwitch
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Stepper"]


class Stepper(Part):
    """Turns while it is enabled; steps that come while it is not are lost."""

    fault_kinds: ClassVar = LIMIT_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._dir = self.net("dir")
        self._enable = self.net("enable") if "enable" in wired.pins else None
        self._per_unit = float(wired.params.get("steps_per_unit", 1.0))
        self._is_reversed = wired.params.get("direction") == "reversed"
        self.steps = 0
        self.steps_at: list[float] = []
        """When the newest steps came, in seconds."""
        self._limit = LimitSwitch(self)
        self.net("step").watch(self._on_step)

    @property
    def is_powered(self) -> bool:
        """Whether the motor has current."""
        return self._enable is None or not self._enable.level

    @property
    def position(self) -> float:
        """Where the shaft is, from where it was at the start."""
        return self.steps / self._per_unit

    def _on_step(self, level: bool) -> None:
        if level and self.is_powered:
            self.steps += -1 if self._dir.level != self._is_reversed else 1
            self.steps_at.append(self.bench.now())
            self._limit.follow(self.steps)
            del self.steps_at[:-10_000]


PART = Stepper
