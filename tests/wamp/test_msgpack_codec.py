from __future__ import annotations

from typing import Any

import msgpack
import pytest

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Invocation,
    Message,
    Publish,
    Published,
    Result,
    Subscribe,
    Yield,
)
from wampedge.wamp.msgpack_codec import MsgpackSerializer
from wampedge.wamp.payload import Payload

pytestmark = pytest.mark.parametrize(
    "codec",
    [
        pytest.param(MsgpackSerializer(), id="as installed"),
        pytest.param(MsgpackSerializer(has_extension=False), id="without C"),
    ],
)

CALL = b"\x95\x30\x07\x80\xa3a.b"
"""A CALL that lacks its arguments."""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x94\x30\x07\x80\xa3a.b", Call(7, {}, "a.b")),
        (b"\x95\x30\x07\x81\xa1t\x05\xa3a.b\x91\x01", Call(7, {"t": 5}, "a.b", Payload([1]))),
        (
            b"\x96\x10\xcd\x01\x00\x80\xa1t\x90\x81\xa1k\xc0",
            Publish(256, {}, "t", Payload([], {"k": None})),
        ),
        (b"\x93\x11\x07\xcc\x80", Published(7, 128)),
        (b"\x93\x46\x07\x80", Yield(7, {})),
        (b"\x94\x32\x07\x80\x92\x01\x02", Result(7, {}, Payload([1, 2]))),
        (b"\x95\x24\xce\x00\x01\x00\x00\x08\x80\x91\xc3", Event(65_536, 8, {}, Payload([True]))),
        (
            b"\x95\x44\xcf\x00\x20\x00\x00\x00\x00\x00\x00\x08\x80\x91\xff",
            Invocation(2**53, 8, {}, Payload([-1])),
        ),
        (b"\x96\x08\x30\x07\x80\xa3a.e\x91\xa1x", Error(48, 7, {}, "a.e", Payload(["x"]))),
        (b"\x94\x20\x07\x80\xa3a.b", Subscribe(7, {}, "a.b")),
    ],
)
def test_messages_and_their_bytes(codec: MsgpackSerializer, data: bytes, message: Message) -> None:
    assert codec.decode(data) == message
    assert codec.encode(message) == data
    assert codec.encode(codec.decode(data)) == data


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (CALL + b"\x91\xcd\x00\x01", b"\x95\x24\x01\x02\x80\x91\xcd\x00\x01"),
        (CALL + b"\xdc\x00\x01\x01", b"\x95\x24\x01\x02\x80\xdc\x00\x01\x01"),
        (b"\x95\x30\x07\x82\xa1a\x93\x01\x02\x03\xa1b\x80\xa1t\x90", b"\x95\x24\x01\x02\x80\x90"),
        (b"\x95\x30\x07\xde\x00\x00\xd9\x01t\x91\x01", b"\x95\x24\x01\x02\x80\x91\x01"),
        (b"\x96\x30\x07\x80\xa1t\x90\x80", b"\x96\x24\x01\x02\x80\x90\x80"),
        (
            b"\x95\x30\x07\x80" + b"\xd9\xff" + b"t" * 255 + b"\x91\x01",
            b"\x95\x24\x01\x02\x80\x91\x01",
        ),
        (b"\x94\x30\x07\x80\xa1t", b"\x94\x24\x01\x02\x80"),
    ],
)
def test_the_bytes_of_arguments_are_kept(
    codec: MsgpackSerializer, data: bytes, event: bytes
) -> None:
    call: Any = codec.decode(data)

    assert codec.encode(Event(1, 2, {}, call.payload)) == event


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b"\x95\x30\x07\xc0\xa1t\x91\xcd\x00\x01", b"\x95\x24\x01\x02\x80\x91\x01"),
        (b"\x96\x30\x07\x80\xa1t\xc0\x81\xa1k\xcc\x01", b"\x96\x24\x01\x02\x80\x90\x81\xa1k\x01"),
        (b"\xdc\x00\x05\x30\x07\x80\xa1t\x91\xcd\x00\x01", b"\x95\x24\x01\x02\x80\x91\x01"),
        (b"\xdd\x00\x00\x00\x05\x30\x07\x80\xa1t\x91\xcd\x00\x01", b"\x95\x24\x01\x02\x80\x91\x01"),
        (b"\x95\xcc\x30\x07\x80\xa1t\x91\xcd\x00\x01", b"\x95\x24\x01\x02\x80\x91\x01"),
    ],
)
def test_odd_forms_are_written_anew(codec: MsgpackSerializer, data: bytes, event: bytes) -> None:
    call: Any = codec.decode(data)

    assert codec.encode(Event(1, 2, {}, call.payload)) == event


