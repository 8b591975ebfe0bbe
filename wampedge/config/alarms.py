"""``alarm`` of a channel: limits in its unit, and how an alarm is cleared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Duration, Field, FieldError, Integer, Number, Table, shown
from wampedge.devices.fields.amounts import AmountText, settled

if TYPE_CHECKING:
    from wampedge.devices.alarms import AlarmPolicy

__all__ = ["ALARM", "alarm_of"]


class _Clear(Field):
    """One amount, or one for each limit."""

    def convert(self, value: Any) -> Any:
        """Return one amount or two; raises FieldError."""
        if not isinstance(value, list):
            return AmountText().convert(value)
        if len(value) != 2:
            raise FieldError(f"must be one amount or two, got {len(value)}")
        return tuple(AmountText().convert(each) for each in value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of both forms."""
        one = AmountText().schema()
        pair = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
        return {"anyOf": [one, pair]}


ALARM: Final = Table(
    {
        "below": AmountText(default=None, doc="a value under it raises the alarm"),
        "above": AmountText(default=None, doc="a value over it raises the alarm"),
        "clear": _Clear(
            default=None, doc="value that clears it; with below and above: one for each"
        ),
        "for": Duration(
            minimum_s=0.0,
            maximum_s=604_800.0,
            default=0.0,
            doc="how long the value has to be beyond the limit",
        ),
    },
    default=None,
    doc="raised when the value is too low or too high",
)


def alarm_of(table: Mapping[str, Any] | None, spec: ChannelSpec, unit: str) -> AlarmPolicy | None:
    """Return the alarm of a channel whose public unit is *unit*; raises FieldError."""
    if table is None:
        return None
    from wampedge.devices.alarms import AlarmPolicy  # noqa: PLC0415 # only files that have alarms

    if not isinstance(spec.field, Number | Integer):
        raise FieldError("is for numbers, and this channel has none")
    limits = settled(table, unit)
    below, above, clear = limits["below"], limits["above"], limits["clear"]
    if below is None and above is None:
        raise FieldError("must have below, above or both", 'write { below = "10V" }')
    if below is not None and above is not None and below >= above:
        raise FieldError(f"must be more than below, got {shown(above)}", path=("above",))
    low, high = _clear_limits(below, above, clear)
    if low is not None and below is not None and low < below:
        raise FieldError(f"must be {below:g} or more, got {shown(low)}", path=("clear",))
    if high is not None and above is not None and high > above:
        raise FieldError(f"must be {above:g} or less, got {shown(high)}", path=("clear",))
    return AlarmPolicy(below, above, low, high, limits["for"])


def _clear_limits(
    below: float | None, above: float | None, clear: Any
) -> tuple[float | None, float | None]:
    """Return the values that clear a low and a high alarm."""
    if clear is None:
        return below, above
    if below is not None and above is not None:
        if not isinstance(clear, tuple):
            raise FieldError("must be two amounts: one for below, one for above", path=("clear",))
        return clear
    if isinstance(clear, tuple):
        raise FieldError("must be one amount: there is one limit", path=("clear",))
    return (clear, None) if below is not None else (None, clear)
