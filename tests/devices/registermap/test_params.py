"""Parameters of a map: what the device file takes, and what expressions see."""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.devices.fields import Boolean, Choice, FieldError, Integer, Number, Quantity
from wampedge.devices.registermap.params import NumberedParam, compile_param


def param(**table: Any) -> NumberedParam:
    return compile_param(
        {"default": None, "unit": None, "choices": None, "range": None, "doc": "", **table}
    )


@pytest.mark.parametrize(
    ("table", "kind", "default"),
    [
        ({"default": 3, "range": (1, 9)}, Integer(1, 9), 3),
        ({"default": 0.5}, Number(), 0.5),
        ({"default": True}, Boolean(), True),
        ({"default": "100mohm", "unit": "ohm"}, Quantity("ohm"), 0.1),
        ({"default": 4, "choices": [1, 2, 4]}, Choice((1, 2, 4)), 4),
    ],
)
def test_the_kind_follows_from_the_declaration(
    table: dict[str, Any], kind: Any, default: Any
) -> None:
    made = param(**table)

    assert type(made.kind) is type(kind)
    assert made.kind.schema() == kind.schema()
    assert made.kind.default == default
    assert made.is_number


def test_a_parameter_without_a_default_is_required() -> None:
    assert param(unit="ohm").kind.is_required


def test_texts_can_stand_for_numbers() -> None:
    made = param(default="4V", choices={"2V": 2.048, "4V": 4.096})

    assert made.numbers == {"2V": 2.048, "4V": 4.096}
    assert made.kind.convert("2V") == "2V"
    assert made.is_number


def test_texts_that_stand_for_nothing_are_not_for_expressions() -> None:
    assert not param(default="fast", choices=["fast", "slow"]).is_number


@pytest.mark.parametrize(
    "table",
    [{"choices": {"a": "b"}}, {"choices": []}, {"choices": "ab"}],
)
def test_other_choices_are_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="choices"):
        param(**table)


def test_a_default_is_of_its_kind() -> None:
    with pytest.raises(FieldError):
        param(default="3", unit="ohm")