@pytest.mark.parametrize(
    "arguments",
    [
        ["ąćęłńóśźż ČŽŠ", "שלום", b"\xc4\xc5\xd6\xff\xd7\xff\xc7\x0c\xff"],
        [1.1] * 100,
        [[]] * 100,
        [{"k": i} for i in range(100)],
        ["é" * 100],
        list(range(10_000)),
        [-1, -33, -129, -32_769, -(2**31) - 1, -(2**63), 2**64 - 1],
    ],
)
def test_bytes_that_look_like_trouble_but_are_none(
    codec: MsgpackSerializer, arguments: list[Any]
) -> None:
    data = msgpack.packb([48, 1, {}, "a", arguments])

    assert codec.decode(data) == Call(1, {}, "a", Payload(arguments))
    assert codec.encode(codec.decode(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x90", b"\xc0", b"\xc1", b"\x80", b"\x91\x30", b"\x95\x30", CALL, CALL + b"\x91",
        CALL + b"\x91\x01\x01", CALL + b"\x91\xc1", CALL + b"\x91\xa2\xff\xfe",
        CALL + b"\x91\xd4\x05\x00", CALL + b"\x91\xd6\xff\x00\x00\x00\x01",
        CALL + b"\x91\xd7\xff" + bytes(8), CALL + b"\x91\xc7\x0c\xff" + bytes(12),
        CALL + b"\x91\xc8\x00\x00\x01", CALL + b"\x91\x81\x01\x02",
        CALL + b"\x91\x81\xc4\x01a\x02", CALL + b"\x91\x81\xc0\x02", CALL + b"\xdd\xff\xff\xff\xff",
        CALL + b"\xdf\xff\xff\xff\xff", CALL + b"\x91" * 2_000 + b"\xc0", CALL + b"\x91\xcb\x00",
        CALL + b"\x91\xda\xff\xff", CALL + b"\x80", CALL + b"\xa1x", CALL + b"\xc4\x01x",
        b"\x96\x30\x07\x80\xa1t\x90\x90", b"\x94\x30\x00\x80\xa1t", b"\x94\x30\xff\x80\xa1t",
        b"\x94\x30\xcf\x00\x20\x00\x00\x00\x00\x00\x01\x80\xa1t", b"\x94\x30\x07\x90\xa1t",
        b"\x94\x30\x07\x80\x05", b"\x94\xc3\x07\x80\xa1t", b"\xdc\x00\x10" + b"\x01" * 16,
        b"\xdd\xff\xff\xff\xff", b"\xdc\x00", b"\x81\xa1k\x30",
    ],
)  # fmt: skip
def test_broken_bytes_are_refused(codec: MsgpackSerializer, data: bytes) -> None:
    """Row P39."""
    with pytest.raises(RemoteProtocolError):
        codec.decode(data)


def test_many_claims_of_long_lists_are_not_believed(codec: MsgpackSerializer) -> None:
    """Each claim would cost 80 kB before the decoder sees that nothing follows."""
    with pytest.raises(RemoteProtocolError):
        codec.decode(CALL + b"\xdc\x27\x10" * 1_000)


def test_an_argument_holds_10000_elements(codec: MsgpackSerializer) -> None:
    at_limit = msgpack.packb([48, 1, {}, "a", [0] * 10_000])
    beyond = msgpack.packb([48, 1, {}, "a", [[0] * 5_000, [0] * 5_000]])

    assert codec.decode(at_limit) == Call(1, {}, "a", Payload([0] * 10_000))
    with pytest.raises(RemoteProtocolError, match="more than 10000"):
        codec.decode(beyond)


def test_depth_is_counted_from_the_message(codec: MsgpackSerializer) -> None:
    codec.decode(CALL + b"\x91" * 30 + b"\x90")

    with pytest.raises(RemoteProtocolError, match="nested deeper than 32"):
        codec.decode(CALL + b"\x91" * 31 + b"\x90")


def test_an_option_that_wampy_leaves_undefined_is_null(codec: MsgpackSerializer) -> None:
    """It is written as extension type 0 with one byte 0, the only extension taken."""
    data = b"\x94\x20\x07\x81\xa5match\xd4\x00\x00\xa3a.b"

    assert codec.decode(data) == Subscribe(7, {"match": None}, "a.b")


def test_undefined_arguments_reach_others_as_null(codec: MsgpackSerializer) -> None:
    """No bytes with an extension are kept: other receivers would not know what it means."""
    call = codec.decode(CALL + b"\x91\xd4\x00\x00")

    assert isinstance(call, Call)
    assert codec.encode(Event(1, 2, {}, call.payload)) == b"\x95\x24\x01\x02\x80\x91\xc0"


@pytest.mark.parametrize("extension", [b"\xd4\x00\x01", b"\xd4\x01\x00", b"\xc7\x01\x00\x00"])
def test_any_other_extension_is_refused(codec: MsgpackSerializer, extension: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="not MessagePack"):
        codec.decode(CALL + b"\x91" + extension)
