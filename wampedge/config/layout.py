"""Where things stand in a device file: spans, key paths, and mistakes in the shape of the text."""

from __future__ import annotations

from typing import NamedTuple

from wampedge.records import Record

__all__ = ["KeyPath", "Place", "Scan", "Span", "Statement", "SyntaxMistake"]

KeyPath = tuple[str | int, ...]
"""Keys from the root of the file; an item of a list has its index as the last part."""


class Span(NamedTuple):
    """A part of the text: offsets of its first character and of the one after its last."""

    start: int
    end: int


class Place(NamedTuple):
    """Where the last part of a key path is written, and the value that belongs to it."""

    key: Span
    value: Span


class Statement(NamedTuple):
    """One header or one ``key = value``, and the path it leads to."""

    start: int
    end: int
    path: KeyPath
    is_header: bool


class SyntaxMistake(Record):
    """A mistake in the shape of the text; *first* is where a thing defined twice was before."""

    span: Span
    text: str
    hint: str = ""
    code: str = "syntax"
    first: Span | None = None


class Scan:
    """What the scanner found.

    Attributes:
        source: the text as it was scanned.
        text: *source* with every broken or repeated statement blanked out.
        places: key path to where it is; list items have their index as the last part.
        mistakes: what is wrong, in file order.
        statements: each statement that is left in *text*.
        lost: key paths that would be there, had their statement been right.
        is_complete: the scanner went through the whole text; False when it met a hard limit.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = source
        self.places: dict[KeyPath, Place] = {}
        self.mistakes: list[SyntaxMistake] = []
        self.statements: list[Statement] = []
        self.lost: set[KeyPath] = set()
        self.is_complete = True
