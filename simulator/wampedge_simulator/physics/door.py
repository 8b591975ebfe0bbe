"""A door with a contact: something opens it, or somebody goes through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from wampedge.devices.fields import Choice, Duration
from wampedge_simulator.physics.fields import DAY_S
from wampedge_simulator.physics.model import Contact, Course, Model, Output, State

__all__ = ["MODEL", "Door"]


class Door(Model):
    """The state is the time until which it is open for whoever went through last."""

    kind: ClassVar = "door"
    fields: ClassVar = {
        "open_for": Duration(
            minimum_s=0.1,
            maximum_s=DAY_S,
            default=15.0,
            doc="how long it is open when somebody goes through",
        ),
        "contact_closed": Choice(
            ("while_closed", "while_open"),
            default="while_closed",
            doc="when the contact is closed: a reed contact is while the door is",
        ),
    }
    outputs: ClassVar = {"opening": Output("", "1 while it is open, else 0")}
    drives: ClassVar = {
        "driven_by": "holds it open while it is on, as the relay of an opener",
        "passed_by": "goes through: the door opens when it comes and when it leaves",
    }
    contacts: ClassVar = {"contact": Contact("button", "tells whether the door is closed")}
    is_actuator: ClassVar = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._was_open = False

    @property
    def power(self) -> float:
        """1 while it is open."""
        return self.at(self.around.now())["opening"]

    def drive(self, levels: Mapping[str, float]) -> None:
        """Note what drives it; somebody who comes or leaves opens it."""
        before = self.course.levels["passed_by"] > 0.0
        super().drive(levels)
        course = self.course
        if (course.levels["passed_by"] > 0.0) != before:
            until_s = self.around.now() + course.settings["open_for"]
            self._courses[-1] = replace(course, state=(until_s,))

    def start(self, time_s: float) -> State:
        """Return that nobody went through yet."""
        return (-math.inf,)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return the state as it was: only somebody who goes through changes it."""
        return course.state

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return whether it is open."""
        return {"opening": float(course.levels["driven_by"] > 0.5 or time_s < state[0])}

    def edge(self, now_s: float) -> float | None:
        """Move the contact; return when the door falls shut."""
        course = self.course
        is_open = bool(self.give(course, course.state, now_s)["opening"])
        contact = self.movers.get("contact")
        if contact is not None:
            contact.follow(is_open == (course.settings["contact_closed"] == "while_open"))
        if is_open != self._was_open:
            self._was_open = is_open
            self._tell_power()
        return course.state[0] if now_s < course.state[0] else None


MODEL = Door
