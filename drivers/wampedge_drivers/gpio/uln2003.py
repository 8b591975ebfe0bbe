"""Stepper motor with four coils behind transistors, such as the 28BYJ-48 on its ULN2003 board.

Chip: ULN2003, or any four switches to ground; pins of the header or of a port expander.
Datasheets: ULN2003A SLRS027 (inputs high: outputs pull low), 28BYJ-48 (coil sequence; 64 half steps
a turn of the rotor and a gear of about 64 to 1: 4096 half steps a turn of the shaft).

Steps are timed by the event loop of the node, at most 500 a second. They are counted, and the count
is kept over restarts; what turns the shaft by hand makes it wrong until ``home`` has found its
switch, or ``zero`` is told where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.driver import DriverContext, output_pin, param
from wampedge.devices.fields import Choice
from wampedge_drivers.gpio._stepping import SteppingMotor

__all__ = ["ULN2003"]

COILS = ("in1", "in2", "in3", "in4")
HALF_STEPS = (
    (True, False, False, False),
    (True, True, False, False),
    (False, True, False, False),
    (False, True, True, False),
    (False, False, True, False),
    (False, False, True, True),
    (False, False, False, True),
    (True, False, False, True),
)
"""Which coils have current, one half step after another. Full steps are those with two coils."""
_OFF = (False,) * len(COILS)
_KEPT = "phase"
ALIGN_S = 0.01
"""How long the rotor has to get where its coils pull it before the first step."""


class ULN2003(SteppingMotor, title="Stepper motor with four coils on a ULN2003"):
    """One motor; between ways its coils have no current, unless it is to ``hold``."""

    in1 = output_pin(place="pins", doc="IN1")
    in2 = output_pin(place="pins", doc="IN2")
    in3 = output_pin(place="pins", doc="IN3")
    in4 = output_pin(place="pins", doc="IN4")
    mode: str = param(
        Choice(("half", "full")), "half", doc="full steps are twice as long, and stronger"
    )

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        kept = context.kept.get(_KEPT, 0)
        phase = kept % len(HALF_STEPS) if isinstance(kept, int) else 0
        self._phase = phase | 1 if self.mode == "full" else phase
        self._coils = _OFF

    async def turn_round(self, way: int) -> None:
        """Do nothing: the order of the coils is the way."""

    async def take_step(self, way: int) -> None:
        """Hand the current on to the next coils."""
        stride = 2 if self.mode == "full" else 1
        self._phase = (self._phase + way * stride) % len(HALF_STEPS)
        self.context.kept.put(_KEPT, self._phase, within_s=1.0)
        before, self._coils = self._coils, HALF_STEPS[self._phase]
        pairs = zip(COILS, before, self._coils, strict=True)
        await self._drive([role for role, was_on, is_on in pairs if was_on != is_on])

    async def power(self, is_on: bool) -> None:
        """Let current through the coils of the place it is at, or through none."""
        before, self._coils = self._coils, HALF_STEPS[self._phase] if is_on else _OFF
        await self._drive(COILS)
        if is_on and before == _OFF:
            await self.sleep(ALIGN_S)

    async def _drive(self, roles: Sequence[str]) -> None:
        """Drive the coils *roles* as they are to be; first those that are to be off."""
        wanted = dict(zip(COILS, self._coils, strict=True))
        for role in sorted(roles, key=wanted.__getitem__):
            await getattr(self, role).write(wanted[role])
