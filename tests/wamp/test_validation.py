from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wamp.strategies import MAKERS, messages, values
from wampedge.errors import RemoteProtocolError
from wampedge.wamp.ids import MAX_ID
from wampedge.wamp.messages import (
    MESSAGE_BY_TYPE,
    Abort,
    Call,
    Error,
    Event,
    EventReceived,
    Goodbye,
    Hello,
    Message,
    Publish,
    Result,
    Unregistered,
    Unsubscribed,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge.wamp.validation import from_wire, head_from_wire, shown, to_wire

ROLES: dict[str, Any] = {"caller": {}}


@given(messages)
def test_a_message_survives_the_way_to_the_wire_and_back(message: Message) -> None:
    wire = to_wire(message)

    assert wire[0] == message.TYPE
    assert from_wire(wire) == message


def test_the_strategies_know_every_message_type() -> None:
    assert set(MAKERS) == set(MESSAGE_BY_TYPE.values())


@given(st.lists(st.sampled_from([*MESSAGE_BY_TYPE, 999]) | values, max_size=8))
def test_any_list_gives_a_message_or_a_violation(wire: list[Any]) -> None:
    try:
        message = from_wire(wire)
    except RemoteProtocolError as error:
        violation = error
    else:
        assert from_wire(to_wire(message)) == message
        return

    assert violation.reason == "wamp.error.protocol_violation"
    assert len(str(violation)) <= 200


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ([1, "edge", {"roles": ROLES}], Hello("edge", {"roles": ROLES})),
        ([1, "edge", {"roles": {"caller": None}}], Hello("edge", {"roles": {"caller": None}})),
        ([2, MAX_ID, {"roles": ROLES}], Welcome(MAX_ID, {"roles": ROLES})),
        ([2, 1, None], Welcome(1, {})),
        ([3, {}, "wamp.x"], Abort({}, "wamp.x")),
        ([3, {}, "wamp.x", ["why"]], Abort({}, "wamp.x", Payload(["why"]))),
        ([6, {}, "wamp.close.normal"], Goodbye({}, "wamp.close.normal")),
        ([8, 48, 7, {}, "a.e", [], {"k": 1}], Error(48, 7, {}, "a.e", Payload([], {"k": 1}))),
        ([35, 0, {"subscription": 5}], Unsubscribed(0, {"subscription": 5})),
        ([67, 9], Unregistered(9)),
        ([337, 5], EventReceived(5)),
        ([337, 5, {}], EventReceived(5)),
        ([36, 1, 2, {}, [], {}], Event(1, 2, {})),
    ],
)
def test_well_formed_messages(wire: list[Any], message: Message) -> None:
    assert from_wire(wire) == message


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ([48, 1, None, "a.b"], Call(1, {}, "a.b")),
        ([48, 1, {}, "a.b", None], Call(1, {}, "a.b")),
        ([48, 1, {}, "a.b", None, None], Call(1, {}, "a.b")),
        ([48, 1, {}, "a.b", None, {"k": 1}], Call(1, {}, "a.b", Payload([], {"k": 1}))),
        ([70, 1, None, [1], None], Yield(1, {}, Payload([1]))),
        ([16, 1, {"exclude_me": None}, "t"], Publish(1, {"exclude_me": None}, "t")),
    ],
)
def test_nulls_count_as_absent(wire: list[Any], message: Message) -> None:
    """wampy.js sends null for options and arguments it does not use."""
    assert from_wire(wire) == message


@pytest.mark.parametrize("blob", [b"\x01\x02", "a1666e"])
def test_a_sealed_payload_needs_its_algorithm(blob: Any) -> None:
    """Specification, "Payload Transparency": the blob stands in the place of the arguments."""
    sealed = from_wire([16, 1, {"enc_algo": "cryptobox"}, "t", blob])

    assert sealed == Publish(1, {"enc_algo": "cryptobox"}, "t", Payload.sealed(blob))
    assert to_wire(sealed) == [16, 1, {"enc_algo": "cryptobox"}, "t", blob]
    with pytest.raises(RemoteProtocolError, match="args must be a list"):
        from_wire([16, 1, {}, "t", blob])
    with pytest.raises(RemoteProtocolError, match="args must be a list"):
        from_wire([16, 1, {"enc_algo": "cryptobox"}, "t", blob, {}])


