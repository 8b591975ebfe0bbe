from __future__ import annotations

from typing import Any

import pytest

from wampedge.devices.fields import FieldError
from wampedge.simulation.scenario.conditions import Condition, ConditionField, Count, CountField


def condition(**keys: Any) -> Condition:
    return ConditionField().convert(keys)


def test_condition_without_comparison_wants_true() -> None:
    wanted = condition(signal="gpio:17")

    assert wanted.holds(True)
    assert not wanted.holds(1)
    assert wanted.text() == "gpio:17 equals true"


def test_all_comparisons_of_a_condition_must_hold() -> None:
    wanted = condition(signal="air.temperature", above=20, below=30)

    assert [wanted.holds(value) for value in (20, 25, 30)] == [False, True, False]
    assert wanted.text() == "air.temperature above 20 and below 30"


def test_parts_of_nested_conditions_come_with_their_places() -> None:
    wanted = condition(any=[{"signal": "a"}, {"all": [{"signal": "b"}, {"signal": "c"}]}])

    found = {part.signal: path for path, part in wanted.parts(("x",))}

    assert found == {
        "a": ("x", "any", 0),
        "b": ("x", "any", 1, "all", 0),
        "c": ("x", "any", 1, "all", 1),
    }


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({}, "exactly one of"),
        ({"signal": "a", "event": "b"}, "exactly one of"),
        ({"signal": "a", "count": 2}, "count is about events only"),
        ({"signal": "a", "tolerance": 2}, "needs equals"),
        ({"signal": "a", "between": [3, 2]}, "smaller number"),
        ({"all": [{"signal": "a"}], "equals": 3}, "cannot stand beside all"),
        ({"event": "a", "kwargs": 3}, "must be a table"),
        ({"signl": "a"}, "did you mean signal"),
        ({"event": "a", "count": [3, 2]}, "begin above its end"),
    ],
)
def test_condition_that_means_nothing_is_refused(keys: dict[str, Any], part: str) -> None:
    with pytest.raises(FieldError) as caught:
        ConditionField().convert(keys)

    assert any(part in str(each) for each in caught.value.each())


def test_conditions_nested_too_deep_are_refused() -> None:
    keys: dict[str, Any] = {"signal": "a"}
    for _ in range(5):
        keys = {"all": [keys]}

    with pytest.raises(FieldError):
        ConditionField().convert(keys)


def test_count_is_a_number_or_a_range() -> None:
    assert CountField().convert(3) == Count(3, 3)
    assert CountField().convert([2, 4]) == Count(2, 4)
    assert [Count(2, 4).holds(n) for n in (1, 2, 4, 5)] == [False, True, True, False]
    assert Count().holds(1_000)
