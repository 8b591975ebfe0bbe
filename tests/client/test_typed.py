"""Results as the types their callers ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from tests.support.scripted_router import ScriptedRouter
from tests.support.virtual import virtual
from wampedge.client import CallResult
from wampedge.client.typed import typed_result
from wampedge.errors import WrongResultError
from wampedge.wamp.messages import Call, Result
from wampedge.wamp.payload import Payload


@dataclass
class Reading:
    value: float
    unit: str = "V"
    tags: list[str] = field(default_factory=list)


@dataclass
class Room:
    name: str
    readings: dict[str, Reading]


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        (True, bool, True),
        (5, int, 5),
        (5, float, 5.0),
        (2.5, float, 2.5),
        ("a", str, "a"),
        (b"a", bytes, b"a"),
        (None, type(None), None),
        ([1, "a"], list, [1, "a"]),
        ({"a": 1}, dict, {"a": 1}),
        ({"a": 1}, object, {"a": 1}),
        ([1, 2], list[float], [1.0, 2.0]),
        ((1, 2), list[int], [1, 2]),
        ([1, 2, 3], tuple[int, ...], (1, 2, 3)),
        ([1, "a"], tuple[int, str], (1, "a")),
        ({"a": [1]}, dict[str, list[int]], {"a": [1]}),
        (None, int | None, None),
        ("on", Literal["on", "off"], "on"),
        ({"x": 1}, dict[str, Any], {"x": 1}),
        ({"value": 1, "more": 2}, Reading, Reading(1.0)),
        (
            {"name": "attic", "readings": {"air": {"value": 2.5, "unit": "C", "tags": ["x"]}}},
            Room,
            Room("attic", {"air": Reading(2.5, "C", ["x"])}),
        ),
    ],
)
def test_result_of_the_right_type_is_given_as_that(value: Any, wanted: Any, expected: Any) -> None:
    found = typed_result(CallResult.of(value), wanted, "result of a.b")

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "wanted", "text"),
    [
        (1, bool, "value must be bool, got 1 (int)"),
        (True, int, "value must be int, got True (bool)"),
        ("5", float, "value must be float, got '5' (str)"),
        (5, type(None), "value must be None, got 5 (int)"),
        ([1, "a"], list[int], "value[1] must be int, got 'a' (str)"),
        ({}, list[int], "value must be list, got {} (dict)"),
        ([1], tuple[int, str], "value must be a list of 2, got [1] (list)"),
        ({"a": "b"}, dict[str, int], "value['a'] must be int, got 'b' (str)"),
        ({5: 1}, dict[str, int], "key of value must be str, got 5 (int)"),
        ("x", int | None, "value must be int | None, got 'x' (str)"),
        ("auto", Literal["on", "off"], "value must be Literal['on', 'off'], got 'auto' (str)"),
        (1, Literal[True], "value must be Literal[True], got 1 (int)"),
        ({"unit": 5, "value": 1}, Reading, "value.unit must be str, got 5 (int)"),
        ({}, Reading, "value must be a dict with 'value', got {} (dict)"),
        (5, Reading, "value must be dict, got 5 (int)"),
        ("x" * 50, int, f"value must be int, got '{'x' * 36}... (str)"),
    ],
)
def test_result_of_another_type_is_an_error_that_names_the_place(
    value: Any, wanted: Any, text: str
) -> None:
    with pytest.raises(WrongResultError) as caught:
        typed_result(CallResult.of(value), wanted, "result of a.b")

    assert str(caught.value) == f"result of a.b: {text}"


def test_keywords_of_a_result_are_the_fields_of_a_dataclass() -> None:
    assert typed_result(CallResult.of(value=5, unit="A"), Reading, "") == Reading(5.0, "A")


def test_no_value_is_none() -> None:
    with pytest.raises(WrongResultError, match=r"value must be int, got None \(NoneType\)"):
        typed_result(CallResult.of(), int, "result of a.b")


def test_type_that_no_result_can_be_is_a_bug_of_the_caller() -> None:
    with pytest.raises(TypeError, match="results can be no"):
        typed_result(CallResult.of(5), complex, "result of a.b")


@virtual
async def test_call_gives_the_type_it_was_asked_for() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [Result(call.request_id, {}, Payload((5,)))]
    async with await router.session() as session:
        value: float = await session.call("a.b", returns=float)
        with pytest.raises(WrongResultError, match=r"result of a\.b: value must be str"):
            await session.call("a.b", returns=str)

    assert (value, type(value)) == (5.0, float)
