"""How ``wampedge check`` prints what it found: for people, editors, programs and GitHub."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from wampedge.config import Problem, render

__all__ = ["FORMATS", "report"]


def report(
    problems: Sequence[Problem], texts: Mapping[str, str], *, form: str, color: bool = False
) -> str:
    """Return the report on *problems* in the format *form*, without a last line feed."""
    if form == "full":
        return render(problems, texts, color=color)
    return "\n".join(_LINES[form](problem) for problem in problems)


def _concise(problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    place = f"{problem.file}:{problem.line}:{problem.column}"
    return f"{place}: {problem.severity}: {problem.text}{hint} [{problem.code}]"


def _as_json(problem: Problem) -> str:
    import json  # noqa: PLC0415 # the other formats do not pay for it

    members: dict[str, Any] = {
        "severity": problem.severity,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.end_column,
        "code": problem.code,
        "text": problem.text,
        "hint": problem.hint,
        "related": [
            {
                "file": related.file or problem.file,
                "line": related.line,
                "column": related.column,
                "end_column": related.end_column,
                "text": related.text,
            }
            for related in problem.related
        ],
    }
    return json.dumps(members, ensure_ascii=False)


def _github(problem: Problem) -> str:
    """Return a workflow command: GitHub shows it beside the line of a pull request."""
    where = {
        "file": problem.file,
        "line": problem.line,
        "endLine": problem.line,
        "col": problem.column,
        "endColumn": problem.end_column,
        "title": f"wampedge: {problem.code}",
    }
    members = ",".join(f"{key}={_property(str(value))}" for key, value in where.items())
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"::{problem.severity} {members}::{_message(problem.text + hint)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


_LINES: Final[Mapping[str, Callable[[Problem], str]]] = {
    "concise": _concise,
    "json": _as_json,
    "github": _github,
}
FORMATS: Final = ("full", *_LINES)
"""What ``--format`` takes."""
