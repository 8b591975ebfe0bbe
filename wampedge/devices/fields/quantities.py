"""Numbers that carry their unit in the text: durations and quantities."""

from __future__ import annotations

import re
from typing import Any

from wampedge.devices.fields.base import Field, FieldError, check_limits, is_usual_number, shown
from wampedge.devices.units import (
    DURATION_PATTERN,
    UnitError,
    duration_text,
    parse_duration,
    parse_quantity,
    symbols_like,
)

__all__ = ["Duration", "Quantity"]


class Duration(Field):
    """A span of time as text with its unit (``"30s"``, ``"700ms"``), in seconds inside."""

    minimum_s: float | None = None
    maximum_s: float | None = None

    def convert(self, value: Any) -> float:
        """Return seconds; raises FieldError, with the fix for a bare number."""
        if not isinstance(value, str):
            is_usable = is_usual_number(value) and value >= 1e-6
            hint = f'write "{duration_text(value)}"' if is_usable else ""
            raise FieldError(f'must be a duration such as "30s", got {shown(value)}', hint)
        try:
            seconds = parse_duration(value)
        except UnitError as error:
            raise FieldError(f"{error.text}, got {shown(value)}", error.hint) from None
        if self.minimum_s is not None and seconds < self.minimum_s:
            raise FieldError(
                f'must be "{duration_text(self.minimum_s)}" or longer, got {shown(value)}'
            )
        if self.maximum_s is not None and seconds > self.maximum_s:
            raise FieldError(
                f'must be "{duration_text(self.maximum_s)}" or shorter, got {shown(value)}'
            )
        return seconds

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a duration text."""
        return {"type": "string", "pattern": f"^{DURATION_PATTERN}$"}


class Quantity(Field):
    """A number with a unit as text (``"2mohm"``), in ``unit`` inside; limits in ``unit`` too."""

    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    def convert(self, value: Any) -> float:
        """Return the number in ``unit``; raises FieldError, with the fix for a bare number."""
        if not isinstance(value, str):
            hint = f'write "{shown(value)}{self.unit}"' if is_usual_number(value) else ""
            raise FieldError(
                f'must be a text with its unit, such as "10{self.unit}", got {shown(value)}', hint
            )
        try:
            number = parse_quantity(value, self.unit)
        except UnitError as error:
            raise FieldError(f"{error.text}, got {shown(value)}", error.hint) from None
        check_limits(number, self.minimum, self.maximum, self.unit)
        return number

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a text."""
        symbols = [re.escape(symbol) for symbol in symbols_like(self.unit)]
        units = f"(?:{'|'.join(symbols)})" if symbols else "[^0-9 .].*"
        number = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
        return {"type": "string", "pattern": f"^{number}{units}$"}
