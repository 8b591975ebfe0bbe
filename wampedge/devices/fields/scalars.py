"""Flags, numbers, texts, choices and bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from wampedge.devices.fields.base import (
    LARGEST_INTEGER,
    Field,
    FieldError,
    check_limits,
    is_usual_number,
    limits_schema,
    shown,
)
from wampedge.devices.spelling import nearest, one_of

__all__ = ["Boolean", "Bytes", "Choice", "Integer", "Number", "Text"]


class Boolean(Field):
    """``true`` or ``false``."""

    def convert(self, value: Any) -> bool:
        """Return the flag; raises FieldError."""
        if value is True or value is False:
            return bool(value)
        words = {"true": "true", "on": "true", "yes": "true", "false": "false", "off": "false"}
        meant = words.get(value.lower(), "") if isinstance(value, str) else ""
        hint = f"write {meant}, without quotes" if meant else ""
        raise FieldError(f"must be true or false, got {shown(value)}", hint)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a flag."""
        return {"type": "boolean"}


class Number(Field):
    """An int or float within limits (inclusive); an int stays an int."""

    minimum: float | None = None
    maximum: float | None = None

    def convert(self, value: Any) -> int | float:
        """Return the number; raises FieldError for NaN, infinities, flags and texts too."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise FieldError(f"must be a number, got {shown(value)}", _unquoted(value))
        if not is_usual_number(value):
            raise FieldError(f"must be a usual number, got {shown(value)}")
        check_limits(value, self.minimum, self.maximum)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a number."""
        return {"type": "number", **limits_schema(self.minimum, self.maximum)}


class Integer(Field):
    """A whole number within limits (inclusive), at most 2^53 either way; 3.0 counts as 3."""

    minimum: int | None = None
    maximum: int | None = None

    def convert(self, value: Any) -> int:
        """Return the whole number; raises FieldError."""
        if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_INTEGER:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise FieldError(f"must be a whole number, got {shown(value)}", _unquoted(value))
        if abs(value) > LARGEST_INTEGER and (self.minimum is None or self.maximum is None):
            raise FieldError(f"must be at most 2^53, got {shown(value)}")
        check_limits(value, self.minimum, self.maximum)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a number."""
        return {"type": "integer", **limits_schema(self.minimum, self.maximum)}


class Text(Field):
    """A text; ``pattern`` must match all of it, and ``wanted`` says in words what it asks for."""

    pattern: str | None = None
    minimum_length: int = 0
    maximum_length: int = 1024
    wanted: str = ""

    def convert(self, value: Any) -> str:
        """Return the text; raises FieldError."""
        if not isinstance(value, str):
            quotable = isinstance(value, (int, float)) and not isinstance(value, bool)
            hint = f'write "{shown(value)}"' if quotable else ""
            raise FieldError(f"must be a text, got {shown(value)}", hint)
        if len(value) < self.minimum_length:
            if not value:
                raise FieldError("must not be empty")
            raise FieldError(
                f"must have {self.minimum_length} characters or more, got {shown(value)}"
            )
        if len(value) > self.maximum_length:
            raise FieldError(
                f"must have {self.maximum_length} characters or fewer, got {len(value)}"
            )
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise FieldError(f"must be {self.wanted or self.pattern}, got {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a text."""
        schema: dict[str, Any] = {"type": "string", "maxLength": self.maximum_length}
        if self.minimum_length:
            schema["minLength"] = self.minimum_length
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


class Choice(Field):
    """One of ``values``, which are texts or whole numbers."""

    values: Sequence[str | int] = ()

    def convert(self, value: Any) -> str | int:
        """Return the value; raises FieldError."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        for allowed in self.values:
            if type(allowed) is type(value) and allowed == value:
                return allowed
        texts = [allowed for allowed in self.values if isinstance(allowed, str)]
        near = nearest(value, texts, limit=1) if isinstance(value, str) else []
        wanted = one_of([shown(allowed) for allowed in self.values])
        raise FieldError(
            f"must be {wanted}, got {shown(value)}", f'did you mean "{near[0]}"?' if near else ""
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a choice."""
        return {"enum": list(self.values)}


class Bytes(Field):
    """Bytes; a text stands for its UTF-8 encoding. Lengths in bytes."""

    minimum_length: int = 0
    maximum_length: int = 65_536

    def convert(self, value: Any) -> bytes:
        """Return the bytes; raises FieldError."""
        if isinstance(value, str):
            try:
                value = value.encode()
            except UnicodeEncodeError:
                raise FieldError("must be bytes or a text, got half a character") from None
        if not isinstance(value, bytes):
            raise FieldError(f"must be bytes or a text, got {shown(value)}")
        if not self.minimum_length <= len(value) <= self.maximum_length:
            raise FieldError(
                f"must have {self.minimum_length} to {self.maximum_length} bytes, got {len(value)}"
            )
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the text form."""
        octets = "application/octet-stream"
        return {"type": "string", "contentMediaType": octets, "maxLength": self.maximum_length}


def _unquoted(value: Any) -> str:
    """Return the hint for a number in quotes."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", value):
        return f"write {value}, without quotes"
    return ""
