"""What a physical model is: closed formulas from one event to the next.

An event is a change of what drives the model, or of one of its settings. Between two of them a
model follows a closed formula, so that it can be asked for any instant, in any order, and idle time
costs nothing. A `Course` is what holds from one event on; the last few are kept, for a part that
measured a little before an event and is read after it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from wampedge.devices.fields import Field, FieldError

__all__ = ["Contact", "Course", "Model", "Output", "State", "Surroundings"]

State = tuple[float, ...]
"""What a model has to remember at an event; each model says what its numbers are."""

MAX_COURSES: Final = 16
"""Courses kept; a part reads seconds late at most."""


@dataclass(frozen=True, slots=True)
class Output:
    """Something a model gives: its unit, and what it is."""

    unit: str
    doc: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Something a model moves: ``button`` (any contact) or ``encoder``, and what it tells."""

    kind: str
    doc: str


@dataclass(frozen=True, slots=True)
class Course:
    """What holds from one event to the next.

    Attributes:
        begin_s: when it began, in seconds of the board's monotonic clock.
        state: the state of the model then.
        settings: what its table in the world file says, converted.
        levels: how much drives it, by role; and whether that is braked, by ``ROLE.brake``.
    """

    begin_s: float
    state: State
    settings: Mapping[str, Any]
    levels: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a model knows of the world around it.

    Attributes:
        now: the time of the board's monotonic clock, in seconds.
        epoch_s: Unix time when that clock was 0; it does not follow steps of the node's clock.
        chance: a number from 0 up to 1 that depends on the seed and its arguments only.
        output: what another model gives at a time: (model, output, time in seconds).
    """

    now: Callable[[], float]
    epoch_s: float
    chance: Callable[..., float]
    output: Callable[[str, str, float], float]

    def unix_s(self, time_s: float) -> float:
        """Return Unix seconds at *time_s* of the board's clock."""
        return self.epoch_s + time_s


class Model(ABC):
    """One model; made when its board starts. All methods are called with the board's lock held.

    Args:
        name: name of its table in the world file.
        settings: what the table says, converted.
        around: the world around it.
    """

    kind: ClassVar[str]
    """What ``model`` in a world file says."""
    fields: ClassVar[Mapping[str, Field]]
    """The settings of its table."""
    outputs: ClassVar[Mapping[str, Output]] = {}
    """What channels can sense of it."""
    drives: ClassVar[Mapping[str, str]] = {}
    """Keys of its table that name what drives it, with what each does."""
    contacts: ClassVar[Mapping[str, Contact]] = {}
    """Keys of its table that name what it moves."""
    is_actuator: ClassVar[bool] = False
    """Whether it can drive another model: `power` says how much."""

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield what is wrong with settings that are right one by one."""
        yield from ()

    @classmethod
    def check_contact(
        cls, settings: Mapping[str, Any], key: str, params: Mapping[str, Any]
    ) -> Iterator[FieldError]:
        """Yield why it cannot move the device with these driver parameters."""
        yield from ()

    def __init__(self, name: str, settings: Mapping[str, Any], around: Surroundings) -> None:
        self.name = name
        self.around = around
        self.movers: Mapping[str, Any] = {}
        """The parts it moves, by key of `contacts`; set once, before `begin`."""
        self.driven_roles: frozenset[str] = frozenset()
        """What drives it at all."""
        self._courses: deque[Course] = deque(maxlen=MAX_COURSES)
        self._settings = dict(settings)
        self._power_listeners: list[Callable[[], None]] = []

    @abstractmethod
    def start(self, time_s: float) -> State:
        """Return the state at the start of the board."""

    @abstractmethod
    def evolve(self, course: Course, time_s: float) -> State:
        """Return the state at *time_s*, by the closed formula of *course*."""

    @abstractmethod
    def give(self, course: Course, state: State, time_s: float) -> Mapping[str, float]:
        """Return every output, in its unit."""

    def edge(self, now_s: float) -> float | None:
        """Move what is due by *now_s*; return when the next move is due, None: not by itself."""
        return None

    @property
    def has_begun(self) -> bool:
        """Whether it has a course."""
        return bool(self._courses)

    @property
    def course(self) -> Course:
        """What holds now."""
        return self._courses[-1]

    @property
    def power(self) -> float:
        """How much it drives others, 0 to 1."""
        return 0.0

    @property
    def is_braked(self) -> bool:
        """False: no model holds another still."""
        return False

    def watch_power(self, listener: Callable[[], None]) -> None:
        """Call *listener* at each change of `power`."""
        self._power_listeners.append(listener)

    def begin(self, levels: Mapping[str, float]) -> None:
        """Begin with what drives it now."""
        now_s = self.around.now()
        self.driven_roles = frozenset(self.drives.keys() & levels.keys())
        levels = {**dict.fromkeys(self.drives, 0.0), **levels}
        self._courses.append(Course(now_s, (), self._settings, levels))
        state = self.start(now_s)
        self._courses[-1] = Course(now_s, state, self._settings, levels)

    def is_driven_by(self, levels: Mapping[str, float]) -> bool:
        """Return whether *levels* are what drives it already."""
        return all(self.course.levels.get(role) == level for role, level in levels.items())

    def drive(self, levels: Mapping[str, float]) -> None:
        """Note that roles are driven by so much from now on."""
        self._turn(self.course.settings, {**self.course.levels, **levels})

    def change(self, settings: Mapping[str, Any]) -> None:
        """Go on with other *settings* from now on."""
        self._turn(settings, self.course.levels)

    def at(self, time_s: float) -> Mapping[str, float]:
        """Return every output at *time_s*, by the course that held then."""
        course = self._course_at(time_s)
        time_s = max(time_s, course.begin_s)
        return self.give(course, self.evolve(course, time_s), time_s)

    def _tell_power(self) -> None:
        for listener in self._power_listeners:
            listener()

    def _turn(self, settings: Mapping[str, Any], levels: Mapping[str, float]) -> None:
        now_s = max(self.around.now(), self.course.begin_s)
        state = self.evolve(self.course, now_s)
        if now_s == self.course.begin_s:
            self._courses.pop()
        self._courses.append(Course(now_s, state, settings, levels))

    def _course_at(self, time_s: float) -> Course:
        for course in reversed(self._courses):
            if course.begin_s <= time_s:
                return course
        return self._courses[0]
