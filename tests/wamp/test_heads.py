from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wamp.strategies import ids, options, routed_messages, texts, values
from wampedge.errors import RemoteProtocolError
from wampedge.wamp.heads import BUILDERS, HEAD_LENGTHS, are_plain
from wampedge.wamp.messages import Message
from wampedge.wamp.payload import EMPTY
from wampedge.wamp.validation import from_wire, head_from_wire, to_wire


def test_the_seven_messages_that_cross_a_router_are_known() -> None:
    assert set(BUILDERS) == set(HEAD_LENGTHS) == {8, 16, 36, 48, 50, 68, 70}


@given(routed_messages)
def test_a_plain_head_is_built(message: Message) -> None:
    wire = to_wire(message)
    head = wire[: HEAD_LENGTHS[message.TYPE]]

    assert BUILDERS[message.TYPE](wire, EMPTY) == head_from_wire(wire) == from_wire(head)


@given(
    st.sampled_from(sorted(BUILDERS)),
    st.lists(
        ids | options | texts | values | st.sampled_from([0, -1, 2**53 + 1, 48, 17]), min_size=4
    ),
)
def test_what_is_built_is_what_the_table_allows(kind: int, fields: list[Any]) -> None:
    wire = [kind, *fields[: HEAD_LENGTHS[kind] - 1]]
    built = BUILDERS[kind](wire, EMPTY)

    if built is not None:
        assert built == from_wire(wire)


@pytest.mark.parametrize(
    "wire",
    [
        [48, 0, {}, "a"], [48, 1, None, "a"], [48, 1, {}, None], [16, True, {}, "a"],
        [70, 1.0, {}], [70, 1, []], [50, 2**53 + 1, {}], [36, 1, 0, {}], [36, 0, 1, {}],
        [36, 1, 1, None], [68, 1, "1", {}], [68, 1, 1, 1], [8, 17, 1, {}, "e"],
        [8, 48.0, 1, {}, "e"], [8, 48, 0, {}, "e"], [8, 48, 1, None, "e"], [8, 48, 1, {}, 5],
    ],
)  # fmt: skip
def test_a_head_that_is_not_plain_is_left_to_the_table(wire: list[Any]) -> None:
    assert BUILDERS[wire[0]](wire, EMPTY) is None


def test_a_null_head_is_still_a_message_for_the_table() -> None:
    assert BUILDERS[70]([70, 1, None], EMPTY) is None
    assert from_wire([70, 1, None]) == from_wire([70, 1, {}])
    with pytest.raises(RemoteProtocolError):
        from_wire([70, 0, None])


@pytest.mark.parametrize(
    ("elements", "verdict"),
    [
        ([[]], True),
        ([[1], {}], True),
        ([], False),
        ([None], False),
        ([{}], False),
        ([b"sealed"], False),
        ([[1], None], False),
        ([[1], []], False),
        ([None, {}], False),
        ([[1], {}, 1], False),
    ],
)
def test_plain_arguments_are_a_list_and_perhaps_a_dict(elements: list[Any], verdict: bool) -> None:
    assert are_plain(elements) is verdict
