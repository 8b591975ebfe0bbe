from __future__ import annotations

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wamp.strategies import routed_messages
from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import Call, Event, Invocation, Message, Publish, Result, Yield
from wampedge.wamp.msgpack_codec import MsgpackSerializer
from wampedge.wamp.msgpack_quick import QUICK
from wampedge.wamp.payload import Payload

CODEC = MsgpackSerializer(has_extension=False)
PLAIN = (
    Call(70000, {}, "com.bench.echo", Payload(["x", 1, 2.5, None, True, b"\xd6\xff"])),
    Call(1, {}, "com." + "x" * 40, Payload([], {"unit": "lx"})),
    Publish(2**53, {}, "edge.lux", Payload([1], {"unit": "lx"})),
    Yield(300, {}, Payload([1])),
    Result(7, {}, Payload(["x" * 256])),
    Event(3, 2**50, {}, Payload([], {"lux": 1.5})),
    Invocation(70000, 3, {}, Payload([1, 2])),
)


def quick(data: bytes) -> Message | None:
    return QUICK[data[1]](data, CODEC)


def slow(data: bytes) -> Message | None:
    try:
        return CODEC.decode(data)
    except RemoteProtocolError:
        return None


@pytest.mark.parametrize("message", PLAIN, ids=repr)
def test_a_plain_message_is_decoded_and_its_arguments_are_kept_as_they_came(
    message: Message,
) -> None:
    data = CODEC.encode(message)
    decoded = quick(data)

    assert decoded == message
    assert not isinstance(decoded, Call) or data.endswith(decoded.payload.tail(CODEC))
    assert CODEC.encode(decoded) == data


@pytest.mark.parametrize(
    "wire",
    [
        [48, 1, {}, "com.a"],
        [48, 1, {"timeout": 1}, "com.a", [1]],
        [48, 0, {}, "com.a", [1]],
        [48, -1, {}, "com.a", [1]],
        [48, 2**53 + 1, {}, "com.a", [1]],
        [48, {}, {}, "com.a", [1]],
        [48, "1", {}, "com.a", [1]],
        [48, 1, {}, 5, [1]],
        [48, 1, {}, "com." + "x" * 300, [1]],
        [48, 1, {}, "com.a", [[1]]],
        [48, 1, {}, "com.a", [1] * 9],
        [48, 1, {}, "com.a", None],
        [48, 1, {}, "com.a", b"sealed"],
        [48, 1, {}, "com.a", [1], None],
        [48, 1, {}, "com.a", [1], {b"key": 1}],
        [48, 1, {}, "com.a", [1], {"key": {}}],
        [48, 1, {}, "com.a", [1], dict.fromkeys("abcdefghi")],
        [48, 1, {}, "com.a", [1], {}, 1],
        [48, 1, {}, "com.a", [msgpack.Timestamp(1)]],
        [48, 1, {}, "com.a", [msgpack.ExtType(1, b"x")]],
        [70, 1, {}],
        [70, 1],
        [70, 0, {}, [1]],
        [70, -1, {}, [1]],
        [70, 1, {"progress": True}, [1]],
        [70, 1, {}, [[1]]],
        [36, 1, 2, {}],
        [36, 1, 2],
        [36, -1, 2, {}, [1]],
        [36, 1, -2, {}, [1]],
        [36, 0, 2, {}, [1]],
        [36, 1, 2**60, {}, [1]],
        [36, 2**60, 1, {}, [1]],
        [36, 1, 2, {"topic": "com.a"}, [1]],
        [36, 1, 2, {}, [{}]],
    ],
    ids=repr,
)
def test_every_other_message_is_left_to_those_who_know(wire: list[object]) -> None:
    assert quick(msgpack.packb(wire)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x95\x30\x01\x80",
        b"\x95\x30\x01\x80\xa1a\x91\xc1",
        b"\x95\x30\x01\x80\xa1\xff\x91\x01",
        b"\x95\x30\x01\x80\xa1a\x91\x01\x01",
        b"\x95\x30\x01\xde\x00\x00\xa1a\x91\x01",
        b"\x95\x30\x01\xa1a\x80\x91\x01",
        b"\x95\x30\xd2\x00\x00\x00\x01\x80\xa1a\x91\x01",
        b"\x95\x30\x01\x80\xda\x00\x01a\x91\x01",
        b"\x95\x30\x01\x80\xa1a\x91\xd4\x00\x00",
        b"\x94\x46\x01\xd4\x00\x00\x91\x01",
        b"\x94\x46\x01\x80\x91\xff\xff",
        b"\x95\x24\x01\x02\x80\x91\x01\x02",
    ],
)
def test_odd_and_broken_bytes_are_left_to_those_who_know(data: bytes) -> None:
    assert quick(data) is None


@pytest.mark.parametrize("lead", [b"\xcc\x01", b"\xcd\x00\x01", b"\xce\x00\x00\x00\x01"])
def test_a_number_may_be_longer_than_it_needs_to_be(lead: bytes) -> None:
    data = b"\x95\x30" + lead + b"\x80\xd9\x01a\x91\x05"

    assert quick(data) == Call(1, {}, "a", Payload([5]))


@given(routed_messages)
def test_a_message_is_decoded_as_in_the_long_way_or_not_at_all(message: Message) -> None:
    data = CODEC.encode(message)
    decoded = quick(data) if data[1] in QUICK else None

    assert decoded is None or decoded == message == slow(data)


@given(st.sampled_from(PLAIN), st.data())
def test_a_damaged_message_is_decoded_as_in_the_long_way_or_not_at_all(
    message: Message, data: st.DataObject
) -> None:
    """The strict decoder in plain Python is the measure."""
    whole = bytearray(CODEC.encode(message))
    at = data.draw(st.integers(2, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    decoded = quick(bytes(whole))

    assert decoded is None or repr(decoded) == repr(slow(bytes(whole)))