@pytest.mark.parametrize("wire", [{}, [], None, 5, "HELLO", b"", (1, "edge", {})])
def test_a_message_is_a_list_with_something_in_it(wire: Any) -> None:
    """Rows P2 and P3."""
    with pytest.raises(RemoteProtocolError, match="non-empty list"):
        from_wire(wire)


@pytest.mark.parametrize("kind", [999, 0, -1, 7, "HELLO", True, 48.0, None, [48], {}, 2**70])
def test_an_unknown_type_is_refused(kind: Any) -> None:
    """Row P4; True equals 1 and 48.0 equals 48 in Python, but neither is a message type."""
    with pytest.raises(RemoteProtocolError, match="unknown message type"):
        from_wire([kind, 1, {}, "a.b"])


@pytest.mark.parametrize(
    "details", [{}, {"roles": {}}, {"roles": None}, {"roles": ["caller"]}, {"roles": {"caller": 1}}]
)
def test_a_hello_announces_roles(details: Any) -> None:
    """Row P7."""
    with pytest.raises(RemoteProtocolError, match="HELLO: details must be a dict that announces"):
        from_wire([1, "edge", details])


def test_a_hello_without_details_announces_nothing() -> None:
    with pytest.raises(RemoteProtocolError, match="HELLO: details"):
        from_wire([1, "edge", None])


@pytest.mark.parametrize("details", [[], 5, {"roles": 5}, {"roles": {"broker": []}}])
def test_a_welcome_has_sound_roles(details: Any) -> None:
    with pytest.raises(RemoteProtocolError, match="WELCOME: details"):
        from_wire([2, 1, details])


@pytest.mark.parametrize("realm", [5, None, [], {}, True, b"edge"])
def test_a_realm_is_a_string(realm: Any) -> None:
    """Row P9."""
    with pytest.raises(RemoteProtocolError, match="HELLO: realm must be a string"):
        from_wire([1, realm, {"roles": ROLES}])


@pytest.mark.parametrize("number", [0, -1, MAX_ID + 1, 1.5, 1.0, "1", True, None, []])
@pytest.mark.parametrize(
    "wire",
    [
        [48, None, {}, "a"], [16, None, {}, "a"], [32, None, {}, "a"], [64, None, {}, "a"],
        [34, 1, None], [66, None, 1], [70, None, {}], [49, None, {}], [36, None, 1, {}],
        [36, 1, None, {}], [68, 1, None, {}], [17, 1, None], [33, None, 1], [65, 1, None],
        [50, None, {}], [69, None, {}], [8, 48, None, {}, "a"], [2, None, {}], [337, None],
    ],
)  # fmt: skip
def test_an_id_is_an_integer_from_1_to_2_to_the_53(wire: list[Any], number: Any) -> None:
    """Rows P13 and P14."""
    broken = [number if element is None else element for element in wire]

    with pytest.raises(RemoteProtocolError, match=r"must be an integer from 1 to 2\*\*53"):
        from_wire(broken)


@pytest.mark.parametrize("kind", [35, 67])
def test_a_revocation_has_request_0(kind: int) -> None:
    assert isinstance(from_wire([kind, 0, {}]), Unsubscribed | Unregistered)
    with pytest.raises(RemoteProtocolError, match=r"from 0 to 2\*\*53"):
        from_wire([kind, -1, {}])


