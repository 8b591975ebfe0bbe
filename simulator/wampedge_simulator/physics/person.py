"""A person who comes so often a day, moves about, and is seen by a motion sensor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from wampedge.devices.fields import Duration, FieldError, Integer, Number
from wampedge_simulator.physics.fields import DAY_S
from wampedge_simulator.physics.model import Contact, Course, Model, Output, State
from wampedge_simulator.physics.visits import Visits

__all__ = ["MODEL", "Person"]

STEP_S: Final = 30.0
"""How long a person moves, or sits still, at least."""


class Person(Model):
    """There is no state: who is there is what the seed and the time make it."""

    kind: ClassVar = "person"
    fields: ClassVar = {
        "visits": Integer(0, 100, default=4, doc="how often a day"),
        "from": Duration(
            maximum_s=DAY_S, default=8 * 3600.0, doc="visits begin, after midnight UTC"
        ),
        "until": Duration(maximum_s=DAY_S, default=18 * 3600.0, doc="no visit begins any more"),
        "stay": Duration(
            minimum_s=1.0,
            maximum_s=DAY_S / 2,
            default=600.0,
            doc="length of a visit, half to one and a half of it",
        ),
        "activity": Number(
            0.0, 1.0, default=0.5, doc="share of the visit in which the person moves"
        ),
    }
    outputs: ClassVar = {"presence": Output("", "1 while the person is there, else 0")}
    contacts: ClassVar = {"motion": Contact("button", "is closed while the person moves")}
    is_actuator: ClassVar = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._was_there = False
        self._habit: tuple[Mapping[str, Any], Visits] | None = None

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield an error for a day that ends before it begins."""
        if settings["until"] <= settings["from"]:
            text = "must be later than from"
            yield FieldError(text, "both count from midnight UTC", ("until",))

    @property
    def power(self) -> float:
        """1 while the person is there."""
        return float(self._was_there)

    def start(self, time_s: float) -> State:
        """Return nothing."""
        return ()

    def evolve(self, course: Course, time_s: float) -> State:
        """Return nothing."""
        return ()

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return whether the person is there."""
        unix_s = self.around.unix_s(time_s)
        return {"presence": float(self._visits(course).is_one(unix_s))}

    def edge(self, now_s: float) -> float | None:
        """Tell who comes, goes and moves; return when that may change."""
        unix_s, visits = self.around.unix_s(now_s) + 1e-6, self._visits(self.course)
        is_there = visits.is_one(unix_s)
        motion = self.movers.get("motion")
        if motion is not None:
            motion.follow(is_there and self._moves(unix_s))
        if is_there != self._was_there:
            self._was_there = is_there
            self._tell_power()
        change_s = visits.next_change(unix_s)
        if is_there and motion is not None:
            step_end_s = (math.floor(unix_s / STEP_S) + 1) * STEP_S
            change_s = min(step_end_s, change_s or step_end_s)
        return None if change_s is None else now_s + (change_s - unix_s) + 1e-6

    def _moves(self, unix_s: float) -> bool:
        step = str(math.floor(unix_s / STEP_S))
        return bool(self.around.chance(self.name, "move", step) < self.course.settings["activity"])

    def _visits(self, course: Course) -> Visits:
        settings = course.settings
        if self._habit is None or self._habit[0] is not settings:
            between_s = settings["from"], settings["until"]
            chance = partial(self.around.chance, self.name)
            visits = Visits(settings["visits"], between_s, settings["stay"], chance)
            self._habit = settings, visits
        return self._habit[1]


MODEL = Person
