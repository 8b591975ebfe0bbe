"""A 28BYJ-48 behind a ULN2003: its rotor follows the coils that have current.

From the datasheets: an input that is high lets current through its coil; the rotor stands at one of
eight places, before one coil or between two neighbours. It goes to the nearest place the coils pull
it to; without current, and when they pull it to both sides alike, it stays where it is.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.gpio._limit import LIMIT_FAULTS, LimitSwitch
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Uln2003"]

_ROLES = ("in1", "in2", "in3", "in4")
_PLACES = {"1000": 0, "1100": 1, "0100": 2, "0110": 3, "0010": 4, "0011": 5, "0001": 6, "1001": 7}
_OPPOSITE = 4
SETTLE_S = 0.0005
"""What coils do for a shorter time does not move the rotor: inputs that change one by one."""


class Uln2003(Part):
    """Counts half steps, or full steps as the device file says."""

    fault_kinds: ClassVar = LIMIT_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._nets = [self.net(role) for role in _ROLES]
        self._stride = 2 if wired.params.get("mode") == "full" else 1
        self._sign = -1 if wired.params.get("direction") == "reversed" else 1
        self._per_unit = float(wired.params.get("steps_per_unit", 1.0))
        self._half_steps = 0
        self._place: int | None = None
        self._is_settling = False
        self._limit = LimitSwitch(self)
        for net in self._nets:
            net.watch(self._follow)

    @property
    def is_powered(self) -> bool:
        """Whether any coil has current."""
        return any(net.level for net in self._nets)

    @property
    def steps(self) -> int:
        """How far it has turned from where it was at the start, in whole steps of its mode."""
        return self._sign * round(self._half_steps / self._stride)

    @property
    def position(self) -> float:
        """Where the shaft is, from where it was at the start."""
        return self.steps / self._per_unit

    def _follow(self, _level: bool) -> None:
        if not self._is_settling:
            self._is_settling = True
            self.bench.later(SETTLE_S, self._settle)

    def _settle(self) -> None:
        self._is_settling = False
        place = _PLACES.get("".join("1" if net.level else "0" for net in self._nets))
        if place is None:
            return
        if self._place is not None:
            far = (place - self._place + _OPPOSITE) % len(_PLACES) - _OPPOSITE
            if far == -_OPPOSITE:
                return
            self._half_steps += far
        self._place = place
        self._limit.follow(self.steps)


PART = Uln2003
