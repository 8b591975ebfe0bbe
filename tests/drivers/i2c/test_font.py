"""The letters of pixel displays."""

from __future__ import annotations

import string

from wampedge_drivers.i2c._font import columns_of, drawable


def test_every_printable_letter_of_ascii_has_a_picture_of_its_own() -> None:
    letters = [chr(code) for code in range(0x20, 0x7F)]

    assert all(drawable(letter) for letter in letters)
    assert len({columns_of(letter) for letter in letters}) == len(letters)


def test_units_can_be_written() -> None:
    assert all(drawable(letter) for letter in "°µ²³Ω±äöüÄÖÜß")
    assert columns_of("\N{OHM SIGN}") == columns_of("Ω")


def test_columns_go_from_left_to_right_with_the_top_in_bit_0() -> None:
    assert columns_of("L") == bytes((0x7F, 0x40, 0x40, 0x40, 0x40))
    assert columns_of("!") == bytes((0x00, 0x00, 0x5F, 0x00, 0x00))


def test_an_unknown_letter_is_a_question_mark() -> None:
    assert columns_of("\N{SNOWMAN}") == columns_of("?")
    assert not drawable("\N{SNOWMAN}")


def test_no_letter_but_the_space_is_empty() -> None:
    assert [c for c in string.printable[:95] if not any(columns_of(c))] == [" "]
