"""Spans of time as scenarios write them: ``"90s"``, and ``"3d 6h"`` as a sum."""

from __future__ import annotations

import re
from typing import Any, Final

from wampedge.devices.fields import Duration, Field, FieldError, shown
from wampedge.devices.units import DURATION_PATTERN, duration_text

__all__ = ["SignedSpan", "Span", "time_text"]

_PART: Final = re.compile(DURATION_PATTERN)
_SUM: Final = re.compile(rf"{DURATION_PATTERN}(?: *{DURATION_PATTERN})+")
_UNITS: Final = ("d", "h", "m", "min", "s", "ms", "us")


class Span(Field):
    """A duration, or several in one text that are added: ``"3d1m"``; in seconds inside."""

    maximum_s: float = 0.0

    def convert(self, value: Any) -> float:
        """Return seconds; raises FieldError."""
        if not isinstance(value, str) or not _SUM.fullmatch(value):
            return Duration(0.0, self.maximum_s).convert(value)
        parts = [match[0] for match in _PART.finditer(value)]
        ranks = [_UNITS.index(part.lstrip("0123456789.")) for part in parts]
        if ranks != sorted(set(ranks)):
            raise FieldError(f"must go from the largest unit down, got {shown(value)}")
        seconds = sum(Duration(0.0).convert(part) for part in parts)
        if seconds > self.maximum_s:
            limit = duration_text(self.maximum_s)
            raise FieldError(f'must be "{limit}" or shorter, got {shown(value)}')
        return round(seconds, 9)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a text."""
        return {"type": "string", "pattern": f"^{DURATION_PATTERN}(?: *{DURATION_PATTERN})*$"}


class SignedSpan(Span):
    """A span that may go back: ``"-10m"``."""

    def convert(self, value: Any) -> float:
        """Return seconds, negative for a way back; raises FieldError."""
        if isinstance(value, str) and value.startswith("-"):
            return -super().convert(value[1:])
        return super().convert(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a text."""
        return {"type": "string", "pattern": f"^-?{DURATION_PATTERN}(?: *{DURATION_PATTERN})*$"}


def time_text(seconds: float) -> str:
    """Return a time of the scenario as people say it: ``3d 0h 1m 0.25s``."""
    whole_us = round(seconds * 1_000_000)
    days, rest = divmod(whole_us, 86_400_000_000)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    parts = [(days, "d"), (hours, "h"), (minutes, "m")]
    shown = [f"{number}{unit}" for number, unit in parts if number]
    if rest or not shown:
        shown.append(f"{rest / 1_000_000:.6f}".rstrip("0").rstrip(".") + "s")
    return " ".join(shown)
