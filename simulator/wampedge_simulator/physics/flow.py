"""A flow through a meter that closes a contact for each so much that has passed.

A rain gauge is one as well: a millimetre is a litre on a square metre.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from wampedge.devices.fields import Duration, FieldError
from wampedge_simulator.physics.fields import Measure
from wampedge_simulator.physics.model import Contact, Course, Model, Output, State

__all__ = ["MAX_PULSES_PER_S", "MODEL", "Flow"]

MAX_PULSES_PER_S: Final = 1000.0
_TOLERANCE: Final = 1e-6
"""Share of a pulse: a time is a whole nanosecond, so a pulse may be due a little early."""
_MOST_LATE: Final = 10
"""Pulses made up for after the event loop was held up; earlier ones are lost."""


class Flow(Model):
    """The state is what has passed, in pulses."""

    kind: ClassVar = "flow"
    fields: ClassVar = {
        "rate": Measure(
            "L/min", 0.0, 1e6, doc="at full power of driven_by; always, if it names nothing"
        ),
        "per_pulse": Measure("L", 1e-6, 1e6, doc="what passes from one pulse to the next"),
        "width": Duration(
            minimum_s=1e-4,
            maximum_s=60.0,
            default=0.05,
            doc="how long the contact is closed, half of the period at most",
        ),
    }
    outputs: ClassVar = {
        "flow": Output("L/min", "what passes now"),
        "total": Output("L", "what has passed since the start"),
    }
    drives: ClassVar = {"driven_by": "lets it flow: `rate` at full power"}
    contacts: ClassVar = {"pulses": Contact("button", "is closed once for each `per_pulse`")}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._told = 0
        self._opens_s: float | None = None
        self._may_close_s = -math.inf

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield an error for more pulses than anybody could count."""
        per_s = settings["rate"] / 60.0 / settings["per_pulse"]
        if per_s > MAX_PULSES_PER_S:
            text = f"makes {per_s:.4g} pulses a second, and {MAX_PULSES_PER_S:g} is the most"
            yield FieldError(text, "let per_pulse be larger", ("rate",))

    def start(self, time_s: float) -> State:
        """Return that nothing has passed."""
        return (0.0,)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return what has passed by a time."""
        return (course.state[0] + self._per_s(course) * (time_s - course.begin_s),)

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return flow and total in litres."""
        per_pulse = course.settings["per_pulse"]
        return {"flow": self._per_s(course) * per_pulse * 60.0, "total": state[0] * per_pulse}

    def edge(self, now_s: float) -> float | None:
        """Close and open the contact; return when it moves next."""
        contact = self.movers.get("pulses")
        if contact is None:
            return None
        if self._opens_s is not None:
            if now_s < self._opens_s:
                return self._opens_s
            self._opens_s = None
            contact.follow(False)
        due = math.floor(self.evolve(self.course, now_s)[0] + _TOLERANCE)
        self._told = max(self._told, due - _MOST_LATE)
        if due > self._told and now_s >= self._may_close_s:
            self._told += 1
            width_s = self._width_s()
            self._opens_s = round(now_s + width_s, 9)
            self._may_close_s = round(now_s + 2 * width_s, 9)
            contact.follow(True)
            return self._opens_s
        return self._next_s()

    def _next_s(self) -> float | None:
        course, per_s = self.course, self._per_s(self.course)
        if per_s <= 0.0:
            return None
        next_s = course.begin_s + (self._told + 1 - course.state[0]) / per_s
        return max(next_s, self._may_close_s)

    def _width_s(self) -> float:
        per_s, width_s = self._per_s(self.course), float(self.course.settings["width"])
        return min(width_s, 0.5 / per_s) if per_s > 0.0 else width_s

    def _per_s(self, course: Course) -> float:
        """Return pulses a second."""
        level = course.levels["driven_by"] if self.driven_roles else 1.0
        return float(
            max(level, 0.0) * course.settings["rate"] / 60.0 / course.settings["per_pulse"]
        )


MODEL = Flow
