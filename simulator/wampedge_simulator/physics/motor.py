"""A motor with a mass, and the encoder on its shaft.

dw/dt = (w_end - w) / tau: the speed follows what the bridge gives, and the angle is its integral.
While the bridge brakes, w_end is 0 and tau is that of the brake.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from wampedge.devices.fields import Duration, FieldError
from wampedge_simulator.physics.fields import Measure
from wampedge_simulator.physics.model import Contact, Course, Model, Output, State

__all__ = ["MAX_TICKS_PER_S", "MODEL", "Motor", "Spin"]

MAX_TICKS_PER_S: Final = 5000.0
"""What a board can follow; see the driver ``quadrature``."""
BATCH_S: Final = 0.005
"""Ticks of so much time are made at once, each with its own time stamp."""
MOST_AT_ONCE: Final = 2500
"""Ticks made in one go after the event loop was held up; the next go makes further ones."""
_TOLERANCE: Final = 1e-6
"""Share of a tick: a time is a whole nanosecond, so a tick may be due a little early."""
_STEPS: Final = 60
_REST: Final = 1e-9
"""A speed below is none: a tick would take years."""


class Spin(NamedTuple):
    """How a shaft turns from one event on; speeds and angles in any one unit.

    Attributes:
        angle: at the event.
        speed: at the event, per second.
        end_speed: what it tends to.
        tau_s: how slowly.
    """

    angle: float
    speed: float
    end_speed: float
    tau_s: float

    def at(self, passed_s: float) -> tuple[float, float]:
        """Return speed and angle so many seconds later."""
        gap, decay = self.speed - self.end_speed, math.exp(-passed_s / self.tau_s)
        angle = self.angle + self.end_speed * passed_s + gap * self.tau_s * (1.0 - decay)
        return self.end_speed + gap * decay, angle

    def after(self, passed_s: float) -> Spin:
        """Return the same motion, seen from so many seconds later."""
        speed, angle = self.at(passed_s)
        return self._replace(angle=angle, speed=speed)

    def reaches(self, low: float, high: float) -> float | None:
        """Return the seconds until the angle is *low* or *high*, None if that never is.

        Both are on their side of the angle now.
        """
        if self._is_at_rest:
            return None
        turning_s = self._turning_s()
        if turning_s is None:
            return self._reaches(high if self.speed + self.end_speed > 0.0 else low)
        first = high if self.speed > 0.0 else low
        extreme = self.at(turning_s)[1]
        if (extreme >= first) if self.speed > 0.0 else (extreme <= first):
            return self._crossing(first, turning_s)
        rest_s = (
            self.after(turning_s)
            ._replace(speed=0.0)
            ._reaches(high if self.end_speed > 0.0 else low)
        )
        return None if rest_s is None else turning_s + rest_s

    @property
    def _is_at_rest(self) -> bool:
        """Whether both speeds are what is left of a number that dies away for ever."""
        return max(abs(self.speed), abs(self.end_speed)) < _REST

    def _turning_s(self) -> float | None:
        """Return when the shaft stands still to turn round, None where it does not."""
        if self.speed * self.end_speed >= 0.0 or min(abs(self.speed), abs(self.end_speed)) < _REST:
            return None
        return self.tau_s * math.log((self.speed - self.end_speed) / -self.end_speed)

    def _reaches(self, goal: float) -> float | None:
        """Return the seconds to *goal*, towards which the shaft turns without turning round."""
        if abs(self.end_speed) < _REST:
            share = (goal - self.angle) / (self.speed * self.tau_s) if self.speed else math.inf
            return -self.tau_s * math.log(1.0 - share) if share < 1.0 else None
        if self.speed == self.end_speed:
            return (goal - self.angle) / self.speed
        latest_s = abs((goal - self.angle) / self.end_speed) + self.tau_s
        return self._crossing(goal, latest_s)

    def _crossing(self, goal: float, latest_s: float) -> float:
        """Return when the angle, which goes one way until *latest_s*, is *goal*; by Newton."""
        low_s, high_s = 0.0, latest_s
        is_rising = goal > self.angle
        passed_s = min(abs((goal - self.angle) / (self.speed or self.end_speed)), high_s)
        for _ in range(_STEPS):
            speed, angle = self.at(passed_s)
            if (angle >= goal) == is_rising:
                high_s = passed_s
            else:
                low_s = passed_s
            step_s = (goal - angle) / speed if speed else math.inf
            next_s = passed_s + step_s
            if not low_s <= next_s <= high_s:
                next_s = (low_s + high_s) / 2
            if abs(next_s - passed_s) < 1e-10:
                return next_s
            passed_s = next_s
        return passed_s


class Motor(Model):
    """The state is the speed, in turns a second, and the angle, in turns."""

    kind: ClassVar = "motor"
    fields: ClassVar = {
        "speed": Measure("rpm", 0.001, 100_000.0, doc="at full power, in the end"),
        "inertia": Duration(
            minimum_s=0.001,
            maximum_s=3600.0,
            default=0.1,
            doc="how slowly it follows: after this time 63 % of a change are done",
        ),
        "brake": Duration(
            minimum_s=0.001, maximum_s=3600.0, default=0.02, doc="the same while it is braked"
        ),
    }
    outputs: ClassVar = {
        "speed": Output("rpm", "of the shaft; negative backward"),
        "turns": Output("", "since the start"),
    }
    drives: ClassVar = {"driven_by": "turns it, forward or backward"}
    contacts: ClassVar = {"encoder": Contact("encoder", "sits on the shaft")}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._ticks = 0
        self._last_edge_s = -math.inf

    @classmethod
    def check_contact(
        cls, settings: Mapping[str, Any], key: str, params: Mapping[str, Any]
    ) -> Iterator[FieldError]:
        """Yield an error for an encoder that is too fine for the speed."""
        per_s = settings["speed"] / 60.0 * (params.get("ticks_per_turn") or 1)
        if per_s > MAX_TICKS_PER_S:
            text = f"gives {per_s:.6g} ticks a second, and a board follows {MAX_TICKS_PER_S:g}"
            yield FieldError(text, "let speed be lower, or ticks_per_turn of the encoder", (key,))

    def start(self, time_s: float) -> State:
        """Return a shaft at rest."""
        return (0.0, 0.0)

    def evolve(self, course: Course, time_s: float) -> State:
        """Return speed and angle at a time."""
        return self._spin(course).at(time_s - course.begin_s)

    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return speed and turns."""
        return {"speed": state[0] * 60.0, "turns": state[1]}

    def edge(self, now_s: float) -> float | None:
        """Give the encoder every tick that is due; return when the next one is."""
        encoder = self.movers.get("encoder")
        if encoder is None:
            return None
        begin_s = self.course.begin_s
        spin = self._spin(self.course, encoder.ticks_per_turn)
        at_s = max(self._last_edge_s, begin_s)
        next_s = self._next_s(spin.after(at_s - begin_s), at_s)
        for _ in range(MOST_AT_ONCE):
            if next_s is None or next_s > now_s:
                break
            angle = spin.at(next_s - begin_s)[1]
            self._ticks = math.floor(angle + _TOLERANCE)
            encoder.follow(self._ticks, next_s)
            self._last_edge_s = next_s
            next_s = self._next_s(spin.after(next_s - begin_s), next_s)
        return None if next_s is None else max(next_s, now_s + BATCH_S)

    def _next_s(self, spin: Spin, at_s: float) -> float | None:
        """Return when the next tick is, for *spin* as it is at *at_s*."""
        passed_s = spin.reaches(self._ticks - 2 * _TOLERANCE, self._ticks + 1.0)
        return None if passed_s is None else at_s + max(passed_s, 0.0)

    def _spin(self, course: Course, unit: float = 1.0) -> Spin:
        """Return the motion of a course, in turns times *unit*."""
        settings, levels = course.settings, course.levels
        is_braked = levels.get("driven_by.brake", 0.0) > 0.0
        end_speed = 0.0 if is_braked else settings["speed"] / 60.0 * levels["driven_by"]
        tau_s = settings["brake"] if is_braked else settings["inertia"]
        speed, angle = course.state
        return Spin(angle * unit, speed * unit, end_speed * unit, tau_s)


MODEL = Motor
