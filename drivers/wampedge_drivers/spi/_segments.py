"""Letters of seven segments, and how a text or a number is laid out on digits.

A cell is one digit as bits: A to G from bit 0 to bit 6 (A on top, then clockwise, G in the middle),
and the point in bit 7.
"""

from __future__ import annotations

from wampedge.errors import InvalidValueError

__all__ = ["POINT", "cells_of", "number_text"]

POINT = 0x80
_UNKNOWN = "?"
_GLYPHS = {
    "0": 0x3F, "1": 0x06, "2": 0x5B, "3": 0x4F, "4": 0x66, "5": 0x6D, "6": 0x7D, "7": 0x07,
    "8": 0x7F, "9": 0x6F, " ": 0x00, "-": 0x40, "_": 0x08, "=": 0x48, "°": 0x63, "'": 0x20,
    '"': 0x22, "?": 0x53, "[": 0x39, "]": 0x0F, "A": 0x77, "B": 0x7C, "C": 0x39, "D": 0x5E,
    "E": 0x79, "F": 0x71, "G": 0x3D, "H": 0x76, "I": 0x30, "J": 0x1E, "L": 0x38, "N": 0x54,
    "O": 0x3F, "P": 0x73, "Q": 0x67, "R": 0x50, "S": 0x6D, "T": 0x78, "U": 0x3E, "Y": 0x6E,
    "Z": 0x5B, "c": 0x58, "h": 0x74, "i": 0x10, "o": 0x5C, "u": 0x1C,
}  # fmt: skip
"""Where only one case has a shape, it stands for both; k, m, v, w and x have none."""


def cells_of(text: str, count: int) -> tuple[list[int], str]:
    """Return the cells that show *text* on *count* digits, and what of it fits.

    A point lights up behind the letter before it. Letters without a shape become ``?``.
    """
    cells: list[int] = []
    fitting = 0
    for letter in text:
        is_point = letter in ".,"
        if is_point and cells and not cells[-1] & POINT:
            cells[-1] |= POINT
        elif len(cells) == count:
            break
        else:
            cells.append(POINT if is_point else _glyph(letter))
        fitting += 1
    return cells + [0] * (count - len(cells)), text[:fitting]


def number_text(value: float, decimals: int, count: int) -> str:
    """Return *value* with so many *decimals*, to the right of *count* digits.

    Raises:
        InvalidValueError: it does not fit.
    """
    text = f"{value:.{decimals}f}"
    width = len(text) - text.count(".")
    if width > count:
        raise InvalidValueError(f"value: {text} does not fit on {count} digits", field="value")
    return " " * (count - width) + text


def _glyph(letter: str) -> int:
    for spelling in (letter, letter.upper(), letter.lower()):
        if spelling in _GLYPHS:
            return _GLYPHS[spelling]
    return _GLYPHS[_UNKNOWN]
