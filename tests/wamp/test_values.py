from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from tests.wamp.strategies import values
from wampedge.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from wampedge.wamp.values import check_incoming, check_outgoing


class Level(enum.IntEnum):
    LOW = 0


class Name(enum.StrEnum):
    UNIT = "unit"


def nested_lists(depth: int) -> Any:
    """Return an empty list inside *depth* - 1 others."""
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


def nested_dicts(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth - 1):
        value = {"k": value}
    return value


def check_one(value: Any) -> None:
    check_incoming([value])


CHECKS: list[tuple[Callable[[Any], None], type[ProtocolError]]] = [
    (check_one, RemoteProtocolError),
    (check_outgoing, LocalProtocolError),
]


@pytest.mark.parametrize(("check", "error"), CHECKS)
@pytest.mark.parametrize("nested", [nested_lists, nested_dicts])
def test_a_value_fills_31_levels_below_its_message(
    check: Callable[[Any], None], error: type[ProtocolError], nested: Callable[[int], Any]
) -> None:
    check(nested(31))

    with pytest.raises(error, match="nested deeper than 32"):
        check(nested(32))


@pytest.mark.parametrize(("check", "error"), CHECKS)
@pytest.mark.parametrize(
    ("largest", "larger"),
    [
        ([0] * 10_000, [0] * 10_001),
        ({str(i): 0 for i in range(5_000)}, {str(i): 0 for i in range(5_001)}),
        ([[0] * 99 for _ in range(100)], [[0] * 100 for _ in range(100)]),
    ],
)
def test_an_argument_holds_10000_elements(
    check: Callable[[Any], None], error: type[ProtocolError], largest: Any, larger: Any
) -> None:
    """Items, keys and values count, and so do the lists that hold them."""
    check(largest)

    with pytest.raises(error, match="more than 10000 elements"):
        check(larger)


@pytest.mark.parametrize(("check", "error"), CHECKS)
@pytest.mark.parametrize("key", [1, None, b"k", 1.5, (1,)])
def test_keys_are_texts(check: Callable[[Any], None], error: type[ProtocolError], key: Any) -> None:
    with pytest.raises(error, match="keys must be str"):
        check([{key: 0}])


@pytest.mark.parametrize(("check", "error"), CHECKS)
@pytest.mark.parametrize("value", [datetime(2026, 1, 1, tzinfo=UTC), {1}, object, 1j])
def test_other_types_are_refused_by_name(
    check: Callable[[Any], None], error: type[ProtocolError], value: Any
) -> None:
    with pytest.raises(error, match=f"value of type {type(value).__name__}"):
        check([value])


@pytest.mark.parametrize("value", ["\ud800", ["a\udfff"], {"\ud800": 1}, {"a": ["\udead"]}])
def test_a_lone_surrogate_that_comes_in_is_refused(value: Any) -> None:
    with pytest.raises(RemoteProtocolError, match="lone surrogate"):
        check_incoming([value])


@given(values)
def test_what_may_be_sent_may_come_in(value: Any) -> None:
    check_outgoing(value)
    check_incoming([value])


@pytest.mark.parametrize(
    "value", [(1, 2), Level.LOW, bytearray(b"x"), memoryview(b"x"), [(1,)], {Name.UNIT: Name.UNIT}]
)
def test_close_relatives_of_plain_types_may_be_sent(value: Any) -> None:
    check_outgoing(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)

    with pytest.raises(LocalProtocolError, match="nested deeper than 32"):
        check_outgoing(value)


def test_each_argument_has_a_budget_of_its_own() -> None:
    check_incoming([1, [0] * 10_000, [0] * 10_000, "ü"])
