"""What every kind of value has in common: conversion, JSON Schema, and the error it raises."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from wampedge.devices.units import number_text
from wampedge.errors import WampedgeError
from wampedge.records import Record

__all__ = [
    "LARGEST_INTEGER",
    "REQUIRED",
    "Field",
    "FieldError",
    "check_limits",
    "dotted",
    "is_usual_number",
    "limits_schema",
    "shown",
]

REQUIRED: Final[Any] = object()
"""Default of a field that has none."""

LARGEST_INTEGER: Final = 2**53
"""Beyond it JSON peers lose digits, so no field takes more."""


class FieldError(WampedgeError, ValueError):
    """A value is not of its kind; the text says what was given and what is wanted.

    Args:
        text: such as ``must be 0 to 27, got 31``.
        hint: the next step, such as ``write "30s" for half a minute``; may be empty.
        path: keys and indexes from the field's own value down to the part at fault.
        code: ``value``, ``unknown-key`` (the path ends in it) or ``missing-key`` (likewise).
        also: further mistakes in the same value.
    """

    def __init__(
        self,
        text: str,
        hint: str = "",
        path: tuple[str | int, ...] = (),
        *,
        code: str = "value",
        also: Sequence[FieldError] = (),
    ) -> None:
        where = f"{dotted(path)} " if path else ""
        super().__init__(f"{where}{text} ({hint})" if hint else f"{where}{text}")
        self.text = text
        self.hint = hint
        self.path = path
        self.code = code
        self.also = tuple(also)

    def within(self, key: str | int) -> FieldError:
        """Return the same error seen from one level further out."""
        also = [error.within(key) for error in self.also]
        return FieldError(self.text, self.hint, (key, *self.path), code=self.code, also=also)

    def each(self) -> Iterator[FieldError]:
        """Yield this error and every further one, each for itself."""
        yield FieldError(self.text, self.hint, self.path, code=self.code)
        for error in self.also:
            yield from error.each()


class Field(Record, kw_only=True):
    """Base of all kinds: ``default`` is REQUIRED, or what an absent key means (converted form)."""

    default: Any = REQUIRED
    doc: str = ""

    @property
    def is_required(self) -> bool:
        """Whether a table without this key is wrong."""
        return self.default is REQUIRED

    def convert(self, value: Any) -> Any:
        """Return the value in its internal form; raises FieldError."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of what ``convert`` accepts."""
        raise NotImplementedError


def is_usual_number(value: Any) -> bool:
    """Say whether *value* is a finite int or float, no flag, and no int beyond 2^53."""
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER
    return isinstance(value, float) and math.isfinite(value)


def shown(value: Any) -> str:
    """Return *value* as an error text shows it: short, on one line, in the file's notation."""
    if isinstance(value, str):
        cut = value if len(value) <= 40 else f"{value[:37]}..."
        return f'"{"".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 2**64 else f"a number of {value.bit_length()} bits"
    if isinstance(value, float):
        return number_text(value)
    names = {"list": "a list", "tuple": "a list", "dict": "a table", "bytes": "bytes", "NoneType": "nothing"}  # fmt: skip # noqa: E501 # one table, one line
    return names.get(type(value).__name__, f"a {type(value).__name__}")


def dotted(path: Sequence[str | int]) -> str:
    """Return a key path as people write it: ``channels.a0.range[1]``."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{_key_text(key)}" for key in path]
    return "".join(parts).removeprefix(".")


def _key_text(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else shown(key)


def check_limits(
    value: float, minimum: float | None, maximum: float | None, unit: str = ""
) -> None:
    """Raise the FieldError of a *value* beyond its inclusive limits; *unit* is for the text."""
    below = minimum is not None and value < minimum
    above = maximum is not None and value > maximum
    if not below and not above:
        return
    low, high = (None if n is None else f"{number_text(n)}{unit}" for n in (minimum, maximum))
    wanted = f"{low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"
    raise FieldError(f"must be {wanted}, got {shown(value)}{unit}")


def limits_schema(minimum: float | None, maximum: float | None) -> dict[str, Any]:
    """Return the part of a JSON Schema that states inclusive limits."""
    limits = {"minimum": minimum, "maximum": maximum}
    return {key: limit for key, limit in limits.items() if limit is not None}
