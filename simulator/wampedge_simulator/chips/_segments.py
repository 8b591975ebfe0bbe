"""Reads the digits of a display of seven segments, as somebody before it does."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["read_digit"]

_LETTER_BY_SEGMENTS = {
    "": " ", "abcdef": "0", "bc": "1", "abdeg": "2", "abcdg": "3", "bcfg": "4", "acdfg": "5",
    "acdefg": "6", "abc": "7", "abcdefg": "8", "abcdfg": "9", "g": "-", "d": "_", "dg": "=",
    "abfg": "°", "abcefg": "A", "cdefg": "b", "adef": "C", "deg": "c", "bcdeg": "d", "adefg": "E",
    "aefg": "F", "acdef": "G", "bcefg": "H", "cefg": "h", "ef": "I", "e": "i", "bcde": "J",
    "def": "L", "ceg": "n", "cdeg": "o", "abefg": "P", "eg": "r", "defg": "t", "bcdef": "U",
    "cde": "u", "bcdfg": "y", "abcfg": "q", "f": "'", "bf": '"', "abeg": "?", "abcd": "]",
}  # fmt: skip


def read_digit(lit: Iterable[str]) -> str:
    """Return the letter that the segments *lit* (``a`` to ``g``, and ``.``) look like.

    What looks like no letter is ``▒``; a lit point stands behind its letter.
    """
    segments = set(lit)
    point = "." if "." in segments else ""
    return _LETTER_BY_SEGMENTS.get("".join(sorted(segments - {"."})), "▒") + point
