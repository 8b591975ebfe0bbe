"""NewPart: what it is, and who makes it.

Two contacts to ground, one low and one high in a tank; each closes while it is under water.
"""

from __future__ import annotations

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, input_pin, reading
from wampedge.devices.fields import Choice
from wampedge.errors import BadReadingError

__all__ = ["NewPart"]


class NewPart(Driver, title="NewPart: two float switches", default_every_s=1.0):
    """Reads both contacts; the lower one cannot be dry while the upper one is wet."""

    low = input_pin(doc="the lower contact")
    high = input_pin(doc="the upper contact")
    level = reading(kind=Choice(("empty", "half", "full")), doc="how full the tank is")

    def input_pull(self, pin: str) -> Pull:
        """Return which resistor a pin needs: the contacts go to ground."""
        return "up"

    async def read(self) -> dict[str, str]:
        """Read the contacts; raises BadReadingError when they contradict each other."""
        is_low_wet, is_high_wet = not await self.low.read(), not await self.high.read()
        if is_high_wet and not is_low_wet:
            raise BadReadingError(
                "the upper contact is wet and the lower one dry: look at the wires"
            )
        return {"level": ("empty", "half", "full")[is_low_wet + is_high_wet]}
