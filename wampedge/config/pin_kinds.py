"""How a device file names a line: by GPIO number, by its place on the header, on an expander."""

from __future__ import annotations

import re
from typing import Any, Final

from wampedge.config.model import HEADER_BANK, PinRef
from wampedge.devices.fields import Field, FieldError, shown

__all__ = ["LAST_HEADER_LINE", "PinText"]

LAST_HEADER_LINE: Final = 27

# Positions on the 40-pin header to the GPIO lines they carry, and to what the others are.
_GPIO_AT_POSITION: Final = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9,
    22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16,
    37: 26, 38: 20, 40: 21,
}  # fmt: skip
_SUPPLY_AT_POSITION: Final = {
    **dict.fromkeys((1, 17), "3.3 V"),
    **dict.fromkeys((2, 4), "5 V"),
    **dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "ground"),
}
_POSITIONS: Final = "|".join(str(position) for position in sorted(_GPIO_AT_POSITION, reverse=True))
_GPIO: Final = "[0-9]|1[0-9]|2[0-7]"
_POSITION: Final = re.compile("(?:header:|pin)(0|[1-9][0-9]{0,2})")
_EXPANDER: Final = "(?!gpio:|header:)[a-z0-9_]+:(?:0|[1-9][0-9]{0,2})"
_PIN_TEXT: Final = f"GPIO(?:{_GPIO})|(?:header:|pin)(?:{_POSITIONS})|{_EXPANDER}"
_WANTED: Final = (
    'must be a GPIO number (17), "GPIO17", a place on the header ("header:11"),'
    ' or a line of a port expander ("io:0")'
)


class PinText(Field):
    """One line: ``17``, ``"GPIO17"``, ``"header:11"`` or ``"pin11"``, ``"io:0"``."""

    def convert(self, value: Any) -> PinRef:
        """Return the line; raises FieldError. Whether the expander exists is checked later."""
        if isinstance(value, int) and not isinstance(value, bool):
            if 0 <= value <= LAST_HEADER_LINE:
                return PinRef(HEADER_BANK, value)
            raise FieldError(
                f"must be GPIO0 to GPIO{LAST_HEADER_LINE}, got {shown(value)}", _number_hint(value)
            )
        position = _POSITION.fullmatch(value) if isinstance(value, str) else None
        if position:
            return PinRef(HEADER_BANK, _line_at(int(position[1]), value))
        if isinstance(value, str) and re.fullmatch(_PIN_TEXT, value):
            bank, colon, line = value.partition(":")
            return PinRef(bank, int(line)) if colon else PinRef(HEADER_BANK, int(bank[4:]))
        raise FieldError(f"{_WANTED}, got {shown(value)}", _text_hint(value))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a line."""
        return {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": LAST_HEADER_LINE},
                {"type": "string", "pattern": f"^(?:{_PIN_TEXT})$"},
            ]
        }


def _line_at(position: int, text: str) -> int:
    """Return the GPIO line at a place of the header; raises FieldError where there is none."""
    if position in _GPIO_AT_POSITION:
        return _GPIO_AT_POSITION[position]
    supply = _SUPPLY_AT_POSITION.get(position)
    if supply is None:
        raise FieldError(f"must be a place on the header, 1 to 40, got {shown(text)}")
    beside = min(_GPIO_AT_POSITION, key=lambda other: (abs(other - position), other))
    hint = f"{beside} is the nearest that is: GPIO{_GPIO_AT_POSITION[beside]}"
    raise FieldError(f"must be a line, got {shown(text)}, which is {supply}", hint)


def _number_hint(value: int) -> str:
    if value in _GPIO_AT_POSITION:
        return f"{value} is a header position; use GPIO{_GPIO_AT_POSITION[value]}"
    if value in _SUPPLY_AT_POSITION:
        return f"header position {value} is {_SUPPLY_AT_POSITION[value]}"
    return ""


def _text_hint(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    number = re.fullmatch(r"(?i)(?:gpio|bcm|io)?[ _:-]?([0-9]{1,2})", value)
    if number and int(number[1]) <= LAST_HEADER_LINE:
        return f"write {int(number[1])}"
    position = re.fullmatch(r"(?i)(?:board|j8|header|pin)[:_ ]?([0-9]{1,2})", value)
    if position and int(position[1]) in _GPIO_AT_POSITION:
        return f'write "header:{int(position[1])}"'
    return ""
