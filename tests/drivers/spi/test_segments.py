"""Letters of seven segments, and what fits on so many digits."""

from __future__ import annotations

import pytest

from wampedge.errors import InvalidValueError
from wampedge_drivers.spi._segments import cells_of, number_text


def test_digits_are_lit_as_on_every_display() -> None:
    cells, _ = cells_of("0123456789", 10)
    # 1 is B and C; 7 is A, B and C; 8 is all; 0 is all but G.
    assert (cells[1], cells[7], cells[8], cells[0]) == (0x06, 0x07, 0x7F, 0x3F)
    assert cells[2] == 0b1011011  # A, B, D, E, G


@pytest.mark.parametrize(
    ("text", "cells", "fitting"),
    [
        ("", [0, 0, 0], ""),
        ("-1.5", [0x40, 0x86, 0x6D], "-1.5"),
        ("1..2", [0x86, 0x80, 0x5B], "1..2"),
        (".5", [0x80, 0x6D, 0], ".5"),
        ("12,34", [0x06, 0xDB, 0x4F], "12,3"),
        ("123.4", [0x06, 0x5B, 0xCF], "123."),
        ("eE~", [0x79, 0x79, 0x53], "eE~"),
    ],
)
def test_a_point_takes_no_digit_and_what_is_too_long_is_cut(
    text: str, cells: list[int], fitting: str
) -> None:
    assert cells_of(text, 3) == (cells, fitting)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (7, 0, "   7"),
        (-1.5, 1, " -1.5"),
        (99.996, 1, "100.0"),
        (99.4, 0, "  99"),
        (1234, 0, "1234"),
    ],
)
def test_numbers_stand_at_the_right(value: float, decimals: int, text: str) -> None:
    assert number_text(value, decimals, 4) == text


@pytest.mark.parametrize(("value", "decimals"), [(10_000, 0), (-1000, 0), (9.9996, 4)])
def test_a_number_that_does_not_fit_is_refused(value: float, decimals: int) -> None:
    with pytest.raises(InvalidValueError, match="does not fit on 4 digits") as caught:
        number_text(value, decimals, 4)
    assert caught.value.field == "value"
