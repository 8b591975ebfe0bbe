"""One mistake in a device file, and the list of all of them while the file is being checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from wampedge.config.layout import KeyPath, Scan, Span
from wampedge.config.source_map import FileText, SourceMap
from wampedge.devices.fields import FieldError, dotted
from wampedge.records import Record

__all__ = ["Findings", "Problem", "Related"]


class Related(Record):
    """A second place that has to do with a problem, with a short label; columns count from 1.

    An empty *file* is the file of the problem.
    """

    line: int
    column: int
    end_column: int
    text: str
    file: str = ""


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
        severity: a warning is about a file that can be used.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str
    hint: str = ""
    code: str = "value"
    related: tuple[Related, ...] = ()
    severity: Literal["error", "warning"] = "error"


_SHORTEST_SECRET: Final = 3
"""Characters of a secret that is looked for in messages; a shorter one is in every word."""


class Findings:
    """Collects the mistakes of one device file; owned by the check that is under way.

    Attributes:
        sources: where the keys stand, in which file.
    """

    def __init__(self, file: str, scan: Scan) -> None:
        self.sources = SourceMap(FileText(file, scan))
        self._count = 0
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._told: set[tuple[object, ...]] = set()
        self._expanded: dict[KeyPath, str] = {}
        self._secrets: set[str] = set()

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
        origin = self.sources.origin(path)
        text = f"{dotted(origin)} {text}"
        self.add_text(path, text, hint, code=code, on=on, related=related)

    def add_text(
        self,
        path: KeyPath,
        text: str,
        hint: str = "",
        *,
        code: str = "value",
        on: Literal["key", "value"] = "value",
        related: Iterable[tuple[KeyPath, str]] = (),
        inside: FileText | None = None,
    ) -> None:
        """Note a mistake at *path* whose *text* is complete in itself.

        A mistake in a template, or in a file that is included, is told once, where it is written.
        *inside* is the file to look in, for a key that several files have.
        """
        origin = self.sources.origin(path)
        text, hint = self._redacted(origin, text, hint)
        self._note(self._problem(origin, text, hint, code, on, related, inside))

    def warn(
        self,
        path: KeyPath,
        text: str,
        hint: str = "",
        *,
        code: str,
        on: Literal["key", "value"] = "value",
    ) -> None:
        """Note what is allowed at *path* and hardly meant; *text* goes on after its name."""
        origin = self.sources.origin(path)
        text, hint = self._redacted(origin, f"{dotted(origin)} {text}", hint)
        problem = self._problem(origin, text, hint, code, on, (), None)
        self._note(problem.but(severity="warning"))

    def add_span(
        self,
        span: Span,
        text: str,
        hint: str,
        code: str,
        first: Span | None,
        inside: FileText | None = None,
    ) -> None:
        """Note a mistake in the shape of the text, of the main file or of *inside*."""
        file = inside or self.sources.texts[0]
        line, column, end = file.columns(span)
        marks = () if first is None else (Related(*file.columns(first), "first defined here"),)
        self._note(Problem(file.name, line, column, end, text, hint, code, marks))

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

    def problem(self, path: KeyPath, text: str, hint: str, code: str) -> Problem:
        """Return a problem at *path* without noting it; *text* goes on after the name of it."""
        origin = self.sources.origin(path)
        text, hint = self._redacted(origin, f"{dotted(origin)} {text}", hint)
        return self._problem(origin, text, hint, code, "value", (), None)

    def pass_on(self, problem: Problem) -> None:
        """Note a mistake that was found before the text could be scanned."""
        self._note(problem)

    def hide(self, path: KeyPath, text: str, secrets: Iterable[str] = ()) -> None:
        """Keep out of every message what references at *path* stand for.

        Args:
            path: where the references are.
            text: the value with all of them replaced.
            secrets: what must not be shown anywhere else either.
        """
        self._expanded[path] = text
        self._secrets.update(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)

    def is_lost(self, path: KeyPath) -> bool:
        """Say whether *path* stood in a statement that could not be read: reported already."""
        return self.sources.is_lost(path) or self.sources.is_lost(self.sources.origin(path))

    def is_any_lost(self, path: KeyPath) -> bool:
        """Say whether *path* or anything below it stood in a statement that could not be read."""
        return self.sources.is_any_lost(path)

    def lose(self, path: KeyPath) -> None:
        """Note that the value of *path* cannot be used, so that its absence is not told as well."""
        self.sources.texts[0].scan.lost.add(path)

    def in_file_order(self) -> list[Problem]:
        """Return all mistakes, the first in the file first; files in the order they were read."""
        return self._in_order(self._problems)

    def warnings(self) -> list[Problem]:
        """Return all warnings, in the order of mistakes."""
        return self._in_order(self._warnings)

    def __len__(self) -> int:
        """Return how many mistakes were noted; one in a template counts for each who uses it."""
        return self._count

    def _problem(
        self,
        origin: KeyPath,
        text: str,
        hint: str,
        code: str,
        on: Literal["key", "value"],
        related: Iterable[tuple[KeyPath, str]],
        inside: FileText | None,
    ) -> Problem:
        file, span = self.sources.find(origin, on, inside)
        marks = []
        for path, label in related:
            other, mark = self.sources.find(self.sources.origin(path), "value")
            name = "" if other is file else other.name
            marks.append(Related(*other.columns(mark), label, name))
        line, column, end = file.columns(span)
        return Problem(file.name, line, column, end, text, hint, code, tuple(marks))

    def _note(self, problem: Problem) -> None:
        self._count += problem.severity == "error"
        key = (problem.file, problem.line, problem.column, problem.code, problem.text)
        if key not in self._told:
            self._told.add(key)
            warnings, problems = self._warnings, self._problems
            (warnings if problem.severity == "warning" else problems).append(problem)

    def _redacted(self, origin: KeyPath, text: str, hint: str) -> tuple[str, str]:
        """Return text and hint without what references stand for: it may be a secret."""
        value = self._expanded.get(origin)
        if value is not None and ", got " in text:
            text, hint = f"{text.partition(', got ')[0]} once ${{...}} is replaced", ""
        hidden = self._secrets | ({value} if value else set())
        for secret in sorted(hidden, key=len, reverse=True):
            text, hint = text.replace(secret, "***"), hint.replace(secret, "***")
        return text, hint

    def _in_order(self, problems: Iterable[Problem]) -> list[Problem]:
        order = {text.name: index for index, text in reversed([*enumerate(self.sources.texts)])}
        return sorted(problems, key=lambda p: (order.get(p.file, len(order)), p.line, p.column))
