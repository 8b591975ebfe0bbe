"""Kinds of values that only world files have: measures, waves, times of day, other models."""

from __future__ import annotations

import math
import re
from typing import Any, Final, NamedTuple

from wampedge.devices.fields import (
    NAME_PATTERN,
    Duration,
    Field,
    FieldError,
    Number,
    Quantity,
    Table,
    shown,
)
from wampedge.devices.fields.base import check_limits, limits_schema

__all__ = ["DAY_S", "Measure", "MeasureOrModel", "ModelName", "Wave", "WaveField", "wave_at"]

DAY_S: Final = 86_400.0


class Measure(Field):
    """A number in *unit*, or a text with a unit that converts: ``9.0`` or ``"9K/h"``."""

    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    def convert(self, value: Any) -> float:
        """Return the number in ``unit``; raises FieldError."""
        if isinstance(value, str) and self.unit:
            text = Quantity(self.unit, self.minimum, self.maximum)
            return float(text.convert(value))
        number = Number().convert(value)
        check_limits(number, self.minimum, self.maximum, self.unit)
        return float(number)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a number, or a text with its unit."""
        number = {"type": "number", **limits_schema(self.minimum, self.maximum)}
        return {"anyOf": [number, Quantity(self.unit).schema()]} if self.unit else number


class ModelName(str):
    """The name of another model, where a setting is what that model gives."""

    __slots__ = ()


class MeasureOrModel(Measure):
    """A measure, or the name of a model that gives it; the output is named as the setting."""

    def convert(self, value: Any) -> Any:
        """Return the number in ``unit``, or a ModelName; raises FieldError."""
        if isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) and value[0].isalpha():
            return ModelName(value)
        return super().convert(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a measure or a name."""
        return {"anyOf": [super().schema(), {"type": "string", "pattern": f"^{NAME_PATTERN}$"}]}


class Wave(NamedTuple):
    """A quantity that goes up and down: its middle, how far, how often, and when it is highest."""

    mean: float
    swing: float = 0.0
    period_s: float = DAY_S
    peak_s: float = 15 * 3600.0
    """Seconds after midnight UTC."""


class WaveField(Field):
    """A number in *unit*, or a table ``{ mean, swing, period, peak }``; a Wave inside."""

    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    def convert(self, value: Any) -> Wave:
        """Return the wave; raises FieldError."""
        if not isinstance(value, dict):
            try:
                return Wave(self._measure().convert(value))
            except FieldError as error:
                hint = error.hint or "write a number, or { mean = ..., swing = ... }"
                raise FieldError(error.text, hint) from None
        table = self._table().convert(value)
        wave = Wave(table["mean"], table["swing"], table["period"], table["peak"])
        for end in (wave.mean - abs(wave.swing), wave.mean + abs(wave.swing)):
            try:
                check_limits(end, self.minimum, self.maximum, self.unit)
            except FieldError as error:
                raise FieldError(f"mean and swing go to {shown(end)}: it {error.text}") from None
        return wave

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a measure or a table."""
        return {"anyOf": [self._measure().schema(), self._table().schema()]}

    def _measure(self) -> Measure:
        return Measure(self.unit, self.minimum, self.maximum)

    def _table(self) -> Table:
        # A swing is a difference: "6K" fits a temperature in °C, and is not 6 K above zero.
        swing_unit = "K" if self.unit == "°C" else self.unit
        return Table(
            {
                "mean": Measure(self.unit, self.minimum, self.maximum, doc="middle of the wave"),
                "swing": Measure(swing_unit, default=0.0, doc="largest distance from the middle"),
                "period": Duration(
                    minimum_s=1.0, maximum_s=366 * DAY_S, default=DAY_S, doc="length of one wave"
                ),
                "peak": Duration(
                    maximum_s=366 * DAY_S,
                    default=15 * 3600.0,
                    doc="when it is highest, after midnight UTC",
                ),
            }
        )


def wave_at(wave: Wave, unix_s: float) -> float:
    """Return what *wave* is at a time."""
    return wave.mean + wave.swing * math.cos(phase_of(wave, unix_s))


def phase_of(wave: Wave, unix_s: float) -> float:
    """Return how far into the wave a time is, in radians; 0 where it is highest."""
    return 2 * math.pi * ((unix_s - wave.peak_s) / wave.period_s % 1.0)
