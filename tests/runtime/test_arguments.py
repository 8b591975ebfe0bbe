"""Binding the arguments of a call to those a command declares."""

from typing import Any

import pytest

from wampedge.devices.fields import Boolean, Duration, Field, Number
from wampedge.errors import InvalidValueError
from wampedge.runtime.arguments import bind_arguments

DECLARED: dict[str, Field] = {
    "speed": Number(minimum=0.0, maximum=100.0),
    "ramp": Duration(default=1.0),
}


def field_at_fault(args: list[Any], kwargs: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(InvalidValueError) as caught:
        bind_arguments(DECLARED, args, kwargs)
    return caught.value.field, caught.value.reason


def test_positional_and_keyword_arguments_mean_the_same() -> None:
    assert bind_arguments(DECLARED, [50.0, "2s"], {}) == {"speed": 50.0, "ramp": 2.0}
    assert bind_arguments(DECLARED, [], {"ramp": "2s", "speed": 50.0}) == {
        "speed": 50.0, "ramp": 2.0,
    }  # fmt: skip


def test_absent_argument_takes_its_default() -> None:
    assert bind_arguments(DECLARED, [50.0], {}) == {"speed": 50.0, "ramp": 1.0}


def test_missing_argument_is_named() -> None:
    assert field_at_fault([], {}) == ("speed", "speed is missing")


def test_unknown_argument_is_named_with_those_that_exist() -> None:
    field, reason = field_at_fault([1.0], {"rampe": "1s"})

    assert field == "rampe"
    assert reason == "rampe is not an argument (known are: speed, ramp)"


def test_unknown_argument_of_a_command_without_any_says_so() -> None:
    with pytest.raises(InvalidValueError, match=r"now is not an argument \(none is taken\)"):
        bind_arguments({}, [], {"now": True})


def test_argument_given_twice_is_refused() -> None:
    assert field_at_fault([1.0], {"speed": 2.0}) == ("speed", "speed is given twice")


def test_too_many_arguments_are_refused_with_the_number_wanted() -> None:
    field, reason = field_at_fault([1.0, "1s", 3], {})

    assert field == "argument 3"
    assert reason == "takes 2 arguments (speed, ramp), got 3"


@pytest.mark.parametrize("value", ["on", True, 2**70, float("nan"), 100.5, None, [1]])
def test_value_of_the_wrong_kind_or_range_is_refused_by_name(value: Any) -> None:
    field, reason = field_at_fault([value], {})

    assert field == "speed"
    assert reason.startswith("speed: ")


def test_flag_is_not_taken_for_a_number() -> None:
    assert bind_arguments({"fresh": Boolean(default=False)}, [], {}) == {"fresh": False}
    with pytest.raises(InvalidValueError):
        bind_arguments({"fresh": Boolean(default=False)}, [1], {})
