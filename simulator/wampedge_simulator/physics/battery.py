"""A battery: loads empty it, a charger fills it, and its voltage tells how full it is.

The current is constant between two events, so the charge is a straight line in time. The voltage is
that of an open circuit, from a table of charge, less what the current drops at the resistance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from wampedge.devices.fields import FieldError, ListOf, Number
from wampedge_simulator.physics.fields import Measure
from wampedge_simulator.physics.model import Course, Model, Output, State
from wampedge_simulator.physics.points import Points, interpolated, rising

__all__ = ["MODEL", "Battery"]

LEAD_ACID_V: Final[Points] = ((0.0, 11.6), (20.0, 12.0), (50.0, 12.3), (80.0, 12.55), (100.0, 12.8))
"""Open circuit of a 12 V lead battery at rest; manufacturers' tables differ by 0.1 V."""


class Battery(Model):
    """The state is the charge, in Ah."""

    kind: ClassVar = "battery"
    fields: ClassVar = {
        "capacity": Measure("Ah", 0.001, 1e6, doc="charge of a full battery"),
        "start": Number(0.0, 100.0, default=100.0, doc="charge at the start, in % of the capacity"),
        "load": Measure("A", 0.0, 1e4, default=0.0, doc="what is always drawn"),
        "draw": Measure("A", 0.0, 1e4, default=0.0, doc="what driven_by draws at full power"),
        "charge": Measure(
            "A", 0.0, 1e4, default=0.0, doc="what charged_by gives; always, if it names nothing"
        ),
        "resistance": Measure("ohm", 0.0, 1e3, default=0.05, doc="drops the voltage under load"),
        "open_voltage": ListOf(
            ListOf(Number(0.0, 1e4), 2, 2),
            2,
            64,
            default=LEAD_ACID_V,
            doc="voltage without load: [[charge in %, V], ...]; a 12 V lead battery if left out",
        ),
    }
    outputs: ClassVar = {
        "voltage": Output("V", "between its poles"),
        "current": Output("A", "out of it; negative while it is charged"),
        "power": Output("W", "out of it"),
        "charge": Output("%", "how full it is"),
    }
    drives: ClassVar = {
        "driven_by": "draws `draw` at full power",
        "charged_by": "charges: `charge` at full power",
    }

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield an error for a table that does not rise."""
        yield from rising(settings["open_voltage"], "open_voltage")

    def start(self, time_s: float) -> State:
        """Return the charge the file says."""
        settings = self.course.settings
        return (settings["capacity"] * settings["start"] / 100.0,)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return the charge at a time; full and empty are ends."""
        drawn_ah = self._wanted(course) * (time_s - course.begin_s) / 3600.0
        return (min(max(course.state[0] - drawn_ah, 0.0), course.settings["capacity"]),)

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return what a meter at its poles shows; an empty battery gives nothing."""
        settings = course.settings
        share = state[0] / settings["capacity"] * 100.0
        current = self._wanted(course)
        if (share <= 0.0 and current > 0.0) or (share >= 100.0 and current < 0.0):
            current = 0.0
        voltage = interpolated(settings["open_voltage"], share) - current * settings["resistance"]
        voltage = max(voltage, 0.0)
        return {
            "voltage": voltage, "current": current, "power": voltage * current, "charge": share,
        }  # fmt: skip

    def _wanted(self, course: Course) -> float:
        """Return the current the loads want, less what comes in, in A."""
        settings, levels = course.settings, course.levels
        drawn = settings["load"] + settings["draw"] * abs(levels["driven_by"])
        given = levels["charged_by"] if "charged_by" in self.driven_roles else 1.0
        return float(drawn - settings["charge"] * given)


MODEL = Battery
