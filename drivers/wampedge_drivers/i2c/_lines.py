"""Lays a text out on the lines of a display."""

from __future__ import annotations

import textwrap

__all__ = ["laid_out"]


def laid_out(text: str, *, width: int, lines: int) -> list[str]:
    """Return *lines* lines of at most *width* letters; what does not fit is left out.

    A line ends at a line feed, else between two words, else where it is full.
    """
    found: list[str] = []
    for part in text.replace("\r\n", "\n").split("\n"):
        found += textwrap.wrap(part, width, drop_whitespace=True) or [""]
    return [*found[:lines], *[""] * (lines - len(found))]
