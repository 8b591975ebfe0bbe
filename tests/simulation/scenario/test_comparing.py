from __future__ import annotations

import math
from typing import Any

import pytest

from wampedge.devices.fields import FieldError
from wampedge.simulation.scenario.comparing import (
    COMPARATORS,
    Comparison,
    PlainValue,
    comparisons_of,
    value_text,
)


@pytest.mark.parametrize(
    ("word", "operand", "value", "holds"),
    [
        ("equals", 60, 60.0, True),
        ("equals", 1, True, False),
        ("equals", True, 1, False),
        ("equals", "on", "on", True),
        ("equals", [1, 2], (1, 2.0), True),
        ("equals", 0.3, 0.1 + 0.2, True),
        ("is_not", 3, None, True),
        ("is_not", 3, 3, False),
        ("above", 30, 30, False),
        ("above", 30, 30.1, True),
        ("above", 30, None, False),
        ("below", 30, True, False),
        ("between", (20, 30), 30, True),
        ("between", (20, 30), 30.001, False),
        ("one_of", ("a", "b"), "b", True),
        ("one_of", (0, 1), True, False),
    ],
)
def test_comparison_holds_for(word: str, operand: Any, value: Any, holds: bool) -> None:
    assert Comparison(word, operand).holds(value) is holds


def test_tolerance_belongs_to_equals_only() -> None:
    table = {"equals": 20, "above": 19.7, "tolerance": 0.5}

    near, above = comparisons_of(table)

    assert near.holds(20.5)
    assert not near.holds(20.6)
    assert not above.holds(19.6)
    assert (near.text(), above.text()) == ("equals 20 ± 0.5", "above 19.7")


@pytest.mark.parametrize(
    ("word", "operand", "kind", "part"),
    [
        ("above", 3, "flag", "is about numbers"),
        ("equals", 1, "flag", "must be true or false"),
        ("equals", "on", "number", "must be a number"),
        ("one_of", ("a", 3), "text", "got 3"),
    ],
)
def test_comparison_that_can_never_hold_says_why(
    word: str, operand: Any, kind: Any, part: str
) -> None:
    assert part in Comparison(word, operand).misfit(kind)


def test_comparison_that_fits_or_that_nobody_knows_is_no_misfit() -> None:
    assert not Comparison("equals", True).misfit("flag")
    assert not Comparison("above", 3).misfit("number")
    assert not Comparison("equals", "x").misfit("any")


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**60, [math.nan], {"a": object()}])
def test_values_that_wamp_cannot_carry_are_refused(value: Any) -> None:
    with pytest.raises(FieldError):
        PlainValue().convert(value)


def test_value_nested_without_end_is_refused() -> None:
    value: list[Any] = []
    for _ in range(20):
        value = [value]

    with pytest.raises(FieldError, match="nested"):
        COMPARATORS["equals"].convert(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (0.1 + 0.2, "0.3"),
        ([1, "a"], '[1, "a"]'),
        ({"a": True}, "{a = true}"),
        (b"\x01\xff", "bytes 01 ff"),
    ],
)
def test_values_are_shown_short(value: Any, text: str) -> None:
    assert value_text(value) == text
