"""From text to values and places, in spite of broken statements."""

from __future__ import annotations

import re
from typing import Any, Final

import tomli

from wampedge.config.layout import Scan, Span, SyntaxMistake
from wampedge.config.scanner import scan

__all__ = ["parse"]

_MAX_ATTEMPTS: Final = 20

# What tomli says, what we say instead, and the next step.
_REWORDED: Final = (
    (r"Cannot declare \((.*)\) twice", r"{} is defined twice", "rename or remove one"),
    (r"Cannot (?:mutate immutable|redefine) namespace \((.*)\)", r"{} is complete where it is defined first", "write all its keys there"),  # noqa: E501 # one row, one line
    (r"Cannot overwrite a value", "a name is defined twice, once as a value and once as a table", "rename or remove one"),  # noqa: E501 # one row, one line
    (r"Duplicate inline table key '(.*)'", r"{} is defined twice", "rename or remove one"),
    (r"Unescaped '\\' in a string", "a backslash in double quotes starts an escape, and this is none", "write the text in single quotes: they take a backslash as it is"),  # noqa: E501 # one row, one line
    (r"Invalid date or datetime.*", "there is no such date", ""),
)  # fmt: skip


def parse(text: str) -> tuple[dict[str, Any], Scan]:
    """Return the values of *text* that can be read, and where they are with all syntax mistakes.

    Statements that tomli refuses are blanked out one by one until it takes the rest.
    """
    found = scan(text)
    for _ in range(_MAX_ATTEMPTS):
        try:
            return tomli.loads(found.text), found
        except tomli.TOMLDecodeError as error:
            index = _statement_at(found, error.pos)
            if index is None:
                break
            _give_up(found, index, error)
    found.is_complete = False
    return {}, found


def _statement_at(found: Scan, at: int) -> int | None:
    """Return the index of the statement *at* is in or, for some mistakes, right behind."""
    before = [index for index, statement in enumerate(found.statements) if statement.start <= at]
    return before[-1] if before else None


def _give_up(found: Scan, index: int, error: tomli.TOMLDecodeError) -> None:
    """Note the mistake and take the statement away; a header takes what is under it along."""
    statement = found.statements[index]
    span = Span(statement.start, statement.end)
    if error.msg.startswith("Unescaped"):
        span = Span(error.pos - 2, error.pos)  # tomli points behind the escape
    elif statement.start < error.pos < statement.end - 1 and not statement.is_header:
        span = Span(error.pos, error.pos + 1)
    found.mistakes.append(SyntaxMistake(span, *_reworded(error.msg)))
    found.lost.add(statement.path)
    last = index + 1
    while statement.is_header and last < len(found.statements):
        if found.statements[last].is_header:
            break
        last += 1
    for gone in found.statements[index:last]:
        found.text = (
            found.text[: gone.start]
            + re.sub(r"[^\n]", " ", found.text[gone.start : gone.end])
            + found.text[gone.end :]
        )
    del found.statements[index:last]


def _reworded(message: str) -> tuple[str, str]:
    for pattern, text, hint in _REWORDED:
        match = re.fullmatch(pattern, message)
        if match:
            names = re.findall("'([^']*)'", message)
            return text.format(".".join(names)), hint
    return f"{message[:1].lower()}{message[1:]}", ""
