"""Kinds of values: the one set of declarations behind every check of a value from outside.

Keys of the device file, driver parameters, settings and command arguments are all declared with
these. Each kind converts a value or says what is wrong with it, and describes itself as JSON
Schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from wampedge.errors import WampedgeError

__all__ = ["REQUIRED", "Boolean", "Field", "FieldError", "Number"]

REQUIRED: Final[Any] = object()
"""Default of a field that has none."""


class FieldError(WampedgeError, ValueError):
    """A value is not of its kind; the text says what was given and what is wanted.

    Args:
        text: such as ``must be 0 to 27, got 31``.
        hint: the next step, such as ``write "30s" for half a minute``; may be empty.
        path: keys and indexes from the field's own value down to the part at fault.
    """

    def __init__(self, text: str, hint: str = "", path: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"{text} ({hint})" if hint else text)
        self.text = text
        self.hint = hint
        self.path = path


@dataclass(frozen=True, kw_only=True)
class Field:
    """Base of all kinds: ``default`` is REQUIRED, or what an absent key means (converted form)."""

    default: Any = REQUIRED
    doc: str = ""

    def convert(self, value: Any) -> Any:
        """Return the value in its internal form; raises FieldError."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of what ``convert`` accepts."""
        raise NotImplementedError


@dataclass(frozen=True)
class Boolean(Field):
    """``true`` or ``false``."""


@dataclass(frozen=True)
class Number(Field):
    """An int or float within limits (inclusive)."""

    minimum: float | None = None
    maximum: float | None = None
