"""SASLprep (RFC 4013) of texts beyond ASCII.

The tables and the normalization are those of Unicode 3.2, as the RFC wants; both are in the
standard library.
"""

from __future__ import annotations

import stringprep
from collections.abc import Callable
from typing import Final
from unicodedata import ucd_3_2_0 as unicode

__all__ = ["prepare"]

_PROHIBITED: Final[tuple[Callable[[str], bool], ...]] = (
    stringprep.in_table_a1,  # unassigned: RFC 4013 section 2.5, for texts that are stored
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def prepare(text: str) -> str:
    """Return the prepared form of *text*.

    Raises:
        ValueError: the text has characters that no name or password may have, or mixes
            directions of writing in a way that cannot be told apart on paper.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(each) else each
        for each in text
        if not stringprep.in_table_b1(each)
    )
    prepared = unicode.normalize("NFKC", mapped)
    for each in prepared:
        if any(is_prohibited(each) for is_prohibited in _PROHIBITED):
            raise ValueError(f"U+{ord(each):04X} is not allowed in a name or password")
    _check_directions(prepared)
    return prepared


def _check_directions(text: str) -> None:
    """Refuse what RFC 3454 section 6 refuses of right-to-left text."""
    if not any(stringprep.in_table_d1(each) for each in text):
        return
    if any(stringprep.in_table_d2(each) for each in text):
        raise ValueError("a name or password must not mix right-to-left and left-to-right text")
    if not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])):
        raise ValueError("right-to-left text must begin and end a name or password that has any")
