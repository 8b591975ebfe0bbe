"""Parameters of a register map: which kind of value the device file takes, and its number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wampedge.devices.fields import REQUIRED, Boolean, Choice, Field, Integer, Number, Quantity
from wampedge.records import Record

__all__ = ["NumberedParam", "compile_param"]


class NumberedParam(Record):
    """A parameter and what it is in expressions.

    Attributes:
        kind: kind, limits and default of the value.
        numbers: what each choice stands for, when the choices are texts.
        is_number: expressions can use it.
    """

    kind: Field
    numbers: Mapping[str, float] = MappingProxyType({})
    is_number: bool = True


def compile_param(table: Mapping[str, Any]) -> NumberedParam:
    """Return the parameter that a ``[params.x]`` table declares; raises ValueError."""
    kind, numbers = _kind(table)
    default = table["default"]
    kind = kind.but(default=REQUIRED if default is None else kind.convert(default))
    is_number = not isinstance(kind, Choice) or bool(numbers) or _are_numbers(kind)
    return NumberedParam(kind.but(doc=table["doc"]), numbers, is_number)


def _kind(table: Mapping[str, Any]) -> tuple[Field, Mapping[str, float]]:
    low, high = table["range"] or (None, None)
    choices = table["choices"]
    if isinstance(choices, Mapping):
        if not all(isinstance(number, (int, float)) for number in choices.values()):
            raise ValueError("a table of choices says a number for each text")
        return Choice(tuple(choices)), dict(choices)
    if choices is not None:
        if not isinstance(choices, list) or not choices:
            raise ValueError("choices are a list, or a table of text = number")
        return Choice(tuple(choices)), {}
    if table["unit"] is not None:
        return Quantity(table["unit"], minimum=low, maximum=high), {}
    if isinstance(table["default"], bool):
        return Boolean(), {}
    if isinstance(table["default"], int):
        return Integer(low, high), {}
    return Number(low, high), {}


def _are_numbers(kind: Choice) -> bool:
    return all(isinstance(value, int) for value in kind.values)
