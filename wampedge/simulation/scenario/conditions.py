"""Conditions: the one piece of grammar that ``expect``, ``when``, ``always`` ... have in common.

A condition is about a signal, an event, or what a call gave; or it is several of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from wampedge.config.layout import KeyPath
from wampedge.devices.fields import (
    Duration,
    Field,
    FieldError,
    Integer,
    ListOf,
    Text,
    convert_table,
    shown,
    table_schema,
)
from wampedge.devices.spelling import one_of
from wampedge.records import Record
from wampedge.simulation.scenario.comparing import (
    COMPARATORS,
    Comparison,
    PlainValue,
    comparisons_of,
    value_text,
)

__all__ = ["CONDITION_FIELDS", "Condition", "ConditionField", "Count", "CountField"]

_MAX_DEPTH: Final = 3
_SUBJECTS: Final = ("signal", "event", "result", "all", "any")
_OF_EVENTS: Final = ("kwargs", "count")


class Count(Record):
    """How many events are wanted; *most* None: any number."""

    least: int = 1
    most: int | None = None

    def holds(self, number: int) -> bool:
        """Say whether *number* is within the limits."""
        return self.least <= number and (self.most is None or number <= self.most)

    def text(self) -> str:
        """Return it in words: ``3 times``."""
        if self.most is None:
            return f"at least {self.least} times" if self.least > 1 else ""
        if self.least == self.most:
            return f"{self.least} times"
        return f"{self.least} to {self.most} times"


class CountField(Field):
    """``3``, or ``[2, 4]`` for from two to four."""

    def convert(self, value: Any) -> Count:
        """Return the count; raises FieldError."""
        if isinstance(value, list):
            least, most = ListOf(Integer(0, 1_000_000), 2, 2).convert(value)
            if least > most:
                raise FieldError(f"must not begin above its end, got [{least}, {most}]")
            return Count(least, most)
        number = Integer(0, 1_000_000).convert(value)
        return Count(number, number)

    def schema(self) -> dict[str, Any]:
        """Return the schema of a number or a pair."""
        return {"type": ["integer", "array"]}


class Condition(Record):
    """Something that holds or does not.

    Attributes:
        signal: name of what is looked at.
        event: topic below the prefix of the node, or a whole one.
        result: what of the answer to the call of the step is looked at.
        all_of: conditions that must hold together.
        any_of: conditions of which one must hold.
        comparisons: what the value is held against; without any it must be true.
        kwargs: what the keyword arguments of an event must be.
        count: how many events there must be; None: one is enough.
        look_every_s: how often a quantity of a part is looked at, in seconds.
    """

    signal: str | None = None
    event: str | None = None
    result: str | None = None
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    kwargs: Mapping[str, Any] = MappingProxyType({})
    count: Count | None = None
    look_every_s: float = 10.0

    def parts(self, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Condition]]:
        """Yield every condition within that is about one thing, with its place below *path*."""
        if not self.all_of and not self.any_of:
            yield path, self
        for word, members in (("all", self.all_of), ("any", self.any_of)):
            for index, member in enumerate(members):
                yield from member.parts((*path, word, index))

    def holds(self, value: Any) -> bool:
        """Say whether *value* is as the comparisons want it."""
        if not self.comparisons:
            return value is True or (self.event is not None)
        return all(comparison.holds(value) for comparison in self.comparisons)

    def wanted(self) -> str:
        """Return what is wanted of the value, in words."""
        if not self.comparisons:
            return "" if self.event is not None else "equals true"
        return " and ".join(comparison.text() for comparison in self.comparisons)

    def text(self) -> str:
        """Return all of it in words: ``drip.state equals true``."""
        for members, word in ((self.all_of, " and "), (self.any_of, " or ")):
            if members:
                return word.join(f"({each.text()})" for each in members)
        if self.event is None:
            subject = self.signal if self.signal is not None else f"result {self.result}"
            return f"{subject} {self.wanted()}"
        with_kwargs = f"with {value_text(self.kwargs)}" if self.kwargs else ""
        times = "" if self.count is None else self.count.text()
        words = (f"event {self.event}", self.wanted(), with_kwargs, times)
        return " ".join(word for word in words if word)


class ConditionField(Field):
    """A condition, as a table."""

    depth: int = 0

    def convert(self, value: Any) -> Condition:
        """Return the condition; raises FieldError, every mistake in ``also``."""
        if not isinstance(value, Mapping):
            hint = 'write { signal = "DEVICE.CHANNEL", equals = ... }'
            raise FieldError(f"must be a table, got {shown(value)}", hint)
        return _condition(*convert_table(value, _fields(self.depth)), value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a table."""
        return table_schema(_fields(self.depth))


