from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cbor2
import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import Call, Error, Message, Publish, Yield
from wampedge.wamp.oversized import HEAD_BYTES, Oversized, Skipping, oversized_error
from wampedge.wamp.serializers import SERIALIZERS

WRITERS: dict[str, Callable[[Any], bytes]] = {
    "json": lambda wire: json.dumps(wire).encode(),
    "msgpack": msgpack.packb,
    "cbor": cbor2.dumps,
}
LONG = ["x" * 9000]
REASON = "wamp.error.payload_size_exceeded"


def read_over(data: bytes, slices: int = 1000) -> Oversized:
    """Let *data* pass in slices, as a message that is too long."""
    skipping = Skipping(len(data), 100)
    for start in range(0, len(data), slices):
        assert not skipping.is_done
        piece = data[start : start + slices]
        assert skipping.take(piece, 0) == len(piece)
    assert skipping.is_done
    return skipping.body()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ([48, 7, {"timeout": 5}, "com.site.add", LONG], Call(7, {"timeout": 5}, "com.site.add")),
        ([16, 2**53, {}, "com.site.lux", LONG, {}], Publish(2**53, {}, "com.site.lux")),
        ([70, 3, {"progress": True}, LONG], Yield(3, {"progress": True})),
        ([8, 68, 9, {}, "com.error.x", LONG], Error(68, 9, {}, "com.error.x")),
    ],
)
def test_the_head_of_a_message_that_was_read_over_tells_whose_it_is(
    name: str, wire: list[Any], message: Message
) -> None:
    """Specification, "Basic Profile URIs": ``payload_size_exceeded`` answers a request."""
    data = WRITERS[name](wire)

    error = oversized_error(read_over(data), name)

    assert error.message == message
    assert error.reason == REASON
    assert str(error) == f"message of {len(data)} bytes, at most 100 are taken"


def test_json_may_be_written_with_white_space_and_any_characters() -> None:
    text = ' [ 48 , 7 , { "x_note" : "gewächshaus [,]" } , "com.site.add" , ["' + "ü" * 5000 + '"]]'

    error = oversized_error(read_over(text.encode()), "json")

    assert error.message == Call(7, {"x_note": "gewächshaus [,]"}, "com.site.add")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("head", [[48, 7, {}], [16, 7, {}], [8, 68, 7, {}]])
def test_a_uri_that_is_too_long_to_be_kept_does_not_matter(name: str, head: list[Any]) -> None:
    """Row P20: a URI of 1 MB is answered."""
    error = oversized_error(read_over(WRITERS[name]([*head, "x" * 1_000_000])), name)

    assert error.message is not None
    assert error.message.request_id == 7


def test_options_that_are_too_long_to_be_kept_do() -> None:
    for head in ([48, 7, {"x": "y" * 9000}, "com.a"], [70, 7, {"x": "y" * 9000}, []]):
        assert oversized_error(read_over(WRITERS["json"](head)), "json").message is None


@pytest.mark.parametrize("slices", [1, 7, 4095, 4096, 4097, 20_000])
def test_it_does_not_matter_how_a_message_arrives(slices: int) -> None:
    data = WRITERS["json"]([48, 7, {}, "com.site.add", LONG])

    body = read_over(data, slices)

    assert body == b""
    assert body.head == data[:HEAD_BYTES]
    assert (body.length, body.limit) == (len(data), 100)


def test_what_follows_a_message_is_left() -> None:
    skipping = Skipping(5, 4)

    assert skipping.take(b"..abcdefgh", 2) == 7
    assert skipping.body().head == b"abcde"


def test_a_masked_head_is_unmasked() -> None:
    skipping = Skipping(3, 2)
    skipping.take(b"abc", 0)

    assert skipping.body(bytes.upper).head == b"ABC"


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "wire",
    [
        {"a": LONG},
        LONG,
        [],
        [48],
        [64, 1, {}, "com.site.add", LONG],
        [1, "realm1", {"x": LONG}],
        [48, 0, {}, "com.site.add", LONG],
        [48, 7, {"x": LONG}, "com.site.add", LONG],
        [48, 7, {}, 5, LONG],
        [999, 7, {}, "com.site.add", LONG],
        ["48", 7, {}, "com.site.add", LONG],
        [[48], 7, {}, "com.site.add", LONG],
    ],
)
def test_a_message_whose_head_says_nothing_is_nobodys(name: str, wire: Any) -> None:
    assert oversized_error(read_over(WRITERS[name](wire)), name).message is None


@pytest.mark.parametrize(
    "text",
    [
        b"[48,7,{}" + b" " * 5000,
        b"[48,7,{},",
        b"[48 7,{},",
        b"[" * 5000,
        b"[48,7," + b'{"a":' * 40 + b"1" + b"}" * 40 + b',"com.site.add",[]]',
        b'[48,7,{"a":NaN},"com.site.add",["' + b"x" * 5000,
        b'[48,7,{},"com.\xff',
        b"",
        b" " * 5000,
    ],
)
def test_json_that_is_broken_in_its_head_is_nobodys(text: bytes) -> None:
    assert (
        oversized_error(read_over(text) if text else Skipping(0, 0).body(), "json").message is None
    )


@given(data=st.binary(max_size=200), name=st.sampled_from(sorted(WRITERS)))
def test_any_bytes_give_a_message_or_none(data: bytes, name: str) -> None:
    skipping = Skipping(len(data), 0)
    skipping.take(data, 0)

    message = oversized_error(skipping.body(), name).message

    assert message is None or message.TYPE in {8, 16, 36, 48, 50, 68, 70, 3}


@pytest.mark.parametrize("name", SERIALIZERS)
def test_no_serializer_takes_what_stands_for_a_message(name: str) -> None:
    with pytest.raises(RemoteProtocolError):
        SERIALIZERS[name].decode(Oversized())
