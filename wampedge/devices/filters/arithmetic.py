"""Filters that turn one number into another: offset, scale, polynomial, round, clamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wampedge.devices.fields import FieldError, Integer, ListOf, Number
from wampedge.devices.fields.amounts import AmountText
from wampedge.devices.filters.base import Filter, FilterKind

__all__ = ["KINDS", "Clamp", "Linear", "Polynomial", "Round"]

MAX_DEGREE: Final = 8


class Linear(Filter):
    """*factor* times the value, plus *summand*."""

    def __init__(self, factor: float, summand: float) -> None:
        self._factor, self._summand = factor, summand

    def take(self, value: Any, now_s: float) -> Any:
        """Return the result."""
        return value * self._factor + self._summand


class Polynomial(Filter):
    """``c[0] + c[1] x + c[2] x² ...`` of ``x = (value - centre) / spread``."""

    def __init__(
        self, coefficients: Sequence[float], *, centre: float = 0.0, spread: float = 1.0
    ) -> None:
        self._falling = tuple(reversed(coefficients))
        self._centre, self._spread = centre, spread

    def take(self, value: Any, now_s: float) -> Any:
        """Return the result."""
        x = (value - self._centre) / self._spread
        result = 0.0
        for coefficient in self._falling:
            result = result * x + coefficient
        return result


class Round(Filter):
    """So many digits after the point."""

    def __init__(self, digits: int) -> None:
        self._digits = digits

    def take(self, value: Any, now_s: float) -> Any:
        """Return the rounded value."""
        return round(value, self._digits)


class Clamp(Filter):
    """What is beyond a limit becomes the limit."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    def take(self, value: Any, now_s: float) -> Any:
        """Return the value within the limits."""
        if value < self._low:
            return self._low
        return min(value, self._high)


class RisingPair(ListOf):
    """``[low, high]`` in the unit of the channel."""

    def convert(self, value: Any) -> tuple[Any, ...]:
        """Return both; raises FieldError."""
        pair = super().convert(value)
        low, high = pair
        if low.unit == high.unit and low.number >= high.number:
            raise FieldError(f"must rise, got [{low.number:g}, {high.number:g}]")
        return pair


LIMITS: Final = RisingPair(AmountText(), 2, 2)


def _scale(factor: float) -> Filter:
    return Linear(factor, 0.0)


def _offset(summand: float) -> Filter:
    return Linear(1.0, summand)


def _clamp(limits: Sequence[float]) -> Filter:
    return Clamp(*limits)


KINDS: Final[Sequence[FilterKind]] = (
    FilterKind("offset", AmountText(is_difference=True), _offset, "adds an amount", "-0.4"),
    FilterKind("scale", Number(), _scale, "multiplies by a number", "0.001", changes_unit=True),
    FilterKind(
        "polynomial",
        ListOf(Number(), 1, MAX_DEGREE + 1),
        Polynomial,
        "c0 + c1 x + c2 x² ..., lowest power first",
        "[0.5, 1.02, -0.0003]",
        changes_unit=True,
    ),
    FilterKind("clamp", LIMITS, _clamp, "keeps values between two limits", "[0, 100]"),
    FilterKind("round", Integer(0, 10), Round, "rounds to so many digits", "1"),
)
"""The filters of this module."""