_SUBJECT_FIELDS: Final[Mapping[str, Field]] = {
    "signal": Text(minimum_length=1, maximum_length=200, default=None, doc='what is looked at: "gpio:17", "DEVICE.CHANNEL", "part:DEVICE.QUANTITY"'),  # noqa: E501 # one row, one line
    "event": Text(minimum_length=1, maximum_length=200, default=None, doc='topic of an event: "DEVICE.CHANNEL", "DEVICE.event"'),  # noqa: E501 # one row, one line
    "result": Text(minimum_length=1, maximum_length=200, default=None, doc='what the call of the step gave: "value", "unit", "value.devices.air.state"'),  # noqa: E501 # one row, one line
    **COMPARATORS,
    "kwargs": PlainValue(default=None, doc="keyword arguments the event must have"),
    "count": CountField(default=None, doc="how many such events there must be: 3, or [2, 4]"),
    "look_every": Duration(0.001, 86_400.0, default=10.0, doc="how often a quantity of a part is looked at, where it is watched"),  # noqa: E501 # one row, one line
}  # fmt: skip


def _fields(depth: int) -> dict[str, Field]:
    fields = dict(_SUBJECT_FIELDS)
    if depth < _MAX_DEPTH:
        several = ListOf(ConditionField(depth=depth + 1), 1, 32)
        fields["all"] = several.but(default=(), doc="conditions that hold together")
        fields["any"] = several.but(default=(), doc="conditions of which at least one holds")
    return fields


CONDITION_FIELDS: Final[Mapping[str, Field]] = _fields(0)
"""Every key of a condition."""


def _condition(
    table: dict[str, Any], errors: list[FieldError], raw: Mapping[str, Any]
) -> Condition:
    """Return the condition of a converted *table*; raises FieldError for what cannot be."""
    errors += _misfits(table, raw, is_known=all(e.code != "unknown-key" for e in errors))
    if errors:
        first, *others = (each for error in errors for each in error.each())
        raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
    return Condition(
        table["signal"],
        table["event"],
        table["result"],
        tuple(table.get("all") or ()),
        tuple(table.get("any") or ()),
        comparisons_of(table),
        table["kwargs"] or MappingProxyType({}),
        table["count"],
        table["look_every"],
    )


def _misfits(
    table: Mapping[str, Any], raw: Mapping[str, Any], *, is_known: bool
) -> list[FieldError]:
    """Return what is wrong with keys that stand beside each other."""
    errors: list[FieldError] = []
    subjects = [key for key in _SUBJECTS if key in raw]
    if len(subjects) != 1:
        if is_known:
            errors.append(FieldError(f"must have exactly one of {one_of(_SUBJECTS)}"))
    elif subjects[0] in ("all", "any"):
        text, hint = f"cannot stand beside {subjects[0]}", "write it in its members"
        beside = (*COMPARATORS, *_OF_EVENTS)
        errors += [FieldError(text, hint, (key,)) for key in beside if key in raw]
    elif subjects[0] != "event":
        text = "is about events only"
        errors += [FieldError(text, "", (key,)) for key in _OF_EVENTS if key in raw]
    if "tolerance" in raw and "equals" not in raw:
        errors.append(FieldError("needs equals beside it", "", ("tolerance",)))
    kwargs, between = table.get("kwargs"), table.get("between")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        errors.append(FieldError(f"must be a table, got {shown(kwargs)}", "", ("kwargs",)))
    if between and between[0] > between[1]:
        errors.append(FieldError("must begin with the smaller number", "", ("between",)))
    return errors
