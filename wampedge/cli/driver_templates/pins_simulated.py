"""NewPart for the simulator: two contacts in a tank one can fill."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge.errors import InvalidValueError
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "NewPartSwitches"]

LEVELS = {"empty": (False, False), "half": (True, False), "full": (True, True)}


class NewPartSwitches(Part):
    """``set("tank", "level", "half")`` fills it; ``open`` is a broken wire of the lower contact."""

    fault_kinds: ClassVar = {"open": "the wire of the lower contact is broken"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._low, self._high = self.net("low"), self.net("high")
        self._level = "empty"

    def set(self, channel: str, value: object) -> None:
        """Fill the tank; raises InvalidValueError."""
        if channel != "level" or value not in LEVELS:
            text = f"level must be one of {', '.join(LEVELS)}, got {value!r}"
            raise InvalidValueError(text, field="value", device=self.name)
        self._level = str(value)
        self._connect()

    def begin_fault(self, kind: str, count: int | None) -> None:
        """Break the wire; raises InvalidValueError."""
        super().begin_fault(kind, count)
        self._connect()

    def end_fault(self, kind: str | None = None) -> None:
        """Mend it; raises InvalidValueError."""
        super().end_fault(kind)
        self._connect()

    def _connect(self) -> None:
        is_low_wet, is_high_wet = LEVELS[self._level]
        is_open = "open" in self.faults.pending
        self._low.drive(self.name, False if is_low_wet and not is_open else None)
        self._high.drive(self.name, False if is_high_wet else None)


PART = NewPartSwitches
