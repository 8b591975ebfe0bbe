"""Filters that say what is no measurement: invalid, range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wampedge.devices.fields import ListOf
from wampedge.devices.fields.amounts import AmountText
from wampedge.devices.filters.arithmetic import LIMITS
from wampedge.devices.filters.base import Bad, Filter, FilterKind

__all__ = ["KINDS", "Invalid", "Within"]


class Invalid(Filter):
    """Values that stand for no measurement, such as 85 °C of a part that was just powered."""

    def __init__(self, values: Sequence[float]) -> None:
        self._values = tuple(values)

    def take(self, value: Any, now_s: float) -> Any:
        """Return *value* unless it is one of them."""
        for each in self._values:
            # A value that went through a conversion is not what it was to the last bit.
            if abs(value - each) <= 1e-9 * max(abs(each), 1.0):
                return Bad(f"{value:g} stands for no measurement")
        return value


class Within(Filter):
    """Values beyond the limits are bad."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high

    def take(self, value: Any, now_s: float) -> Any:
        """Return *value* when it is within the limits."""
        if self._low <= value <= self._high:
            return value
        return Bad(f"{value:g} is outside {self._low:g} to {self._high:g}")


def _within(limits: Sequence[float]) -> Filter:
    return Within(*limits)


KINDS: Final = (
    FilterKind(
        "invalid",
        ListOf(AmountText(), 1, 32),
        Invalid,
        "values that stand for no measurement are bad",
        "[85, -127]",
    ),
    FilterKind("range", LIMITS, _within, "values beyond two limits are bad", "[-20, 60]"),
)
"""The filters of this module."""
