"""Texts on the lines of a display."""

from __future__ import annotations

import pytest

from wampedge_drivers.i2c._lines import laid_out


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["", ""]),
        ("one", ["one", ""]),
        ("one\ntwo", ["one", "two"]),
        ("one\r\ntwo\nthree", ["one", "two"]),
        ("a b c d e f", ["a b c", "d e f"]),
        ("longword", ["longw", "ord"]),
        ("\nlow", ["", "low"]),
    ],
)
def test_a_text_is_laid_out(text: str, lines: list[str]) -> None:
    assert laid_out(text, width=5, lines=2) == lines
