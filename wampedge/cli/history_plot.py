"""A history drawn in the terminal: dots of braille characters, axes with units and times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from wampedge.cli.history_table import Found, local_time, number

__all__ = ["HEIGHT", "dots_across", "plot"]

HEIGHT: Final = 12
"""Lines of the drawing itself."""
_LABEL: Final = 9
"""Characters before the axis."""
_LEAST_WIDTH: Final = 20
_BRAILLE: Final = 0x2800
_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille character, by row and column of its dots."""
_DAY_S: Final = 86_400.0
_Stretch = tuple[int, int]
"""First and last dot of a column that are set, counted from below."""


def dots_across(width: int) -> int:
    """Return how many dots fit beside each other in a terminal of *width* characters."""
    return 2 * _cells(width)


def plot(found: Found, *, width: int, is_plain: bool = False) -> list[str]:
    """Return the lines of a drawing that is *width* characters wide.

    Each column of dots reaches from the least to the most of its time, and is joined to the one
    before it where nothing is missing between the two.

    Args:
        found: buckets.
        width: of the terminal.
        is_plain: the terminal knows ASCII only.
    """
    if not found.rows or found.every_s is None:
        return [f"{found.channel}: nothing in this time"]
    cells = _cells(width)
    low = min(row[1] for row in found.rows)
    high = max(row[3] for row in found.rows)
    bottom, top = _limits(low, high)
    rows = HEIGHT * (1 if is_plain else 4)
    dots = cells * (1 if is_plain else 2)
    start, end = found.rows[0][0], found.rows[-1][0] + found.every_s
    columns = _columns(found, start, end, dots, lambda v: _dot(v, bottom, top, rows))
    lines = _ascii(columns, cells) if is_plain else _braille(columns, cells)
    bar, corner, dash = ("|", "+", "-") if is_plain else ("│", "└", "─")
    labels = _labels(bottom, top)
    unit = found.unit.encode("ascii", "replace").decode() if is_plain else found.unit
    drawn = [f"{labels.get(n, ''):>{_LABEL}} {bar}{line}".rstrip() for n, line in enumerate(lines)]
    return [
        *_title(found, unit, low, high, width),
        *drawn,
        f"{'':>{_LABEL}} {corner}{dash * cells}",
        f"{'':>{_LABEL + 2}}{_times(start, end, cells)}".rstrip(),
    ]


def _cells(width: int) -> int:
    return max(width, _LEAST_WIDTH) - _LABEL - 2


def _title(found: Found, unit: str, low: Any, high: Any, width: int) -> list[str]:
    """Return what is drawn and its figures, on two lines where one is too short."""
    count = sum(row[4] for row in found.rows)
    mean = sum(row[2] * row[4] for row in found.rows) / count
    values = f"min {number(low)}  mean {number(float(mean))}  max {number(high)}"
    figures = f"{values} {unit}".rstrip() + f"  ({count} values)"
    line = f"{found.channel}  {figures}"
    return [line] if len(line) <= width else [found.channel, figures]


def _limits(low: float, high: float) -> tuple[float, float]:
    """Return round numbers a little below and above, which are never the same."""
    if low == high:
        apart = abs(low) / 10 or 1.0
        return low - apart, high + apart
    step = 10 ** math.floor(math.log10(high - low)) / 5
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _dot(value: float, bottom: float, top: float, rows: int) -> int:
    return min(int((value - bottom) / (top - bottom) * rows), rows - 1)


def _columns(
    found: Found, start: float, end: float, dots: int, height_of: Any
) -> list[_Stretch | None]:
    """Return what is set in each column of dots; None: nothing."""
    columns: list[_Stretch | None] = [None] * dots
    every_s = found.every_s or 1.0
    before: tuple[int, int, float] | None = None
    for time, least, mean, most, _ in found.rows:
        place = min(int((time - start) / (end - start) * dots), dots - 1)
        stretch, middle = (height_of(least), height_of(most)), height_of(mean)
        if before is not None and time - before[2] < 2 * every_s:
            _join(columns, before[0], before[1], place, middle)
        columns[place] = _widened(columns[place], *stretch)
        before = place, middle, time
    return columns


def _join(columns: list[_Stretch | None], x0: int, y0: int, x1: int, y1: int) -> None:
    """Draw a line from one mean to the next."""
    at = y0
    for x in range(x0 + 1, x1 + 1):
        following = y0 + round((y1 - y0) * (x - x0) / (x1 - x0))
        columns[x] = _widened(columns[x], min(at, following), max(at, following))
        at = following


def _widened(stretch: _Stretch | None, low: int, high: int) -> _Stretch:
    return (low, high) if stretch is None else (min(stretch[0], low), max(stretch[1], high))


def _braille(columns: Sequence[_Stretch | None], cells: int) -> list[str]:
    """Return the drawing, two columns and four rows of dots in a character; top line first."""
    grid = [[0] * cells for _ in range(HEIGHT)]
    for x, stretch in enumerate(columns):
        if stretch is not None:
            for y in range(stretch[0], stretch[1] + 1):
                row = 4 * HEIGHT - 1 - y
                grid[row // 4][x // 2] |= _DOTS[row % 4][x % 2]
    return ["".join(chr(_BRAILLE + bits) if bits else " " for bits in row) for row in grid]


def _ascii(columns: Sequence[_Stretch | None], cells: int) -> list[str]:
    grid = [[" "] * cells for _ in range(HEIGHT)]
    for x, stretch in enumerate(columns):
        if stretch is not None:
            for y in range(stretch[0], stretch[1] + 1):
                grid[HEIGHT - 1 - y][x] = "*"
    return ["".join(row) for row in grid]


def _labels(bottom: float, top: float) -> dict[int, str]:
    """Return what stands left of the axis, by line from above."""
    middle = HEIGHT // 2
    values = {
        0: top,
        middle: top - (top - bottom) * (middle + 0.5) / HEIGHT,
        HEIGHT - 1: bottom,
    }
    digits = max(0, 2 - math.floor(math.log10(top - bottom)))
    return {line: _label(value, digits) for line, value in values.items()}


def _label(value: float, digits: int) -> str:
    text = f"{value:.{min(digits, 6)}f}"
    return text if len(text) <= _LABEL else f"{value:.2e}"


def _times(start: float, end: float, cells: int) -> str:
    """Return times below the axis: where it begins, its middle if there is room, where it ends."""
    first, last = _time(start, end - start), _time(end, end - start)
    middle = _time((start + end) / 2, end - start)
    room = cells - len(first) - len(last)
    if room < 1:
        return first[:cells]
    if room < len(middle) + 4:
        return f"{first}{'':{room}}{last}"
    left = (cells - len(middle)) // 2 - len(first)
    return f"{first}{'':{left}}{middle}{'':{room - left - len(middle)}}{last}"


def _time(time: float, span_s: float) -> str:
    """Return a local time as exactly as the span asks for."""
    try:
        moment = datetime.fromtimestamp(time)  # noqa: DTZ006 # for people here
    except (ValueError, OverflowError, OSError):
        return local_time(time).strip()
    if span_s < 600:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%m-%d %H:%M}" if span_s < 60 * _DAY_S else f"{moment:%Y-%m-%d}"
