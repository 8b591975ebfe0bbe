"""The lift for the simulator: what its controller does, after the same description."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import I2cTarget, WordRegisters
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "LiftController"]

ID = 0x4C46
HIGHEST_MM = 600
SPEED_MM_PER_S = 50.0


class LiftController(Part):
    """Moves 50 mm a second, and never higher than it can."""

    fault_kinds: ClassVar = I2C_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = WordRegisters(self, pointer_mask=0x03)
        self._goes_to_mm = 0
        self._began_mm, self._began_at = 0.0, bench.now()

    @property
    def height_mm(self) -> float:
        """Where it is now."""
        way_mm = self._goes_to_mm - self._began_mm
        done_mm = min((self.bench.now() - self._began_at) * SPEED_MM_PER_S, abs(way_mm))
        return self._began_mm + (done_mm if way_mm > 0 else -done_mm)

    @property
    def shown(self) -> float:
        """What a rule beside it shows, in millimetres."""
        return self.height_mm

    def refresh(self) -> None:
        """Do nothing: what is asked for is worked out then."""

    def peek(self, register: int) -> int:
        """Return a register."""
        return (ID, self._goes_to_mm, round(self.height_mm), 0)[register]

    def poke(self, register: int, value: int) -> None:
        """Go to a height; the other registers cannot be written."""
        if register == 1:
            self._began_mm, self._began_at = self.height_mm, self.bench.now()
            self._goes_to_mm = min(value, HIGHEST_MM)


PART = LiftController
