"""The light of day, and of a lamp: half a wave from sunrise to sunset, with clouds before it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from wampedge.devices.fields import Duration, FieldError, Number
from wampedge_simulator.physics.fields import DAY_S, Measure
from wampedge_simulator.physics.model import Course, Model, Output, State

__all__ = ["MODEL", "DayLight"]

CLOUD_S: Final = 600.0
"""How long a cloud takes to become the next one."""


class DayLight(Model):
    """There is no state: light is what the time and the lamp make it."""

    kind: ClassVar = "light"
    fields: ClassVar = {
        "full": Measure("lx", 0.0, 200_000.0, default=50_000.0, doc="at noon, without clouds"),
        "sunrise": Duration(maximum_s=DAY_S, default=6 * 3600.0, doc="after midnight UTC"),
        "sunset": Duration(maximum_s=DAY_S, default=18 * 3600.0, doc="after midnight UTC"),
        "clouds": Number(0.0, 1.0, default=0.0, doc="share of the light that clouds take at most"),
        "lamp": Measure(
            "lx", 0.0, 200_000.0, default=0.0, doc="what driven_by gives at full power"
        ),
    }
    outputs: ClassVar = {"illuminance": Output("lx", "light at the sensor")}
    drives: ClassVar = {"driven_by": "shines: `lamp` at full power"}

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield an error for a sun that sets before it rises."""
        if settings["sunset"] <= settings["sunrise"]:
            text = "must be later than sunrise"
            yield FieldError(text, "both count from midnight UTC", ("sunset",))

    def start(self, time_s: float) -> State:
        """Return nothing."""
        return ()

    def evolve(self, course: Course, time_s: float) -> State:
        """Return nothing."""
        return ()

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return the light of sun and lamp together."""
        settings, unix_s = course.settings, self.around.unix_s(time_s)
        day_s = settings["sunset"] - settings["sunrise"]
        share = (unix_s % DAY_S - settings["sunrise"]) / day_s
        sun = settings["full"] * math.sin(math.pi * share) if 0.0 < share < 1.0 else 0.0
        lamp = settings["lamp"] * course.levels["driven_by"]
        return {"illuminance": sun * (1.0 - settings["clouds"] * self._cloud(unix_s)) + lamp}

    def _cloud(self, unix_s: float) -> float:
        """Return how thick the clouds are, 0 to 1: straight from one chance to the next."""
        before = math.floor(unix_s / CLOUD_S)
        share = unix_s / CLOUD_S - before
        thick = [self.around.chance(self.name, "cloud", str(before + step)) for step in (0, 1)]
        return thick[0] + (thick[1] - thick[0]) * share


MODEL = DayLight
