"""What a history query found, and how it is printed as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from wampedge.cli.values import to_json_line
from wampedge.records import Record

__all__ = ["Found", "RowPrinter", "local_time", "number", "print_json"]


class Found(Record):
    """Rows or buckets of one channel.

    Attributes:
        channel: its URI.
        unit: its unit, or "".
        every_s: the length of a bucket; None for rows.
        rows: ``[time, value, quality]``, or ``[time, least, mean, most, count]``; oldest first,
            times in Unix seconds.
    """

    channel: str
    unit: str
    every_s: float | None
    rows: Sequence[Sequence[Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of ``rows`` are called."""
        if self.every_s is None:
            return ("time", "value", "quality")
        return ("time", "min", "mean", "max", "count")


class RowPrinter:
    """Prints a line for each row, in local time, and what the columns are before the first."""

    def __init__(self) -> None:
        self._is_begun = False

    def write(self, found: Found) -> None:
        """Print one page."""
        if found.every_s is None:
            for line in _plain_lines(found):
                print(line)
            return
        if not self._is_begun and found.rows:
            self._is_begun = True
            names = [f"{name} {found.unit}".rstrip() for name in ("min", "mean", "max")]
            print(f"{'time':19}  {names[0]:>12}  {names[1]:>12}  {names[2]:>12}  {'count':>7}")
        for time, least, mean, most, count in found.rows:
            values = "  ".join(f"{number(value):>12}" for value in (least, mean, most))
            print(f"{local_time(time)}  {values}  {count:>7}")


def print_json(found: Found) -> None:
    """Print each row as a line of JSON."""
    for row in found.rows:
        print(to_json_line(dict(zip(found.names, row, strict=True))))


def _plain_lines(found: Found) -> Iterator[str]:
    for time, value, quality in found.rows:
        shown = "-" if value is None else f"{number(value)} {found.unit}".rstrip()
        yield f"{local_time(time)}  {shown}" + ("" if quality == "good" else f"  ({quality})")


def local_time(time: float) -> str:
    """Return *time* to the second, in local time."""
    try:
        return f"{datetime.fromtimestamp(time):%Y-%m-%d %H:%M:%S}"  # noqa: DTZ006 # for people here
    except (ValueError, OverflowError, OSError):
        return f"{time:<19.0f}"


def number(value: Any) -> str:
    """Return a value as people read it: flags as words, numbers to six digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
