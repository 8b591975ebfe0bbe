"""Filters from the resistance of a thermometer to its temperature: NTC, Pt100, Pt1000.

NTC: Steinhart-Hart equation, or its short form with B. Platinum: IEC 60751, whose equation for
0 °C and above is ``R = R0 (1 + A t + B t²)`` and below 0 °C has ``C (t - 100) t³`` more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.fields import Field, FieldError, ListOf, Number, Quantity, Table, shown
from wampedge.devices.filters.base import Bad, Filter, FilterKind

__all__ = ["KINDS", "Ntc", "Platinum"]

_ZERO_K: Final = 273.15
_A: Final = 3.9083e-3
_B: Final = -5.775e-7
_C: Final = -4.183e-12
_COLDEST_C: Final = -200.0
_HOTTEST_C: Final = 850.0
_MOST_STEPS: Final = 20


class Ntc(Filter):
    """Degrees Celsius of a thermistor with these Steinhart-Hart coefficients, from its ohms."""

    def __init__(self, a: float, b: float, c: float) -> None:
        self._a, self._b, self._c = a, b, c

    def take(self, value: Any, now_s: float) -> Any:
        """Return the temperature."""
        if value <= 0:
            return Bad(f"{value:g} ohm is no resistance: is the sensor shorted?")
        log = math.log(value)
        inverse = self._a + log * (self._b + self._c * log * log)
        if inverse <= 0:
            return Bad(f"{value:g} ohm is no resistance of this thermistor")
        return 1 / inverse - _ZERO_K


class Platinum(Filter):
    """Degrees Celsius of a platinum thermometer, -200 to 850, from its ohms."""

    def __init__(self, zero_ohm: float) -> None:
        self._zero_ohm = zero_ohm

    def take(self, value: Any, now_s: float) -> Any:
        """Return the temperature."""
        ratio = value / self._zero_ohm
        # Printed tables have two decimals: 18.52 ohm is -200 °C.
        if not _ratio(_COLDEST_C) - 1e-4 <= ratio <= _ratio(_HOTTEST_C) + 1e-4:
            return Bad(f"{value:g} ohm is no resistance of this sensor: is a wire loose?")
        # The root of the equation for 0 °C and above; a good guess below.
        celsius = (-_A + math.sqrt(_A * _A - 4 * _B * (1 - ratio))) / (2 * _B)
        return celsius if ratio >= 1 else _newton(ratio, celsius)


def _ratio(celsius: float) -> float:
    cold = _C * (celsius - 100) * celsius**3 if celsius < 0 else 0.0
    return 1 + celsius * (_A + _B * celsius) + cold


def _newton(ratio: float, celsius: float) -> float:
    for _ in range(_MOST_STEPS):
        slope = _A + 2 * _B * celsius + _C * (4 * celsius**3 - 300 * celsius**2)
        step = (_ratio(celsius) - ratio) / slope
        celsius -= step
        if abs(step) < 1e-9:
            break
    return celsius


class _NtcOptions(Field):
    """``{ beta = 3950, r0 = "10kohm", t0 = "25°C" }`` or ``{ steinhart = [a, b, c] }``."""

    table: Table

    def convert(self, value: Any) -> dict[str, Any]:
        """Return the table; raises FieldError."""
        table = self.table.convert(value)
        ways = [key for key in ("beta", "steinhart") if table[key] is not None]
        if len(ways) != 1:
            hint = 'write { beta = 3950, r0 = "10kohm" } or { steinhart = [a, b, c] }'
            raise FieldError(
                f"must have beta or steinhart, got {' and '.join(ways) or 'none'}", hint
            )
        return table

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the table."""
        return self.table.schema()


class _Yes(Field):
    """``true``: the filter has nothing to be told."""

    def convert(self, value: Any) -> bool:
        """Return True; raises FieldError."""
        if value is True:
            return True
        raise FieldError(f"must be true, got {shown(value)}", "remove the filter to go without it")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of it."""
        return {"const": True}


def _ntc(options: Mapping[str, Any]) -> Filter:
    if options["steinhart"] is not None:
        return Ntc(*options["steinhart"])
    # 1/T = 1/T0 + ln(R/R0)/beta
    inverse = 1 / (options["t0"] + _ZERO_K) - math.log(options["r0"]) / options["beta"]
    return Ntc(inverse, 1 / options["beta"], 0.0)


def _pt100(_: Any) -> Filter:
    return Platinum(100.0)


def _pt1000(_: Any) -> Filter:
    return Platinum(1000.0)


_OHM_TO_CELSIUS: Final = ("Ω", "°C")
_NTC: Final = _NtcOptions(
    Table(
        {
            "beta": Number(
                500, 20_000, default=None, doc="B parameter of the datasheet, in kelvin"
            ),
            "r0": Quantity("Ω", 0.1, 1e9, default=10_000.0, doc="resistance at t0"),
            "t0": Quantity("°C", -200, 500, default=25.0, doc="temperature of r0"),
            "steinhart": ListOf(
                Number(), 3, 3, default=None, doc="the three coefficients of Steinhart and Hart"
            ),
        }
    )
)

KINDS: Final = (
    FilterKind(
        "ntc",
        _NTC,
        _ntc,
        "temperature of a thermistor from its resistance",
        '{ beta = 3950, r0 = "10kohm" }',
        units=_OHM_TO_CELSIUS,
    ),
    FilterKind(
        "pt100", _Yes(), _pt100, "temperature of a Pt100 from its resistance", "true",
        units=_OHM_TO_CELSIUS,
    ),
    FilterKind(
        "pt1000", _Yes(), _pt1000, "temperature of a Pt1000 from its resistance", "true",
        units=_OHM_TO_CELSIUS,
    ),
)  # fmt: skip
"""The filters of this module."""
