"""The report of problems as people read it: message, place, excerpt with a caret, next step."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from wampedge.config.masking import masked
from wampedge.config.problems import Problem
from wampedge.config.statements import MAX_SIZE_BYTES

__all__ = ["MAX_SHOWN", "excerpt_of", "render", "shown_lines"]

MAX_SHOWN: Final = 100
"""Problems in one report; a larger number is counted, not listed."""

_MAX_EXCERPT: Final = 160
_LEAD: Final = 60

_STYLES: Final = {"error": "\x1b[1;31m", "text": "\x1b[1m", "frame": "\x1b[34m", "warning": "\x1b[1;33m", "related": "\x1b[1;34m"}  # fmt: skip # noqa: E501 # one table, one line
_RESET: Final = "\x1b[0m"


def render(
    problems: Sequence[Problem], source: str | Mapping[str, str], *, color: bool = False
) -> str:
    """Return the report on *problems*, without a last line feed.

    Args:
        problems: in the order to show them.
        source: the text of the file, or of each file by its name; secrets in it are masked.
        color: use the colours of a terminal.
    """
    texts = dict(source) if isinstance(source, Mapping) else {p.file: source for p in problems}
    lines = {name: shown_lines(texts.get(name, "")) for name in _files(problems)}
    paint = _Paint(color)
    blocks = [_block(problem, lines, paint) for problem in problems[:MAX_SHOWN]]
    return "\n\n".join([*blocks, _summary(problems, paint)])


def excerpt_of(problem: Problem, source: str, *, color: bool = False) -> str:
    """Return the report on one problem of one file, without a count."""
    return _block(problem, {problem.file: shown_lines(source)}, _Paint(color))


def shown_lines(text: str) -> list[str]:
    """Return the lines of a file as the scanner counts them, secrets masked."""
    text = text[:MAX_SIZE_BYTES].removeprefix("\ufeff").replace("\r\n", "\n")
    return masked(text).split("\n")


def _files(problems: Sequence[Problem]) -> list[str]:
    """Return the names of all files *problems* are in, each once."""
    names = [name for p in problems for name in (p.file, *(r.file for r in p.related)) if name]
    return list(dict.fromkeys(names))


class _Paint:
    def __init__(self, is_on: bool) -> None:
        self._is_on = is_on

    def __call__(self, style: str, text: str) -> str:
        return f"{_STYLES[style]}{text}{_RESET}" if self._is_on and text else text


def _summary(problems: Sequence[Problem], paint: _Paint) -> str:
    files = ", ".join(dict.fromkeys(problem.file for problem in problems))
    hidden = f", the first {MAX_SHOWN} are shown" if len(problems) > MAX_SHOWN else ""
    kinds = [problem.severity for problem in problems]
    counts = [
        f"{kinds.count(kind)} {kind}{'s' * (kinds.count(kind) != 1)}"
        for kind in ("error", "warning")
        if kind in kinds
    ]
    return paint(kinds[0] if kinds else "error", f"{files}: {', '.join(counts)}{hidden}")


class _Mark(NamedTuple):
    file: str
    line: int
    column: int
    end_column: int
    label: str
    style: str


def _block(problem: Problem, lines: Mapping[str, Sequence[str]], paint: _Paint) -> str:
    """Return message, place and excerpts; the file of the problem first, then others."""
    marks = [
        _Mark(r.file or problem.file, r.line, r.column, r.end_column, r.text, "related")
        for r in problem.related
    ]
    at = problem.line, problem.column, problem.end_column
    marks.append(_Mark(problem.file, *at, problem.hint, problem.severity))
    marks.sort(key=lambda mark: (mark.file != problem.file, mark.file, mark.line))
    gutter = len(str(max(mark.line for mark in marks)))
    place = f"{problem.file}:{problem.line}:{problem.column}"
    severity = problem.severity
    block = [
        f"{paint(severity, f'{severity}:')} {paint('text', problem.text)}",
        f"{' ' * gutter}{paint('frame', '-->')} {place}",
        paint("frame", f"{' ' * gutter} |"),
    ]
    before: _Mark | None = None
    for mark in marks:
        if before is not None and mark.file != before.file:
            other = f"{mark.file}:{mark.line}:{mark.column}"
            block.append(f"{' ' * gutter}{paint('frame', ':::')} {other}")
            before = None
        elif before is not None and mark.line > before.line + 1:
            block.append(paint("frame", "..."))
        is_new = before is None or mark.line != before.line
        block += _marked_line(mark, lines[mark.file], gutter, paint, is_new=is_new)
        before = mark
    return "\n".join(block)


def _marked_line(
    mark: _Mark, lines: Sequence[str], gutter: int, paint: _Paint, *, is_new: bool
) -> list[str]:
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    excerpt, indent, width = _excerpt(line, mark.column - 1, mark.end_column - 1)
    shown = [f"{paint('frame', f'{mark.line:>{gutter}} |')} {excerpt}".rstrip()] if is_new else []
    caret = ("-" if mark.style == "related" else "^") * width
    marked = paint(mark.style, f"{caret} {mark.label}".rstrip())
    return [*shown, f"{paint('frame', ' ' * gutter + ' |')} {' ' * indent}{marked}"]


def _excerpt(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Return what of *line* is shown, and indent and width of the mark under it, in columns."""
    first = 0 if len(line) <= _MAX_EXCERPT else max(0, start - _LEAD)
    last = min(len(line), first + _MAX_EXCERPT)
    before = "..." * (first > 0) + _shown(line[first:start])
    inside = _shown(line[start : min(end, last)])
    after = _shown(line[min(end, last) : last]) + "..." * (last < len(line))
    return f"{before}{inside}{after}", _columns(before), max(1, _columns(inside))


def _shown(text: Iterable[str]) -> str:
    """Replace what would move the cursor or talk to the terminal."""
    return "".join(
        "    " if c == "\t" else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _columns(text: str) -> int:
    """Count the terminal columns *text* takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