@pytest.mark.parametrize("kind", [0, 1, 17, 50, 999, True, "48", 48.0, None])
def test_an_error_answers_a_request(kind: Any) -> None:
    with pytest.raises(RemoteProtocolError, match="request_type must be the type of a request"):
        from_wire([8, kind, 1, {}, "a"])


@pytest.mark.parametrize("options", [[], "x", 5, True])
@pytest.mark.parametrize("kind", [16, 32, 48, 64])
def test_options_are_a_dict(kind: int, options: Any) -> None:
    """Row P21."""
    with pytest.raises(RemoteProtocolError, match="options must be a dict"):
        from_wire([kind, 1, options, "a.b"])


@pytest.mark.parametrize("uri", [5, None, [], True, b"a.b"])
@pytest.mark.parametrize("kind", [16, 32, 48, 64])
def test_a_uri_is_a_string(kind: int, uri: Any) -> None:
    with pytest.raises(RemoteProtocolError, match="must be a string"):
        from_wire([kind, 1, {}, uri])


@pytest.mark.parametrize("args", [{}, "x", 5, b"x", True])
def test_arguments_are_a_list(args: Any) -> None:
    """Row P24."""
    with pytest.raises(RemoteProtocolError, match="CALL: args must be a list"):
        from_wire([48, 1, {}, "a.b", args])


@pytest.mark.parametrize("kwargs", [[], "x", 5, b"x"])
def test_keyword_arguments_are_a_dict(kwargs: Any) -> None:
    """Row P24."""
    with pytest.raises(RemoteProtocolError, match="CALL: kwargs must be a dict"):
        from_wire([48, 1, {}, "a.b", [], kwargs])


@pytest.mark.parametrize(
    "wire",
    [
        [48, 1, {}, "a", [], {}, 1], [48, 1, {}], [48], [6, {}], [6, {}, "a", []], [17, 1],
        [17, 1, 2, 3], [32, 1, {}, "a", []], [35, 1, {}, 1], [337, 1, {}, b""],
        [16, 1, {}, "a", [], {}, *range(6)], [1, "edge"], [36, 1, 2], [69, 1, {}, 5],
    ],
)  # fmt: skip
def test_a_message_has_its_number_of_elements(wire: list[Any]) -> None:
    """Rows P12 and P24."""
    with pytest.raises(RemoteProtocolError, match="elements, got"):
        from_wire(wire)


def test_the_shortest_form_goes_on_the_wire() -> None:
    assert to_wire(Call(1, {}, "a.b")) == [48, 1, {}, "a.b"]
    assert to_wire(Call(1, {}, "a.b", Payload([], {"k": 1}))) == [48, 1, {}, "a.b", [], {"k": 1}]
    assert to_wire(Unregistered(1)) == [67, 1]
    assert to_wire(Unregistered(0, {"registration": 2})) == [67, 0, {"registration": 2}]


def test_a_head_is_a_message_without_its_arguments() -> None:
    assert head_from_wire([50, 3, {"progress": True}, [1], {}]) == Result(3, {"progress": True})


@pytest.mark.parametrize("wire", [[17, 1, 2], [48, 1, {}, "a.b", {}], [], [999]])
def test_only_good_messages_with_arguments_have_a_head(wire: list[Any]) -> None:
    with pytest.raises(RemoteProtocolError):
        head_from_wire(wire)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("short", "'short'"),
        ("x" * 41, f"'{'x' * 40}...'"),
        ("\n\x00é", r"'\n\x00\xe9'"),
        (5, "5"),
        (2**64, "an integer beyond 64 bit"),
        (None, "None"),
        (True, "True"),
        (1.5, "1.5"),
        ([1] * 1000, "a list"),
        (b"secret", "a bytes"),
    ],
)
def test_what_a_peer_sent_is_shown_short_and_escaped(value: Any, text: str) -> None:
    assert shown(value) == text


def test_an_escaped_text_is_cut_as_well() -> None:
    assert len(shown("\U0001f600" * 100)) == 60
