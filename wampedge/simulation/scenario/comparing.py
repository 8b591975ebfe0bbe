"""Comparisons of one value with what the file says: ``equals = 3``, ``above = 20`` ..."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Literal

from wampedge.devices.fields import LARGEST_INTEGER, Field, FieldError, ListOf, Number, shown
from wampedge.devices.fields.base import is_usual_number
from wampedge.devices.units import number_text
from wampedge.records import Record

__all__ = ["COMPARATORS", "Comparison", "Kind", "PlainValue", "comparisons_of", "value_text"]

Kind = Literal["flag", "number", "text", "any"]
"""What a signal carries: true or false, a number, a text, or nobody knows."""

_MAX_DEPTH: Final = 8
_ORDERING: Final = ("above", "below", "between")


class PlainValue(Field):
    """Any value that passes through WAMP as it is: no dates, no NaN, bounded in depth."""

    def convert(self, value: Any) -> Any:
        """Return the value; raises FieldError."""
        self._check(value, 0)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema that accepts every JSON value."""
        return {}

    def _check(self, value: Any, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise FieldError(f"must not be nested deeper than {_MAX_DEPTH}")
        if isinstance(value, Mapping):
            for each in value.values():
                self._check(each, depth + 1)
        elif isinstance(value, list):
            for each in value:
                self._check(each, depth + 1)
        elif not isinstance(value, bool | str) and not is_usual_number(value):
            reason = f"must be a text, a number, true, false, a list or a table, got {shown(value)}"
            too_large = isinstance(value, int) and abs(value) > LARGEST_INTEGER
            raise FieldError("must be at most 2^53" if too_large else reason)


COMPARATORS: Final[Mapping[str, Field]] = {
    "equals": PlainValue(default=None, doc="it is exactly this"),
    "is_not": PlainValue(default=None, doc="it is anything but this"),
    "above": Number(default=None, doc="it is a larger number"),
    "below": Number(default=None, doc="it is a smaller number"),
    "between": ListOf(Number(), 2, 2, default=None, doc="it is a number from the first to the second"),  # noqa: E501 # one row, one line
    "one_of": ListOf(PlainValue(), 1, 64, default=None, doc="it is one of these"),
    "tolerance": Number(minimum=0, default=None, doc="how far `equals` may be missed"),
}  # fmt: skip
"""Keys that compare a value; several at once must all hold."""


class Comparison(Record):
    """One comparison.

    Attributes:
        word: the key of the file.
        operand: what the value is held against.
        tolerance: how far ``equals`` may be missed by a number.
    """

    word: str
    operand: Any
    tolerance: float = 0.0

    def holds(self, value: Any) -> bool:
        """Say whether *value* is as wanted; no value at all never is, but for ``is_not``."""
        if self.word == "is_not":
            return not _same(value, self.operand, 0.0)
        if self.word == "equals":
            return _same(value, self.operand, self.tolerance)
        if self.word == "one_of":
            return any(_same(value, each, 0.0) for each in self.operand)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.word == "above":
            return bool(value > self.operand)
        if self.word == "below":
            return bool(value < self.operand)
        return bool(self.operand[0] <= value <= self.operand[1])

    def text(self) -> str:
        """Return it in words: ``above 20``."""
        if self.word == "between":
            return f"between {value_text(self.operand[0])} and {value_text(self.operand[1])}"
        if self.word == "one_of":
            return f"one of {', '.join(map(value_text, self.operand))}"
        near = f" ± {value_text(self.tolerance)}" if self.tolerance else ""
        return f"{self.word.replace('_', ' ')} {value_text(self.operand)}{near}"

    def misfit(self, kind: Kind) -> str:
        """Return why nothing of *kind* can ever hold, or nothing."""
        if kind == "any" or (self.word in _ORDERING and kind == "number"):
            return ""
        wanted = {"flag": "true or false", "number": "a number", "text": "a text"}[kind]
        if self.word in _ORDERING:
            return f"is about numbers, and this is {wanted}"
        operands = self.operand if self.word == "one_of" else (self.operand,)
        wrong = next((each for each in operands if not _is_of(each, kind)), None)
        return (
            ""
            if wrong is None
            else f"must be {wanted}, as what it is compared with, got {shown(wrong)}"
        )  # one text


def comparisons_of(table: Mapping[str, Any]) -> tuple[Comparison, ...]:
    """Return the comparisons in a converted *table*, in the order of ``COMPARATORS``."""
    tolerance = table.get("tolerance") or 0.0
    return tuple(
        Comparison(word, table[word], tolerance if word == "equals" else 0.0)
        for word in COMPARATORS
        if word != "tolerance" and table.get(word) is not None
    )


def value_text(value: Any) -> str:
    """Return *value* short and in the notation of the file, lists and tables with their content."""
    if value is None:
        return "nothing"
    if isinstance(value, float) and math.isfinite(value):
        return number_text(round(value, 9))
    if isinstance(value, list | tuple):
        return _cut(f"[{', '.join(map(value_text, value))}]")
    if isinstance(value, Mapping):
        return _cut(f"{{{', '.join(f'{key} = {value_text(v)}' for key, v in value.items())}}}")
    if isinstance(value, bytes):
        return _cut(f"bytes {value.hex(' ')}")
    return shown(value)


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."


def _is_of(value: Any, kind: Kind) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "text":
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: Any, wanted: Any, tolerance: float) -> bool:
    """Compare; true is not 1, and 60 is 60.0."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return math.isclose(value, wanted, rel_tol=1e-12, abs_tol=tolerance)
    if isinstance(value, list | tuple) and isinstance(wanted, list | tuple):
        pairs = zip(value, wanted, strict=False)
        return len(value) == len(wanted) and all(_same(a, b, tolerance) for a, b in pairs)
    return bool(value == wanted)
