"""What holds for every serializer, and for a payload that goes from one to another."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wamp.strategies import messages, routed_messages, values
from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.json_codec import JsonSerializer
from wampedge.wamp.messages import Call, Event, Invocation, Message, Publish, Result, Welcome
from wampedge.wamp.msgpack_codec import HAS_EXTENSION, MsgpackSerializer
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import (
    SERIALIZERS,
    Serializer,
    serializer_for_rawsocket,
    serializer_for_subprotocol,
)
from wampedge.wamp.validation import from_wire, to_wire

JSON: Serializer = SERIALIZERS["json"]
MSGPACK: Serializer = SERIALIZERS["msgpack"]
PLAIN_MSGPACK: Serializer = MsgpackSerializer(has_extension=False)
CBOR: Serializer = SERIALIZERS["cbor"]

CODECS = [
    pytest.param(JSON, id="json"),
    pytest.param(MSGPACK, id="msgpack"),
    pytest.param(PLAIN_MSGPACK, id="msgpack without C"),
    pytest.param(CBOR, id="cbor"),
]
every_codec = pytest.mark.parametrize("codec", CODECS)
any_codec = st.sampled_from([JSON, MSGPACK, PLAIN_MSGPACK, CBOR])


def test_the_serializers_by_name() -> None:
    assert list(SERIALIZERS) == ["json", "msgpack", "cbor"]
    assert isinstance(JSON, JsonSerializer)
    assert isinstance(MSGPACK, MsgpackSerializer)
    assert [s.name for s in SERIALIZERS.values()] == ["json", "msgpack", "cbor"]
    assert [s.is_binary for s in SERIALIZERS.values()] == [False, True, True]


def test_the_serializers_by_subprotocol() -> None:
    assert serializer_for_subprotocol("wamp.2.json") is JSON
    assert serializer_for_subprotocol("wamp.2.msgpack") is MSGPACK
    assert serializer_for_subprotocol("wamp.2.cbor") is CBOR
    assert serializer_for_subprotocol("wamp.2.ubjson") is None


def test_the_serializers_by_raw_socket_number() -> None:
    assert serializer_for_rawsocket(1) is JSON
    assert serializer_for_rawsocket(2) is MSGPACK
    assert serializer_for_rawsocket(3) is CBOR
    assert serializer_for_rawsocket(4) is None


@given(messages, any_codec)
def test_a_message_survives_encoding(message: Message, codec: Serializer) -> None:
    assert codec.decode(codec.encode(message)) == message


@given(routed_messages, any_codec)
def test_the_quick_way_gives_what_the_table_gives(message: Message, codec: Serializer) -> None:
    """Splicing is proven equal to decoding and encoding again."""
    data = codec.encode(message)
    decoded: Any = codec.decode(data)

    by_table = from_wire(to_wire(decoded))
    spliced = codec.encode(decoded)

    assert decoded == by_table
    assert spliced == data
    assert codec.decode(spliced) == codec.decode(codec.encode(by_table))


@given(routed_messages, any_codec, any_codec, st.booleans())
def test_a_router_may_move_arguments_into_any_other_message(
    message: Any, sender: Serializer, receiver: Serializer, has_details: bool
) -> None:
    payload = sender.decode(sender.encode(message)).payload  # type: ignore[union-attr]  # routed
    details = {"publisher": 5, "topic": "ü"} if has_details else {}

    for onward in (Event(1, 2, details, payload), Invocation(1, 2, details, payload)):
        assert receiver.decode(receiver.encode(onward)) == onward
        assert payload.tail(receiver) in receiver.encode(onward)


@given(st.binary(max_size=200), any_codec)
def test_any_bytes_give_a_message_or_a_violation(data: bytes, codec: Serializer) -> None:
    assert_is_message_or_violation(codec, data)


@given(messages, any_codec, st.data())
def test_any_damage_gives_a_message_or_a_violation(
    message: Message, codec: Serializer, damage: st.DataObject
) -> None:
    data = bytearray(codec.encode(message))
    for _ in range(damage.draw(st.integers(1, 4))):
        at = damage.draw(st.integers(0, len(data)))
        data[at : at + damage.draw(st.integers(0, 3))] = damage.draw(st.binary(max_size=3))

    assert_is_message_or_violation(codec, bytes(data))


def assert_is_message_or_violation(codec: Serializer, data: bytes) -> None:
    """Decode *data*; a message that comes out can be passed on to everybody."""
    try:
        message = codec.decode(data)
    except RemoteProtocolError as error:
        violation = error
    else:
        assert repr(codec.decode(codec.encode(message))) == repr(message)
        return

    assert len(str(violation)) <= 200


@given(messages, st.data())
def test_with_and_without_the_extension_the_verdict_is_the_same(
    message: Message, damage: st.DataObject
) -> None:
    data = bytearray(MSGPACK.encode(message))
    at = damage.draw(st.integers(0, len(data)))
    data[at : at + damage.draw(st.integers(0, 2))] = damage.draw(st.binary(max_size=2))

    assert verdict(MSGPACK, bytes(data)) == verdict(PLAIN_MSGPACK, bytes(data))


def verdict(codec: Serializer, data: bytes) -> str:
    """Return the message as text, in which NaN equals NaN, or that it was refused."""
    try:
        return repr(codec.decode(data))
    except RemoteProtocolError:
        return "refused"


@given(st.lists(values, max_size=3), any_codec)
def test_both_kinds_of_msgpack_write_the_same_bytes(args: list[Any], codec: Serializer) -> None:
    call = Call(1, {}, "a.b", Payload(args))

    assert MSGPACK.encode(call) == PLAIN_MSGPACK.encode(call) == msgpack.packb(to_wire(call))


@given(routed_messages, st.sampled_from([",", ", "]), st.booleans(), st.sampled_from(["", "\n"]))
def test_json_is_read_in_all_its_styles(
    message: Message, comma: str, is_ascii: bool, padding: str
) -> None:
    compact = json.loads(JSON.encode(message))
    text = json.dumps(compact, separators=(comma, ": "), ensure_ascii=is_ascii)

    decoded: Any = JSON.decode((padding + text + padding).encode())

    assert decoded == message
    assert JSON.decode(JSON.encode(Event(1, 2, {}, decoded.payload))) == Event(
        1, 2, {}, decoded.payload
    )


@every_codec
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({1: 2}, "keys must be str"),
        ({b"k": 2}, "keys must be str"),
        ({None: 2}, "keys must be str"),
        (object(), "value of type object"),
        ({1, 2}, "value of type set"),
        ("\ud800", "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        (msgpack.Timestamp(1), "value of type Timestamp"),
    ],
)
def test_what_has_no_form_is_named(codec: Serializer, value: Any, text: str) -> None:
    with pytest.raises(LocalProtocolError, match=text):
        codec.encode(Call(1, {}, "a.b", Payload([value])))
    with pytest.raises(LocalProtocolError, match=text):
        codec.encode(Call(1, {"x": value}, "a.b"))
    with pytest.raises(LocalProtocolError, match=text):
        codec.encode(Welcome(1, {"x": value}))


@every_codec
def test_a_uri_with_a_lone_surrogate_has_no_form(codec: Serializer) -> None:
    with pytest.raises(LocalProtocolError, match="lone surrogate"):
        codec.encode(Publish(1, {}, "a.\ud800"))


@every_codec
def test_a_value_that_holds_itself_has_no_form(codec: Serializer) -> None:
    value: dict[str, Any] = {}
    value["self"] = value

    with pytest.raises(LocalProtocolError, match="nested deeper"):
        codec.encode(Result(1, {}, Payload([value])))


@every_codec
def test_tuples_travel_as_lists(codec: Serializer) -> None:
    assert codec.decode(codec.encode(Call(1, {}, "a", Payload([(1, (2,))])))) == Call(
        1, {}, "a", Payload([[1, [2]]])
    )


@every_codec
def test_bytes_travel_both_ways(codec: Serializer) -> None:
    payload = Payload([b"\x00\xff", bytearray(b"x"), memoryview(b"y")], {"k": b""})

    assert codec.decode(codec.encode(Call(1, {}, "a", payload))) == Call(
        1, {}, "a", Payload([b"\x00\xff", b"x", b"y"], {"k": b""})
    )


def test_an_integer_beyond_64_bit_is_for_json_only() -> None:
    """Row P40: a driver refuses it; the codec carries it where it can."""
    call: Any = JSON.decode(b'[48,1,{},"a.b",[1180591620717411303424]]')

    assert call.payload.args == [2**70]
    for codec in (MSGPACK, PLAIN_MSGPACK, CBOR):
        with pytest.raises(LocalProtocolError, match=r"64 bit|out of range"):
            codec.encode(call)
    assert JSON.encode(call) == b'[48,1,{},"a.b",[1180591620717411303424]]'


def test_a_text_that_starts_with_nul_is_not_for_json() -> None:
    """There it would read as bytes."""
    for codec in (MSGPACK, PLAIN_MSGPACK, CBOR):
        call: Any = codec.decode(codec.encode(Call(1, {}, "a.b", Payload(["\0eA=="]))))

        assert call.payload.args == ["\0eA=="]
        with pytest.raises(LocalProtocolError, match="starts with NUL"):
            JSON.encode(call)


@pytest.mark.parametrize("codec", CODECS[1:])
def test_nan_and_infinities_from_elsewhere_become_null_in_json(codec: Serializer) -> None:
    """Row P6."""
    args = [math.nan, [math.inf, 1.5], {"k": -math.inf}, (math.nan,)]
    event: Any = codec.decode(codec.encode(Event(1, 2, {}, Payload(args))))

    assert math.isnan(event.payload.args[0])
    assert JSON.encode(event) == b'[36,1,2,{},[null,[null,1.5],{"k":null},[null]]]'


def test_a_sensor_event_crosses_from_msgpack_to_json() -> None:
    data = msgpack.packb([16, 7, {}, "edge.lux", [40.5], {"unit": "lx", "raw": b"\x01"}])
    publish: Any = MSGPACK.decode(data)

    assert JSON.encode(Event(1, 2, {}, publish.payload)) == (
        b'[36,1,2,{},[40.5],{"unit":"lx","raw":"\\u0000AQ=="}]'
    )


@every_codec
def test_what_we_send_is_never_more_than_we_take(codec: Serializer) -> None:
    largest = Call(1, {"x": [0] * 9_998}, "a", Payload([0] * 10_000, {"k": [0] * 9_998}))

    assert codec.decode(codec.encode(largest)) == largest
    with pytest.raises(LocalProtocolError, match="more than 10000"):
        codec.encode(Call(1, {}, "a", Payload([0] * 10_001)))


@pytest.mark.cpu_time
def test_deep_nesting_costs_no_time() -> None:
    """Rows P27 and P39: under 10 ms of CPU time, and an orderly refusal."""
    hostile = [
        (JSON, b"[" * 20_000),
        (JSON, b"[" * 100_000),
        (JSON, b'[48,1,{},"a",' + b"[" * 100_000 + b"]" * 100_000 + b"]"),
        (JSON, b'{"a":' * 100_000),
        (MSGPACK, b"\x91" * 100_000 + b"\xc0"),
        (MSGPACK, b"\xdc\x27\x0f" * 80_000),
        (PLAIN_MSGPACK, b"\x91" * 2_000 + b"\xc0"),
        (MSGPACK, b"\x95\x30\x01\x80\xa1a" + b"\x91" * 2_000 + b"\xc0"),
        (MSGPACK, b"\xdd\xff\xff\xff\xff" + bytes(250_000)),
        (JSON, b'[48,1,{},"a",[' + b"1" * 100_000 + b"]]"),
        (CBOR, b"\x81" * 100_000 + b"\xf6"),
        (CBOR, b"\x9f" * 100_000),
        (CBOR, b"\x85\x18\x30\x01\xa0\x61a" + b"\x9b" + b"\xff" * 8),
    ]

    for codec, data in hostile:
        assert cpu_s_to_refuse(codec, data) < 0.01


@pytest.mark.cpu_time
def test_more_elements_than_allowed_cost_little_more_than_as_many_as_are() -> None:
    """Row P39: 10,000 elements are read one by one in Python, and not one more."""
    most = b"\x85\x18\x30\x01\xa0\x61a" + b"\x9f" + bytes(9_990) + b"\xff"
    started = time.process_time()
    CBOR.decode(most)
    allowed_s = time.process_time() - started

    for more in (
        b"\x85\x18\x30\x01\xa0\x61a" + b"\x9f" + bytes(250_000),
        b"\x85\x18\x30\x01\xa0\x61a\x81" + b"\x7f" + b"\x60" * 250_000,
    ):
        assert cpu_s_to_refuse(CBOR, more) < 10 * allowed_s


def cpu_s_to_refuse(codec: Serializer, data: bytes) -> float:
    """Return the CPU time of the best of three refusals."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        with pytest.raises(RemoteProtocolError):
            codec.decode(data)
        spent.append(time.process_time() - started)
    return min(spent)


def test_without_the_extension_of_msgpack_the_same_package_works() -> None:
    """As on a 32-bit board, where msgpack has no C extension."""
    script = (
        "from wampedge.wamp.msgpack_codec import HAS_EXTENSION, MsgpackSerializer\n"
        "from wampedge.wamp.messages import Call\n"
        "assert not HAS_EXTENSION\n"
        "codec = MsgpackSerializer()\n"
        "call = Call(1, {}, 'a.b')\n"
        "assert codec.decode(codec.encode(call)) == call\n"
    )

    subprocess.run([sys.executable, "-c", script], env={"MSGPACK_PUREPYTHON": "1"}, check=True)


def test_the_extension_is_used_where_it_is() -> None:
    assert (msgpack.Unpacker.__module__ != "msgpack.fallback") is HAS_EXTENSION
