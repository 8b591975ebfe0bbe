from __future__ import annotations

import math
from typing import Any

import pytest

from wampedge.devices.fields import (
    REQUIRED,
    Boolean,
    Bytes,
    Choice,
    Field,
    FieldError,
    Integer,
    Number,
    Text,
    shown,
)


def complaint(kind: Field, value: Any) -> str:
    with pytest.raises(FieldError) as caught:
        kind.convert(value)
    return str(caught.value)


def test_a_field_without_default_is_required() -> None:
    assert Boolean().default is REQUIRED
    assert Boolean().is_required
    assert not Boolean(default=None).is_required


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_takes_true_and_false(value: bool) -> None:
    assert Boolean().convert(value) is value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "must be true or false, got 1"),
        (None, "must be true or false, got nothing"),
        ("on", 'must be true or false, got "on" (write true, without quotes)'),
        ("False", 'must be true or false, got "False" (write false, without quotes)'),
    ],
)
def test_a_boolean_takes_nothing_else(value: Any, text: str) -> None:
    assert complaint(Boolean(), value) == text


@pytest.mark.parametrize("value", [0, 10, 2.5])
def test_a_number_within_its_limits_keeps_its_type(value: float) -> None:
    converted = Number(0, 10).convert(value)

    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (11, "must be 0 to 10, got 11"),
        (-0.5, "must be 0 to 10, got -0.5"),
        (True, "must be a number, got true"),
        ("5", 'must be a number, got "5" (write 5, without quotes)'),
        ([5], "must be a number, got a list"),
        (math.nan, "must be a usual number, got nan"),
        (math.inf, "must be a usual number, got inf"),
        (2**70, "must be a usual number, got a number of 71 bits"),
    ],
)
def test_a_number_refuses_what_is_none_or_out_of_limits(value: Any, text: str) -> None:
    assert complaint(Number(0, 10), value) == text


def test_a_number_too_long_to_print_is_told_by_its_bits() -> None:
    assert complaint(Number(), 1 << 20_000) == (
        "must be a usual number, got a number of 20001 bits"
    )


def test_a_limit_on_one_side_is_told_as_such() -> None:
    assert complaint(Number(minimum=1), 0) == "must be 1 or more, got 0"
    assert complaint(Number(maximum=1), 2) == "must be 1 or less, got 2"


@pytest.mark.parametrize(("value", "number"), [(7, 7), (7.0, 7), (0, 0)])
def test_an_integer_takes_whole_numbers(value: float, number: int) -> None:
    converted = Integer(0, 27).convert(value)

    assert converted == number
    assert type(converted) is int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (31, "must be 0 to 27, got 31"),
        (1.5, "must be a whole number, got 1.5"),
        (True, "must be a whole number, got true"),
        (math.nan, "must be a whole number, got nan"),
        ("17", 'must be a whole number, got "17" (write 17, without quotes)'),
        (2**70, "must be 0 to 27, got a number of 71 bits"),
    ],
)
def test_an_integer_refuses_everything_else(value: Any, text: str) -> None:
    assert complaint(Integer(0, 27), value) == text


def test_an_integer_without_limits_ends_at_2_to_the_53() -> None:
    assert Integer().convert(2**53) == 2**53
    assert complaint(Integer(), 2**53 + 1) == "must be at most 2^53, got 9007199254740993"


def test_a_text_is_checked_by_length_and_pattern() -> None:
    kind = Text(pattern="[a-z]+", minimum_length=1, maximum_length=5, wanted="lower-case letters")

    assert kind.convert("abc") == "abc"
    assert complaint(kind, "") == "must not be empty"
    assert complaint(kind, "abcdef") == "must have 5 characters or fewer, got 6"
    assert complaint(kind, "ABC") == 'must be lower-case letters, got "ABC"'
    assert complaint(kind, "abc\n") == 'must be lower-case letters, got "abc\\n"'
    assert complaint(kind, 12) == 'must be a text, got 12 (write "12")'
    assert complaint(kind, True) == "must be a text, got true"
    assert complaint(Text(minimum_length=2), "a") == 'must have 2 characters or more, got "a"'


def test_a_choice_suggests_the_near_miss() -> None:
    kind = Choice(("off", "on", "restore"))

    assert kind.convert("restore") == "restore"
    assert complaint(kind, "restor") == (
        'must be "off", "on" or "restore", got "restor" (did you mean "restore"?)'
    )
    assert complaint(kind, True) == 'must be "off", "on" or "restore", got true'


def test_a_choice_of_numbers_does_not_take_flags() -> None:
    kind = Choice((1, 2))

    assert kind.convert(1) == 1
    assert kind.convert(2.0) == 2
    assert complaint(kind, True) == "must be 1 or 2, got true"


def test_bytes_take_bytes_and_text() -> None:
    kind = Bytes(minimum_length=1, maximum_length=3)

    assert kind.convert(b"\x00\xff") == b"\x00\xff"
    assert kind.convert("µ") == b"\xc2\xb5"
    assert complaint(kind, "") == "must have 1 to 3 bytes, got 0"
    assert complaint(kind, 5) == "must be bytes or a text, got 5"
    assert complaint(kind, "\ud800") == "must be bytes or a text, got half a character"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 50, '"' + "x" * 37 + '..."'),
        ("\x1b[31m", '"\\x1b[31m"'),
        ("°C", '"°C"'),
        ({}, "a table"),
        (b"", "bytes"),
        (0.5, "0.5"),
    ],
)
def test_a_value_is_shown_short_and_harmless(value: Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Boolean(), {"type": "boolean"}),
        (Number(0, 1.5), {"type": "number", "minimum": 0, "maximum": 1.5}),
        (Integer(minimum=1), {"type": "integer", "minimum": 1}),
        (
            Text(pattern="a+", minimum_length=1, maximum_length=9),
            {"type": "string", "pattern": "^(?:a+)$", "minLength": 1, "maxLength": 9},
        ),
        (Choice(("a", 1)), {"enum": ["a", 1]}),
        (
            Bytes(maximum_length=8),
            {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "maxLength": 8,
            },
        ),
    ],
)
def test_each_kind_describes_itself_as_json_schema(kind: Field, schema: dict[str, Any]) -> None:
    assert kind.schema() == schema
