"""Debounce on edge time stamps, without a clock of its own: the same on every back end.

A line is a chain of stages; each takes edges in the order of their time stamps and returns those
that count. What comes out depends on the time stamps only, and not on when anybody asks: a busy
event loop neither lengthens nor loses a press.

- ``Settle``: a level counts once it has lasted; the edge keeps the time at which it began.
- ``Holdoff``: an edge counts at once, and then the line is not looked at for so long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from wampedge.devices.fields import Duration, Field, FieldError, Table

__all__ = ["DebounceRule", "DebounceTime", "Edge", "Holdoff", "Line", "Settle", "line_of"]

Edge = tuple[bool, int]
"""The new level, and when it began, in nanoseconds."""

MAXIMUM_S = 10.0


DebounceRule = Mapping[str, float]
"""How a line is debounced: ``settle`` or ``holdoff``, and for how many seconds."""


class DebounceTime(Field):
    """``"20ms"`` or ``{ settle = "20ms" }``: a level must last; ``{ holdoff = "5ms" }``."""

    def convert(self, value: Any) -> DebounceRule:
        """Return the rule; raises FieldError."""
        if not isinstance(value, dict):
            return {"settle": _time().convert(value)}
        if len(value) != 1:
            example = '{ settle = "20ms" } or { holdoff = "5ms" }'
            raise FieldError("must have settle or holdoff, one of them", f"write {example}")
        table = Table({"settle": _time(default=None), "holdoff": _time(default=None)})
        return {mode: time_s for mode, time_s in table.convert(value).items() if time_s is not None}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the time, and of both tables."""
        tables = [
            {
                "type": "object",
                "properties": {mode: _time().schema()},
                "required": [mode],
                "additionalProperties": False,
            }
            for mode in ("settle", "holdoff")
        ]
        return {"anyOf": [_time().schema(), *tables]}


class Stage(Protocol):
    """One stage of a line."""

    level: bool

    def edge(self, level: bool, at_ns: int) -> list[Edge]:
        """Take an edge; return those that count by now, oldest first."""
        ...

    def advance(self, now_ns: int) -> list[Edge]:
        """Take the news that no edge came before *now_ns*; return those that count by that."""
        ...

    def final_ns(self, now_ns: int) -> int:
        """Return up to when the stage has said all there is to say, at most *now_ns*."""
        ...

    @property
    def due_ns(self) -> int | None:
        """When an edge will count unless another comes; None when none waits."""
        ...


class Settle:
    """A level counts once it has lasted *settle_ns*; 0 lets every edge count."""

    def __init__(self, level: bool, settle_ns: int) -> None:
        self.level = level
        self._raw = level
        self._since_ns = 0
        self._settle_ns = settle_ns

    def edge(self, level: bool, at_ns: int) -> list[Edge]:
        """Take an edge; one that comes late enough proves the level before it."""
        settled = self.advance(at_ns)
        if level != self._raw:
            self._raw, self._since_ns = level, at_ns
        return settled if self._settle_ns else settled + self.advance(at_ns)

    def advance(self, now_ns: int) -> list[Edge]:
        """Let the present level count if it has lasted."""
        if self._raw == self.level or now_ns - self._since_ns < self._settle_ns:
            return []
        self.level = self._raw
        return [(self.level, self._since_ns)]

    def final_ns(self, now_ns: int) -> int:
        """Return the beginning of a level that may still turn out to be one."""
        return now_ns if self._raw == self.level else min(now_ns, self._since_ns)

    @property
    def due_ns(self) -> int | None:
        """When the present level counts."""
        return None if self._raw == self.level else self._since_ns + self._settle_ns


class Holdoff:
    """An edge counts at once; then the line is not looked at for *holdoff_ns*.

    A line that is found changed after that has its edge there.
    """

    def __init__(self, level: bool, holdoff_ns: int) -> None:
        self.level = level
        self._raw = level
        self._blind_until_ns = 0
        self._holdoff_ns = holdoff_ns

    def edge(self, level: bool, at_ns: int) -> list[Edge]:
        """Take an edge."""
        counting = self.advance(at_ns)
        self._raw = level
        if level != self.level and at_ns >= self._blind_until_ns:
            counting.append(self._count(at_ns))
        return counting

    def advance(self, now_ns: int) -> list[Edge]:
        """Look at the line again once the time is over."""
        if self._raw == self.level or now_ns < self._blind_until_ns:
            return []
        return [self._count(self._blind_until_ns)]

    def final_ns(self, now_ns: int) -> int:
        """Return *now_ns*: nothing is said of the past."""
        return now_ns

    @property
    def due_ns(self) -> int | None:
        """When the line is looked at again, if it has changed."""
        return None if self._raw == self.level else self._blind_until_ns

    def _count(self, at_ns: int) -> Edge:
        self.level = self._raw
        self._blind_until_ns = at_ns + self._holdoff_ns
        return (self.level, at_ns)


class Line:
    """A chain of stages; an edge that comes before the one before it is taken for as late.

    Args:
        stages: what each edge goes through, in order; at least one.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages
        self._last_ns = 0
        self.final_ns = 0
        """Up to when nothing more will come out."""

    @property
    def level(self) -> bool:
        """The level that counts now."""
        return self._stages[-1].level

    @property
    def is_undecided(self) -> bool:
        """Whether there was an edge of which it is not known yet whether it counts."""
        return self.final_ns < self._last_ns

    @property
    def due_ns(self) -> int | None:
        """When to ``advance``, unless another edge comes; None: there is nothing to wait for."""
        # A later stage cannot decide before the one ahead of it has.
        return next((stage.due_ns for stage in self._stages if stage.due_ns is not None), None)

    def edge(self, level: bool, at_ns: int) -> list[Edge]:
        """Take an edge; return those that count by now, oldest first."""
        self._last_ns = max(self._last_ns, at_ns)
        return self._flow([(level, self._last_ns)])

    def advance(self, now_ns: int) -> list[Edge]:
        """Take the news that no edge came before *now_ns*; return those that count by that."""
        self._last_ns = max(self._last_ns, now_ns)
        return self._flow([])

    def _flow(self, edges: list[Edge]) -> list[Edge]:
        final_ns = self._last_ns
        for stage in self._stages:
            passed = [each for edge in edges for each in stage.edge(*edge)]
            edges = passed + stage.advance(final_ns)
            final_ns = stage.final_ns(final_ns)
        self.final_ns = final_ns
        return edges


def line_of(level: bool, rule: DebounceRule, *, min_width_s: float = 0.0) -> Line:
    """Return a line at *level* that is debounced by *rule* and ignores what is shorter.

    Args:
        level: of the line now.
        rule: how it is debounced.
        min_width_s: shortest phase that counts, high or low, in seconds.
    """
    ((mode, time_s),) = rule.items()
    stage = Holdoff if mode == "holdoff" else Settle
    stages: list[Stage] = [stage(level, round(time_s * 1e9))]
    if min_width_s:
        stages.append(Settle(level, round(min_width_s * 1e9)))
    return Line(stages)


def _time(**options: Any) -> Duration:
    return Duration(minimum_s=0.0, maximum_s=MAXIMUM_S, **options)
