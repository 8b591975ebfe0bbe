"""Filters that look at the clock, at the number of samples, or at the last value that passed.

What is sent later than it was measured keeps the time of its measurement. Nothing is repeated
after a bad value: an old value must not look like a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.fields import Duration, Integer
from wampedge.devices.fields.amounts import AmountText, Short
from wampedge.devices.filters.base import HELD, Bad, Filter, FilterKind
from wampedge.devices.units import duration_text

__all__ = ["KINDS", "Debounce", "Delta", "Heartbeat", "SkipInitial", "Throttle", "Timeout"]


class Throttle(Filter):
    """After a value that passed, none passes for so long."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._passed_s: float | None = None

    def take(self, value: Any, now_s: float) -> Any:
        """Return *value* when the pause is over."""
        # A clock counts in binary fractions: ten periods of 0.1 s are a little less than 1 s.
        if self._passed_s is not None and now_s - self._passed_s < self._pause_s - 1e-6:
            return HELD
        self._passed_s = now_s
        return value

    def reset(self) -> None:
        """Let the next value pass."""
        self._passed_s = None


class Delta(Filter):
    """Only values that differ by *least* or more from the last that passed."""

    def __init__(self, least: float, *, is_share: bool = False) -> None:
        self._least, self._is_share = least, is_share
        self._passed: float | None = None

    def take(self, value: Any, now_s: float) -> Any:
        """Return *value* when it moved far enough."""
        passed = self._passed
        if passed is not None:
            least = abs(passed) * self._least if self._is_share else self._least
            if value == passed or abs(value - passed) < least:
                return HELD
        self._passed = value
        return value

    def reset(self) -> None:
        """Let the next value pass."""
        self._passed = None


class Debounce(Filter):
    """A value passes once no other came for so long."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._value: Any = None

    def take(self, value: Any, now_s: float) -> Any:
        """Wait with *value*."""
        self._value, self.sample_s = value, now_s
        self.due_s = now_s + self._quiet_s
        return HELD

    def reset(self) -> None:
        """Forget the value that waits."""
        self._value = self.due_s = None

    def expire(self, now_s: float) -> Any:
        """Return the value that waited."""
        self.due_s = None
        return self._value


class Heartbeat(Filter):
    """The newest value, once every so long and at no other time."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._value: Any = None

    def take(self, value: Any, now_s: float) -> Any:
        """Keep *value* for the next beat; the very first one passes at once."""
        is_first = self.due_s is None
        self._value, self.sample_s = value, now_s
        if is_first:
            self.due_s = now_s + self._period_s
            return value
        return HELD

    def reset(self) -> None:
        """Beat no more until there is a good value."""
        self._value = self.due_s = None

    def expire(self, now_s: float) -> Any:
        """Return the newest value."""
        due_s = self.due_s if self.due_s is not None else now_s
        self.due_s = max(due_s + self._period_s, now_s)
        return self._value


class Timeout(Filter):
    """Says so when no sample comes for so long."""

    def __init__(self, after_s: float, value: float | None = None) -> None:
        self._after_s, self._value = after_s, value
        self._reason = f"no sample for {duration_text(after_s)}"

    def take(self, value: Any, now_s: float) -> Any:
        """Let *value* pass, and wait for the next."""
        self.due_s = now_s + self._after_s
        return value

    def reset(self) -> None:
        """Wait no more: what is bad already need not be told again."""
        self.due_s = None

    def expire(self, now_s: float) -> Any:
        """Return the value to show instead, or say that the last one is too old."""
        self.due_s, self.sample_s = None, now_s
        return Bad(self._reason, is_stale=True) if self._value is None else self._value


class SkipInitial(Filter):
    """The first samples are dropped."""

    def __init__(self, count: int) -> None:
        self._left = count

    def take(self, value: Any, now_s: float) -> Any:
        """Return *value* once enough were dropped."""
        if self._left:
            self._left -= 1
            return HELD
        return value


def _delta(amount: tuple[float, bool]) -> Filter:
    least, is_share = amount
    return Delta(least, is_share=is_share)


def _timeout(options: Mapping[str, Any]) -> Filter:
    return Timeout(options["after"], options["value"])


class _DeltaAmount(AmountText):
    """A least change; ``"5%"`` is a share of the value."""

    def convert(self, value: Any) -> Any:
        """Return the amount and whether it is a share; raises FieldError."""
        amount = super().convert(value)
        if amount.unit == "%":
            return amount.number / 100, True
        return amount, False


_SPAN: Final = Duration(minimum_s=0.001, maximum_s=604_800.0)

KINDS: Final = (
    FilterKind(
        "throttle", _SPAN, Throttle, "at most one value in a while", '"10s"', takes_numbers=False
    ),
    FilterKind(
        "delta",
        _DeltaAmount(is_difference=True, may_be_share=True, is_positive=True),
        _delta,
        "only values that moved by so much",
        '"0.5°C"',
    ),
    FilterKind(
        "debounce",
        _SPAN,
        Debounce,
        "only values that lasted for a while",
        '"200ms"',
        takes_numbers=False,
    ),
    FilterKind(
        "heartbeat",
        _SPAN.but(minimum_s=0.1),
        Heartbeat,
        "the newest value, once every so long",
        '"30s"',
        takes_numbers=False,
    ),
    FilterKind(
        "timeout",
        Short(
            {
                "after": _SPAN.but(doc="how long to wait for a sample"),
                "value": AmountText(default=None, doc="what to show then; stale when left out"),
            }
        ),
        _timeout,
        "tells that no sample comes any more",
        '"5m"',
        takes_numbers=False,
    ),
    FilterKind(
        "skip_initial",
        Integer(1, 10_000),
        SkipInitial,
        "drops the first samples",
        "3",
        takes_numbers=False,
    ),
)
"""The filters of this module."""
