"""Tables of points: straight lines between them, and no further than the outer ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from wampedge.devices.fields import FieldError

__all__ = ["Points", "interpolated", "rising"]

Points = Sequence[Sequence[float]]
"""Pairs of a number and what it stands for; the first ones rise."""


def interpolated(points: Points, at: float) -> float:
    """Return what *at* stands for."""
    place = bisect_right([x for x, _ in points], at)
    if place == 0:
        return points[0][1]
    if place == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[place - 1], points[place]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def rising(points: Points, key: str) -> Iterator[FieldError]:
    """Yield an error for each point that is not above the one before."""
    for index, (before, after) in enumerate(pairwise(points), 1):
        if after[0] <= before[0]:
            text = f"must have a larger first number than the point before, got {after[0]:g}"
            yield FieldError(text, "sort the points", (key, index))
