"""The filter that turns what was measured at known values into a curve."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from wampedge.devices.fields import Choice, FieldError, Integer, ListOf, Number, shown
from wampedge.devices.fields.amounts import Short
from wampedge.devices.filters.arithmetic import MAX_DEGREE, Polynomial
from wampedge.devices.filters.base import Filter, FilterKind

__all__ = ["KINDS", "Piecewise", "fit_polynomial"]

MAX_POINTS: Final = 64
Points = Sequence[Sequence[float]]


class Piecewise(Filter):
    """Straight lines from point to point; the outer ones go on beyond the ends."""

    def __init__(self, points: Points) -> None:
        rising = sorted((float(x), float(y)) for x, y in points)
        self._inner = [x for x, _ in rising[1:-1]]
        self._starts = rising[:-1]
        self._slopes = [
            (above[1] - below[1]) / (above[0] - below[0]) for below, above in pairwise(rising)
        ]

    def take(self, value: Any, now_s: float) -> Any:
        """Return the value on the line."""
        at = bisect_right(self._inner, value)
        x, y = self._starts[at]
        return y + (value - x) * self._slopes[at]


class _PointsOption(ListOf):
    """Two or more ``[measured, true]``, no two for one measured value."""

    def convert(self, value: Any) -> tuple[Any, ...]:
        """Return the points; raises FieldError."""
        points = super().convert(value)
        seen: dict[float, int] = {}
        for index, (x, _) in enumerate(points):
            if x in seen:
                text = f"gives {shown(x)} a second value; point {seen[x] + 1} has it, too"
                raise FieldError(text, path=(index, 0))
            seen[x] = index
        return points


class _Calibration(Short):
    """Points and how to join them; a curve takes one point more than its degree."""

    def convert(self, value: Any) -> dict[str, Any]:
        """Return the whole table; raises FieldError."""
        table = super().convert(value)
        degree, count = table["degree"], len(table["points"])
        if table["method"] == "polynomial" and count <= degree:
            text = f"of degree {degree} takes {degree + 1} points or more, got {count}"
            raise FieldError(text, path=("points",))
        return table


def fit_polynomial(points: Points, degree: int) -> Polynomial:
    """Return the polynomial with the least squares of what is left at *points*.

    It goes through all of them where their number is *degree* + 1. Measured values are mapped to
    -1..1 before: powers of what an ADC gives would leave few digits of a sum.
    """
    xs = [x for x, _ in points]
    centre, spread = (max(xs) + min(xs)) / 2, (max(xs) - min(xs)) / 2
    size = degree + 1
    powers = [[((x - centre) / spread) ** n for n in range(size)] for x in xs]
    rows = [
        [sum(p[i] * p[j] for p in powers) for j in range(size)]
        + [sum(p[i] * y for p, (_, y) in zip(powers, points, strict=True))]
        for i in range(size)
    ]
    return Polynomial(_solve(rows), centre=centre, spread=spread)


def _solve(rows: list[list[float]]) -> list[float]:
    """Solve linear equations, their right side as the last column, by elimination."""
    size = len(rows)
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for row in range(size):
            if row != at:
                share = rows[row][at] / rows[at][at]
                rows[row] = [a - share * b for a, b in zip(rows[row], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]


def _calibrate(options: Mapping[str, Any]) -> Filter:
    points, method = options["points"], options["method"]
    if method == "linear":
        return Piecewise(points)
    return fit_polynomial(points, 1 if method == "least_squares" else options["degree"])


KINDS: Final = (
    FilterKind(
        "calibrate",
        _Calibration(
            {
                "points": _PointsOption(
                    ListOf(Number(), 2, 2), 2, MAX_POINTS, doc="[measured, true], two or more"
                ),
                "method": Choice(
                    ("linear", "least_squares", "polynomial"),
                    default="linear",
                    doc="lines from point to point, one line near all, or one curve",
                ),
                "degree": Integer(1, MAX_DEGREE, default=2, doc="of the polynomial"),
            }
        ),
        _calibrate,
        "a curve from measured to true values",
        "[[2.80, 0], [1.10, 100]]",
        changes_unit=True,
    ),
)
"""The filters of this module."""
