"""The report of problems as people read it: message, place, excerpt with a caret, next step."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from wampedge.config.masking import masked
from wampedge.config.problems import Problem
from wampedge.config.statements import MAX_SIZE_BYTES

__all__ = ["MAX_SHOWN", "render"]

MAX_SHOWN: Final = 100
"""Problems in one report; a larger number is counted, not listed."""

_MAX_EXCERPT: Final = 160
_LEAD: Final = 60

_STYLES: Final = {"error": "\x1b[1;31m", "text": "\x1b[1m", "frame": "\x1b[34m", "mark": "\x1b[1;31m", "related": "\x1b[1;34m"}  # fmt: skip # noqa: E501 # one table, one line
_RESET: Final = "\x1b[0m"


def render(problems: Sequence[Problem], source: str, *, color: bool = False) -> str:
    """Return the report on *problems*, without a last line feed.

    Args:
        problems: in the order to show them.
        source: the text of the file; secrets in it are masked.
        color: use the colours of a terminal.
    """
    text = source[:MAX_SIZE_BYTES].removeprefix("\ufeff").replace("\r\n", "\n")
    lines = masked(text).split("\n")
    paint = _Paint(color)
    blocks = [_block(problem, lines, paint) for problem in problems[:MAX_SHOWN]]
    return "\n\n".join([*blocks, _summary(problems, paint)])


class _Paint:
    def __init__(self, is_on: bool) -> None:
        self._is_on = is_on

    def __call__(self, style: str, text: str) -> str:
        return f"{_STYLES[style]}{text}{_RESET}" if self._is_on and text else text


def _summary(problems: Sequence[Problem], paint: _Paint) -> str:
    files = ", ".join(dict.fromkeys(problem.file for problem in problems))
    count = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
    hidden = f", the first {MAX_SHOWN} are shown" if len(problems) > MAX_SHOWN else ""
    return paint("error", f"{files}: {count}{hidden}")


def _block(problem: Problem, lines: Sequence[str], paint: _Paint) -> str:
    marks = [(r.line, r.column, r.end_column, r.text, "related") for r in problem.related]
    marks.append((problem.line, problem.column, problem.end_column, problem.hint, "mark"))
    marks.sort(key=lambda mark: mark[0])
    gutter = len(str(marks[-1][0]))
    place = f"{problem.file}:{problem.line}:{problem.column}"
    block = [
        f"{paint('error', 'error:')} {paint('text', problem.text)}",
        f"{' ' * gutter}{paint('frame', '-->')} {place}",
        paint("frame", f"{' ' * gutter} |"),
    ]
    shown = 0
    for number, column, end_column, label, style in marks:
        if shown and number > shown + 1:
            block.append(paint("frame", "..."))
        line = lines[number - 1] if number <= len(lines) else ""
        excerpt, indent, width = _excerpt(line, column - 1, end_column - 1)
        if number != shown:
            block.append(f"{paint('frame', f'{number:>{gutter}} |')} {excerpt}".rstrip())
        caret = ("^" if style == "mark" else "-") * width
        marked = paint(style, f"{caret} {label}".rstrip())
        block.append(f"{paint('frame', ' ' * gutter + ' |')} {' ' * indent}{marked}")
        shown = number
    return "\n".join(block)


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
