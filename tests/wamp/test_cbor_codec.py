from __future__ import annotations

from typing import Any

import cbor2
import pytest

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.cbor_codec import CborSerializer
from wampedge.wamp.json_codec import JsonSerializer
from wampedge.wamp.messages import (
    Abort,
    Call,
    Cancel,
    Error,
    Event,
    Goodbye,
    Invocation,
    Message,
    Publish,
    Result,
    Yield,
)
from wampedge.wamp.payload import Payload

CBOR = CborSerializer()


def packed(*message: Any) -> bytes:
    return cbor2.dumps(list(message))


def test_its_names_and_numbers_are_those_of_the_specification() -> None:
    """WAMP Basic Profile, "WebSocket Transport" and "RawSocket Transport"."""
    assert (CBOR.name, CBOR.subprotocol, CBOR.rawsocket_id) == ("cbor", "wamp.2.cbor", 3)
    assert CBOR.is_binary


ROUTED: list[tuple[list[Any], Message]] = [
    ([48, 7, {}, "com.a"], Call(7, {}, "com.a")),
    ([48, 7, {"timeout": 5}, "com.a", [1]], Call(7, {"timeout": 5}, "com.a", Payload([1]))),
    ([16, 300, {}, "x" * 30, [], {"k": 1}], Publish(300, {}, "x" * 30, Payload([], {"k": 1}))),
    ([16, 70_000, {}, "com.a", [b"\x00"]], Publish(70_000, {}, "com.a", Payload([b"\x00"]))),
    ([70, 2**40, {}, [1.5]], Yield(2**40, {}, Payload([1.5]))),
    ([50, 1, {"progress": True}, [1]], Result(1, {"progress": True}, Payload([1]))),
    ([36, 1, 2, {}, ["ü"]], Event(1, 2, {}, Payload(["ü"]))),
    ([68, 1, 2, {}, [None]], Invocation(1, 2, {}, Payload([None]))),
    ([8, 48, 1, {}, "a.b", ["no"]], Error(48, 1, {}, "a.b", Payload(["no"]))),
]


@pytest.mark.parametrize(("wire", "message"), ROUTED)
def test_a_routed_message_is_read_and_written(wire: list[Any], message: Message) -> None:
    data = packed(*wire)

    assert CBOR.decode(data) == message
    assert CBOR.encode(message) == data
    assert CBOR.encode(CBOR.decode(data)) == data


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ([49, 1, {}], Cancel(1, {})),
        ([6, {}, "wamp.close.normal"], Goodbye({}, "wamp.close.normal")),
        ([3, {"message": "no"}, "a.b"], Abort({"message": "no"}, "a.b")),
    ],
)
def test_so_is_any_other(wire: list[Any], message: Message) -> None:
    assert CBOR.decode(packed(*wire)) == message
    assert CBOR.encode(message) == packed(*wire)


def test_arguments_are_passed_on_as_they_came() -> None:
    """Splicing: even the odd forms that are legal stay what they are."""
    tail = bytes.fromhex("9f1b000000000000000118ffff")  # [1, 255] of indefinite length
    publish: Any = CBOR.decode(b"\x85\x10\x07\xa0" + b"\x65com.a" + tail)

    assert publish.payload.args == [1, 255]
    assert CBOR.encode(Event(1, 2, {}, publish.payload)) == b"\x85\x18\x24\x01\x02\xa0" + tail


@pytest.mark.parametrize(
    "head",
    [
        "9805 10 07 a0 65636f6d2e61",  # a longer head of the list
        "9f 10 07 a0 65636f6d2e61",  # a list without length
    ],
)
def test_an_odd_form_of_the_message_itself_is_read_value_by_value(head: str) -> None:
    data = bytes.fromhex(head) + b"\x81\x18\x05" + (b"\xff" if head.startswith("9f") else b"")
    publish: Any = CBOR.decode(data)

    assert publish == Publish(7, {}, "com.a", Payload([5]))
    assert CBOR.encode(Event(1, 2, {}, publish.payload)).endswith(b"\xa0\x81\x05")


def test_wide_numbers_in_the_head_are_skipped_rightly() -> None:
    call: Any = CBOR.decode(bytes.fromhex("85 1830 1907d0 a0 65636f6d2e61 8105"))

    assert call == Call(2000, {}, "com.a", Payload([5]))
    assert call.payload.tail(CBOR) == b"\x81\x05"


def test_undefined_is_null_and_not_passed_on() -> None:
    publish: Any = CBOR.decode(b"\x85\x10\x07\xa1\x61x\xf7\x65com.a\x81\xf7")

    assert publish.payload.args == [None]
    assert b"\xf7" not in CBOR.encode(Event(1, 2, {}, publish.payload))


@pytest.mark.parametrize(
    "wire",
    [
        [],
        [999],
        [True, 1],
        ["HELLO", "a", {}],
        [48, 0, {}, "com.a"],
        [48, 1.5, {}, "com.a"],
        [48, 2**53 + 1, {}, "com.a"],
        [48, 1, [], "com.a"],
        [48, 1, {}, "com.a", {}],
        [48, 1, {}, "com.a", [], []],
        [48, 1],
    ],
)
def test_what_is_no_message_is_refused(wire: list[Any]) -> None:
    with pytest.raises(RemoteProtocolError):
        CBOR.decode(packed(*wire))


def test_a_value_without_a_form_is_told() -> None:
    with pytest.raises(LocalProtocolError, match="beyond 64 bit"):
        CBOR.encode(Call(1, {}, "com.a", Payload([2**64])))
    with pytest.raises(LocalProtocolError, match="lone surrogate"):
        CBOR.encode(Call(1, {}, "com.\ud800"))
    with pytest.raises(LocalProtocolError, match="lone surrogate"):
        CBOR.encode(Goodbye({}, "\ud800"))


def test_arguments_that_came_in_json_are_written_in_cbor() -> None:
    publish: Any = JsonSerializer().decode(b'[16,7,{},"com.a",[1.5,null],{"k":"\\u00fc"}]')

    event = CBOR.encode(Event(1, 2, {}, publish.payload))

    assert cbor2.loads(event) == [36, 1, 2, {}, [1.5, None], {"k": "ü"}]
