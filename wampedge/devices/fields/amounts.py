"""Amounts in a unit that is known later, such as that of a channel; tables with a short form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from wampedge.devices.fields.base import Field, FieldError, is_usual_number, shown
from wampedge.devices.fields.composites import Table
from wampedge.devices.units import UnitError, conversion, difference_factor

__all__ = ["Amount", "AmountText", "Short", "settled"]

_NUMBER: Final = r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([^0-9\s.].*)"


class Amount(NamedTuple):
    """An amount as written; *unit* None is that of the channel.

    A difference has no zero of its own: one kelvin more is one degree Celsius more.
    """

    number: float
    unit: str | None
    is_difference: bool


class AmountText(Field):
    """A number in the unit of the channel, or a text with a unit that converts to it."""

    is_difference: bool = False
    may_be_share: bool = False
    """Whether ``"5%"`` means percent of the value."""
    is_positive: bool = False

    def convert(self, value: Any) -> Amount:
        """Return the amount; raises FieldError. ``settled`` says whether its unit fits."""
        match = re.fullmatch(_NUMBER, value) if isinstance(value, str) else None
        if is_usual_number(value):
            amount = Amount(float(value), None, self.is_difference)
        elif match:
            amount = Amount(float(match[1]), match[2], self.is_difference)
        else:
            raise FieldError(
                f"must be a number, or a text with a unit such as {self._example}, got {shown(value)}"  # noqa: E501 # one text
            )
        if self.is_positive and amount.number <= 0:
            raise FieldError(f"must be more than 0, got {shown(value)}")
        return amount

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an amount."""
        number = {"type": "number"}
        if self.is_positive:
            number = {"type": "number", "exclusiveMinimum": 0}  # type: ignore[dict-item] # JSON
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_NUMBER}$"}]}

    @property
    def _example(self) -> str:
        return '"5%"' if self.may_be_share else '"0.5°C"'


class Short(Field):
    """A table whose first key may stand alone: ``{ median = 5 }`` for ``{ window = 5 }``."""

    fields: Mapping[str, Field] = MappingProxyType({})

    def convert(self, value: Any) -> dict[str, Any]:
        """Return the whole table; raises FieldError."""
        if isinstance(value, Mapping):
            return Table(self.fields).convert(value)
        first, *others = self.fields
        table = {first: self.fields[first].convert(value)}
        return table | {key: self.fields[key].default for key in others}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of both forms."""
        first = next(iter(self.fields.values()))
        return {"anyOf": [first.schema(), Table(self.fields).schema()]}


def settled(options: Any, unit: str) -> Any:
    """Return *options* with every amount as a number in *unit*; raises FieldError."""
    if isinstance(options, Amount):
        return _in_unit(options, unit)
    if isinstance(options, Mapping):
        return {key: _within(key, each, unit) for key, each in options.items()}
    if isinstance(options, tuple):
        return tuple(_within(index, each, unit) for index, each in enumerate(options))
    return options


def _within(key: str | int, value: Any, unit: str) -> Any:
    try:
        return settled(value, unit)
    except FieldError as error:
        raise error.within(key) from None


def _in_unit(amount: Amount, unit: str) -> float:
    if amount.unit is None or amount.unit == unit:
        return amount.number
    try:
        if amount.is_difference:
            return float(f"{amount.number * difference_factor(amount.unit, unit):.12g}")
        factor, summand = conversion(amount.unit, unit)
    except UnitError as error:
        wanted = f"in {unit}" if unit else "a plain number"
        raise FieldError(
            f"must be {wanted}, got {amount.number:g}{amount.unit[:20]}", error.hint
        ) from None
    value = amount.number * factor + summand
    # Zeros of scales differ by hundreds: what is left of a difference there is no digit.
    return round(value, 9) if summand else float(f"{value:.12g}")
