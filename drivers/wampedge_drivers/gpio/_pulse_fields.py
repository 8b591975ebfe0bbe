"""Keys of pulse counters: what a pulse is worth, how its rate is told, and how it is kept."""

from __future__ import annotations

from typing import Any

from wampedge.devices.fields import Boolean, Duration, Field, Number, Table, Text
from wampedge.devices.kept import DEFAULT_WITHIN_S
from wampedge.devices.units import UnitError, unit_of

__all__ = ["PER_PULSE", "RATE", "Persist", "rate_factor"]

PER_PULSE = Table(
    {
        "value": Number(1e-9, 1e9, doc="how much one pulse is"),
        "unit": Text(maximum_length=16, default="", doc="of what, such as L, mm, Wh, m"),
    },
)
RATE = Table(
    {
        "unit": Text(minimum_length=1, maximum_length=16, doc="such as L/min, W, km/h, rpm"),
        "window": Duration(minimum_s=0.1, maximum_s=86_400.0, default=60.0, doc="mean of how long"),
    },
)


class Persist(Field):
    """``true``, ``false``, or how much of the total a power cut may cost: ``"1s"``."""

    def convert(self, value: Any) -> float | None:
        """Return the interval in seconds, None for not at all; raises FieldError."""
        if isinstance(value, str):
            return Duration(minimum_s=1.0, maximum_s=3600.0).convert(value)
        return DEFAULT_WITHIN_S if Boolean().convert(value) else None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a flag and of a duration."""
        return {"anyOf": [Boolean().schema(), Duration().schema()]}


def rate_factor(unit: str, rate_unit: str) -> float:
    """Return how much one *unit* a second is in *rate_unit*.

    Energy a second is power, and plain pulses a second are a frequency.

    Raises:
        UnitError: *rate_unit* is not *unit* by time.
    """
    rate = unit_of(rate_unit)
    one = unit_of(unit) if unit else None
    dimension = "1" if one is None else one.dimension
    fitting = {f"{dimension}/time": "", "1/time": "frequency", "energy/time": "power"}
    if rate.dimension not in {f"{dimension}/time", fitting.get(f"{dimension}/time")}:
        example = "Hz, rpm or 1/min" if one is None else f"{one.symbol}/s or {one.symbol}/min"
        raise UnitError(
            f"must be {unit or 'pulses'} by time, {rate_unit} is not", f"write {example}"
        )
    return float(f"{(1.0 if one is None else one.factor) / rate.factor:.14g}")
