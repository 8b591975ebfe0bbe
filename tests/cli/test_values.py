"""Values on the command line, in and out."""

import argparse
from typing import Any

import pytest

from wampedge.cli.values import keyword, plain, to_json_line, value_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("21.5", 21.5),
        ("-3", -3),
        ("null", None),
        ("[1, 2]", [1, 2]),
        ('{"a": 1}', {"a": 1}),
        ('"21.5"', "21.5"),
        ("5s", "5s"),
        ("on", "on"),
        ("", ""),
        ("NaN", "NaN"),
        ("[1,", "[1,"),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_what_is_json_is_json_and_all_else_is_text(text: str, value: Any) -> None:
    assert value_of(text) == value


def test_keyword_is_name_and_value() -> None:
    assert keyword("for_=5s") == ("for_", "5s")
    assert keyword("value=true") == ("value", True)
    assert keyword("text=a=b") == ("text", "a=b")


@pytest.mark.parametrize("text", ["value", "=5", ""])
def test_keyword_without_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be name=value"):
        keyword(text)


def test_single_value_is_printed_bare() -> None:
    assert plain([21.5], {}) == "21.5"
    assert plain(["on"], {}) == "on"
    assert plain([], {}) == ""


def test_reading_is_printed_value_first() -> None:
    assert plain([21.5], {"unit": "°C", "seq": 3}) == "21.5  unit=°C  seq=3"


def test_structure_is_printed_as_indented_json() -> None:
    assert plain([{"a": [1]}], {}) == '{\n  "a": [\n    1\n  ]\n}'


def test_json_line_keeps_text_readable_and_bytes_as_hexadecimal() -> None:
    assert to_json_line({"args": ["°C", b"\x01\xff"]}) == '{"args": ["°C", "01ff"]}'
