"""Parameters of a register map: which kind of value the device file takes, and its number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wampedge.devices.fields import REQUIRED, Boolean, Choice, Field, Integer, Number, Quantity
from wampedge.records import Record

__all__ = ["NumberedParam", "compile_param"]


class NumberedParam(Record):
    """A parameter, or an argument of a command, and what it is in expressions.

    Attributes:
        kind: kind, limits and default of the value.
        numbers: what each choice stands for, when the choices are texts.
        rows: the numbers of each choice by name, when a choice stands for several.
        is_number: expressions can use it by its own name.
    """

    kind: Field
    numbers: Mapping[str, float] = MappingProxyType({})
    rows: Mapping[str, Mapping[str, float]] = MappingProxyType({})
    is_number: bool = True

    def names(self, name: str) -> list[str]:
        """Return the names expressions have for a parameter called *name*."""
        if self.rows:
            return [f"{name}_{key}" for key in next(iter(self.rows.values()))]
        return [name] if self.is_number else []

    def numbers_of(self, name: str, value: Any) -> dict[str, float]:
        """Return what expressions know of the converted *value* of the parameter *name*."""
        if self.rows:
            return {f"{name}_{key}": number for key, number in self.rows[value].items()}
        number = self.numbers[value] if self.numbers else value
        return {name: number} if isinstance(number, (int, float)) else {}


def compile_param(table: Mapping[str, Any]) -> NumberedParam:
    """Return the parameter that a ``[params.x]`` table declares; raises ValueError."""
    default, choices = table["default"], table["choices"]
    rows, numbers = _rows(choices), {}
    if isinstance(choices, Mapping) and not rows:
        if not all(isinstance(number, (int, float)) for number in choices.values()):
            raise ValueError("a table of choices says a number for each text")
        numbers = dict(choices)
    kind = _kind(table)
    kind = kind.but(default=REQUIRED if default is None else kind.convert(default))
    is_number = not isinstance(kind, Choice) or bool(numbers) or _are_numbers(kind)
    return NumberedParam(kind.but(doc=table["doc"]), numbers, rows, is_number and not rows)


def _rows(choices: Any) -> dict[str, Mapping[str, float]]:
    """Return the choices that stand for several numbers each; raises ValueError."""
    if not isinstance(choices, Mapping) or not choices:
        return {}
    rows = {text: row for text, row in choices.items() if isinstance(row, Mapping)}
    if not rows:
        return {}
    keys = {frozenset(row) for row in rows.values()}
    numbers = [number for row in rows.values() for number in row.values()]
    if len(rows) != len(choices) or len(keys) != 1 or not numbers:
        raise ValueError("all choices that are tables have the same keys")
    if not all(isinstance(number, (int, float)) for number in numbers):
        raise ValueError("a table of choices says numbers for each text")
    return rows


def _kind(table: Mapping[str, Any]) -> Field:
    low, high = table["range"] or (None, None)
    choices = table["choices"]
    if isinstance(choices, Mapping):
        return Choice(tuple(choices))
    if choices is not None:
        if not isinstance(choices, list) or not choices:
            raise ValueError("choices are a list, or a table of text = number")
        return Choice(tuple(choices))
    if table["unit"] is not None:
        return Quantity(table["unit"], minimum=low, maximum=high)
    if isinstance(table["default"], bool):
        return Boolean()
    if isinstance(table["default"], int):
        return Integer(low, high)
    return Number(low, high)


def _are_numbers(kind: Choice) -> bool:
    return all(isinstance(value, int) for value in kind.values)
