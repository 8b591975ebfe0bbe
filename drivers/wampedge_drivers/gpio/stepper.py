"""Stepper motor behind a driver chip with step and direction inputs.

Chip: A4988, DRV8825, TMC2209 and their kin; pins of the header. Steps are timed by the event loop
of the node, so at most 500 of them a second are taken: enough for valves, feeders and focusers, too
slow for machine tools. Nothing measures where the motor is. Its steps are counted, and the count is
kept over restarts; what turns the shaft by hand, or a power cut on the way, makes it wrong until
``home`` has found its switch, or ``zero`` is told where it is.
"""

from __future__ import annotations

from wampedge.devices.driver import output_pin
from wampedge_drivers.gpio._stepping import SteppingMotor

__all__ = ["Stepper"]


class Stepper(SteppingMotor, title="Stepper motor behind a step and direction chip"):
    """One motor, one step at each rising edge."""

    step = output_pin(place="pins", doc="STEP: one step at each rising edge")
    dir = output_pin(place="pins", doc="DIR: low counts up, unless ``reversed``")
    enable = output_pin(place="pins", is_required=False, doc="ENABLE: low lets it hold and turn")

    def initial_level(self, pin: str) -> bool:
        """Return high for ENABLE, which lets the motor go."""
        return pin == "enable" and not self.hold

    async def turn_round(self, way: int) -> None:
        """Drive DIR."""
        await self.dir.write(way < 0)

    async def take_step(self, way: int) -> None:
        """Give one pulse."""
        await self.step.write(True)
        await self.step.write(False)

    async def power(self, is_on: bool) -> None:
        """Drive ENABLE."""
        await self.step.write(False)
        if self.enable is not None:
            await self.enable.write(not is_on)
