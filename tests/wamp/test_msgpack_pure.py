"""The plain Python MessagePack, held against the package of that name."""

from __future__ import annotations

import enum
import math
from typing import Any

import msgpack
import pytest
from hypothesis import given

from tests.wamp.strategies import values
from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.msgpack_pure import (
    decode_element,
    decode_message,
    encode_element,
    encode_text,
    encode_uint,
)


class Level(enum.IntEnum):
    LOW = 3


class Colour(enum.StrEnum):
    RED = "red"


class Volt(float):
    """A float of a type of its own."""


class Row(dict[str, Any]):
    """A dict of a type of its own."""


EDGES = [
    0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFFFF, 0x100000000, 2**64 - 1,
    -1, -0x20, -0x21, -0x80, -0x81, -0x8000, -0x8001, -0x80000000, -0x80000001, -(2**63),
    "", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "x" * 65_536, "é" * 16,
    b"", b"x" * 255, b"x" * 256, b"x" * 65_536,
    [], [0] * 15, [0] * 16, {}, {str(i): i for i in range(15)}, {str(i): i for i in range(16)},
    None, True, False, 0.0, -1.5, math.inf,
]  # fmt: skip


@pytest.mark.parametrize("value", EDGES, ids=lambda value: repr(value)[:20])
def test_every_form_is_the_shortest_one(value: Any) -> None:
    packed = msgpack.packb(value)

    assert encode_element(value) == packed
    assert decode_element(packed, 0) == (value, len(packed))


@given(values)
def test_values_are_written_and_read_as_msgpack_does(value: Any) -> None:
    packed = msgpack.packb(value)

    assert encode_element(value) == packed
    assert decode_element(b"\xff" + packed, 1) == (value, 1 + len(packed))


def test_other_forms_are_read_as_well() -> None:
    assert decode_element(b"\xca\x3f\xc0\x00\x00", 0) == (1.5, 5)
    assert decode_element(b"\xd3" + b"\xff" * 8, 0) == (-1, 9)
    assert decode_element(b"\xdb\x00\x00\x00\x01x", 0) == ("x", 6)
    assert decode_element(b"\xc6\x00\x00\x00\x01x", 0) == (b"x", 6)
    assert decode_element(b"\xdd\x00\x00\x00\x01\x05", 0) == ([5], 6)
    assert decode_element(b"\xdf\x00\x00\x00\x01\xd9\x01k\x05", 0) == ({"k": 5}, 9)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Level.LOW, 3), (Colour.RED, "red"), (Volt(1.5), 1.5), (Row(k=1), {"k": 1}),
        ((1, 2), [1, 2]), (bytearray(b"x"), b"x"), (memoryview(b"x"), b"x"),
    ],
)  # fmt: skip
def test_relatives_are_written_as_the_plain_type(value: Any, plain: Any) -> None:
    assert encode_element(value) == msgpack.packb(plain)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 2**70])
def test_an_integer_beyond_64_bit_has_no_form(number: int) -> None:
    with pytest.raises(LocalProtocolError, match="beyond 64 bit"):
        encode_element([number])


def test_parts_of_heads() -> None:
    assert encode_uint(2**53) == msgpack.packb(2**53)
    assert encode_text("a" * 40) == msgpack.packb("a" * 40)
    with pytest.raises(UnicodeEncodeError):
        encode_text("\ud800")


def test_a_message_is_read_whole() -> None:
    assert decode_message(b"\x92\x01\x02") == [1, 2]
    assert decode_message(b"\xdc\x00\x02\x01\x02") == [1, 2]
    assert decode_message(b"\xdd\x00\x00\x00\x02\x01\x02") == [1, 2]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xc0", "a message must be a list"),
        (b"\x81\xa1k\x01", "a message must be a list"),
        (b"\xdc\x00\x10", "no message has 16 elements"),
        (b"\x92\x01", "index out of range"),
        (b"\x91\xa5abc", "cut off"),
        (b"\x91\x01\x01", "more than one message"),
        (b"\x91\xcd\x01", "requires a buffer"),
        (b"\x91\xd4\x01\x00", "extension types are not part of WAMP"),
        (b"\x91\xc1", "not part of WAMP"),
        (b"\x91\x81\x05\x05", "keys must be strings, got int"),
        (b"\x91\xa1\xff", "invalid start byte"),
        (b"\x91\xdd\xff\xff\xff\xff", "more than 10000 elements"),
        (b"\x91\xde\x13\x89", "more than 10000 elements"),
        (b"\x91" * 33 + b"\xc0", "nested deeper than 32"),
    ],
)
def test_broken_messages_are_refused(data: bytes, text: str) -> None:
    with pytest.raises(RemoteProtocolError, match=text):
        decode_message(data)
