"""HX711: 24 bits on the edges of a clock, by its datasheet (pages 4 and 5)."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Hx711"]

LOWEST, HIGHEST = -0x800000, 0x7FFFFF


class Hx711(Part):
    """The converter; a sample is always ready, as if it were asked slowly.

    ``weight`` presses a cell that gives ``scale`` steps a gram and ``offset`` without weight.
    """

    quantities: ClassVar = {"weight": Quantity(Curve(500.0, 100.0), -1e7, 1e7, "g")}
    fault_kinds: ClassVar = {
        "silent": "no sample gets ready",
        "stuck": "the converter gives its last sample again",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._data, clock = self.net("data"), self.net("clock")
        self._scale: float = wired.params.get("scale", 1.0)
        self._offset: int = wired.params.get("offset", 0)
        self._clocks = 0
        self._word = 0
        self._data.drive(self.name, False)
        clock.watch(self._on_clock)

    def end_fault(self, kind: str | None = None) -> None:
        """End a fault; a sample gets ready again."""
        super().end_fault(kind)
        self._clocks = 0
        self._data.drive(self.name, False)

    def begin_fault(self, kind: str, count: int | None) -> None:
        """Let a fault strike from now on; raises InvalidValueError."""
        super().begin_fault(kind, count)
        if self.faults.take("silent"):
            self._data.drive(self.name, True)

    def _on_clock(self, level: bool) -> None:
        if not level:
            return
        if self._clocks == 0:
            steps = round(self._offset + self.sample()["weight"] * self._scale)
            self._word = min(max(steps, LOWEST), HIGHEST) & 0xFFFFFF
        self._clocks += 1
        if self._clocks <= 24:
            self._data.drive(self.name, bool(self._word >> 24 - self._clocks & 1))
        else:
            # From the 25th clock on the line is high until the next sample is ready.
            self._data.drive(self.name, True)
            if self._clocks == 25:
                self.bench.later(0.001, self._get_ready)

    def _get_ready(self) -> None:
        self._clocks = 0
        self._data.drive(self.name, "silent" in self.faults.pending)


PART = Hx711
