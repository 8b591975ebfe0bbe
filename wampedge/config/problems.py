"""One mistake in a device file, and the list of all of them while the file is being checked."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal

from wampedge.config.layout import KeyPath, Place, Scan, Span
from wampedge.devices.fields import FieldError, dotted
from wampedge.records import Record

__all__ = ["Findings", "Problem", "Related"]


class Related(Record):
    """A second place that has to do with a problem, with a short label; columns count from 1."""

    line: int
    column: int
    end_column: int
    text: str


class Problem(Record):
    """One mistake.

    Attributes:
        file: name of the file as the user gave it.
        line: counts from 1.
        column: counts characters from 1.
        end_column: the column after the last character at fault on that line.
        text: the thing, its value and what was wanted; lower case, no full stop.
        hint: the next step; may be empty.
        code: kind of mistake, for programs: ``value``, ``unknown-key``, ``pin-taken``, ...
        related: other places that have to do with it.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str
    hint: str = ""
    code: str = "value"
    related: tuple[Related, ...] = ()


class Findings:
    """Collects the mistakes of one file; owned by the check that is under way."""

    def __init__(self, file: str, scan: Scan) -> None:
        self._file = file
        self._scan = scan
        self._line_starts = [0, *(feed.end() for feed in re.finditer("\n", scan.source))]
        self._problems: list[Problem] = []

    def add(
        self,
        path: KeyPath,
        text: str,
        hint: str = "",
        *,
        code: str = "value",
        on: Literal["key", "value"] = "value",
        related: Iterable[tuple[KeyPath, str]] = (),
    ) -> None:
        """Note that what *path* leads to is wrong; *text* goes on after the name of the path.

        Args:
            path: key path from the root of the file.
            text: such as ``must be 0 to 27, got 31``.
            hint: the next step.
            code: kind of mistake.
            on: what the caret marks.
            related: further places, each with its label.
        """
        self.add_text(path, f"{dotted(path)} {text}", hint, code=code, on=on, related=related)

    def add_text(
        self,
        path: KeyPath,
        text: str,
        hint: str = "",
        *,
        code: str = "value",
        on: Literal["key", "value"] = "value",
        related: Iterable[tuple[KeyPath, str]] = (),
    ) -> None:
        """Note a mistake at *path* whose *text* is complete in itself."""
        marks = [Related(*self._columns(self._span(p, "value")), label) for p, label in related]
        line, column, end = self._columns(self._span(path, on))
        self._problems.append(
            Problem(self._file, line, column, end, text, hint, code, tuple(marks))
        )

    def add_span(self, span: Span, text: str, hint: str, code: str, first: Span | None) -> None:
        """Note a mistake in the shape of the text."""
        line, column, end = self._columns(span)
        marks = () if first is None else (Related(*self._columns(first), "first defined here"),)
        self._problems.append(Problem(self._file, line, column, end, text, hint, code, marks))

    def add_field_error(self, path: KeyPath, error: FieldError) -> None:
        """Note every mistake *error* carries; its paths start at *path*."""
        for each in error.each():
            whole = (*path, *each.path)
            if each.code == "missing-key":
                if not self.is_lost(whole):
                    self.add(whole, each.text, each.hint, code=each.code, on="key")
            else:
                on: Literal["key", "value"] = (
                    "key" if each.code in ("unknown-key", "name") else "value"
                )
                self.add(whole, each.text, each.hint, code=each.code, on=on)

    def is_lost(self, path: KeyPath) -> bool:
        """Say whether *path* stood in a statement that could not be read: reported already."""
        return any(path[:count] in self._scan.lost for count in range(1, len(path) + 1))

    def is_any_lost(self, path: KeyPath) -> bool:
        """Say whether *path* or anything below it stood in a statement that could not be read."""
        return any(lost[: len(path)] == path for lost in self._scan.lost)

    def lose(self, path: KeyPath) -> None:
        """Note that the value of *path* cannot be used, so that its absence is not told as well."""
        self._scan.lost.add(path)

    def in_file_order(self) -> list[Problem]:
        """Return all problems, the first in the file first."""
        return sorted(self._problems, key=lambda problem: (problem.line, problem.column))

    def __len__(self) -> int:
        return len(self._problems)

    def _span(self, path: KeyPath, on: Literal["key", "value"]) -> Span:
        """Return where *path* is; for a missing key the name of its table."""
        places = self._scan.places
        place = places.get(path)
        if place is not None:
            return place.key if on == "key" else place.value
        while path:
            path = path[:-1]
            parent: Place | None = places.get(path)
            if parent is not None:
                return parent.key
        return Span(0, 0)

    def _columns(self, span: Span) -> tuple[int, int, int]:
        """Return line, column and end column; a span over several lines ends with its first."""
        line = bisect_right(self._line_starts, min(span.start, len(self._scan.source)))
        line_start = self._line_starts[line - 1]
        line_end = self._scan.source.find("\n", line_start)
        line_end = len(self._scan.source) if line_end < 0 else line_end
        end = max(min(span.end, line_end), span.start + 1)
        return line, span.start - line_start + 1, end - line_start + 1
