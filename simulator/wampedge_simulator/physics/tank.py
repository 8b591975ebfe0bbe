"""A tank: a pump fills it, a valve empties it, and it leaks, the more the fuller it is.

dV/dt = inflow + fill * pump - draw * valve - leak * V / capacity. With constant inflows the volume
goes one way only, so a tank that is full or empty stays so until the next event.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from wampedge.devices.fields import FieldError
from wampedge_simulator.physics.fields import Measure
from wampedge_simulator.physics.model import Course, Model, Output, State

__all__ = ["MODEL", "Tank"]


class Tank(Model):
    """The state is the volume, in litres."""

    kind: ClassVar = "tank"
    fields: ClassVar = {
        "capacity": Measure("L", 0.001, 1e9, doc="what it holds"),
        "height": Measure("mm", 1.0, 1e6, default=1000.0, doc="level of a full tank"),
        "start": Measure("L", 0.0, 1e9, default=0.0, doc="what is in it at the start"),
        "inflow": Measure("L/min", 0.0, 1e6, default=0.0, doc="what always flows in"),
        "fill": Measure(
            "L/min", 0.0, 1e6, default=0.0, doc="what driven_by pumps in at full power"
        ),
        "draw": Measure("L/min", 0.0, 1e6, default=0.0, doc="what drawn_by lets out fully open"),
        "leak": Measure(
            "L/min", 0.0, 1e6, default=0.0, doc="what a full tank leaks; half of it when half full"
        ),
    }
    outputs: ClassVar = {
        "level": Output("mm", "height of the water"),
        "volume": Output("L", "what is in it"),
        "fill": Output("%", "share of the capacity"),
    }
    drives: ClassVar = {
        "driven_by": "pumps in: `fill` at full power",
        "drawn_by": "lets out: `draw` fully open",
    }

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield an error for a tank that begins with more than it holds."""
        if settings["start"] > settings["capacity"]:
            text = f"must be at most the capacity, {settings['capacity']:g} L"
            yield FieldError(f"{text}, got {settings['start']:g} L", path=("start",))

    def start(self, time_s: float) -> State:
        """Return what the file says is in it."""
        return (self.course.settings["start"],)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return the volume at a time."""
        settings, levels = course.settings, course.levels
        per_min = settings["inflow"] + settings["fill"] * max(levels["driven_by"], 0.0)
        per_min -= settings["draw"] * max(levels["drawn_by"], 0.0)
        flow, passed_s = per_min / 60.0, time_s - course.begin_s
        rate = settings["leak"] / 60.0 / settings["capacity"]
        if rate:
            rest = flow / rate
            volume = rest + (course.state[0] - rest) * math.exp(-rate * passed_s)
        else:
            volume = course.state[0] + flow * passed_s
        return (min(max(volume, 0.0), settings["capacity"]),)

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return the volume in three ways."""
        share = state[0] / course.settings["capacity"]
        return {
            "level": share * course.settings["height"],
            "volume": state[0],
            "fill": share * 100.0,
        }


MODEL = Tank
