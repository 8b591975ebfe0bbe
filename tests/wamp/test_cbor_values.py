"""CBOR by the examples of RFC 8949, by hand, and against cbor2."""

from __future__ import annotations

import enum
import math
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wamp.strategies import values
from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.cbor_values import decode_element, decode_message, encode_element, encode_uint

# RFC 8949, appendix A: those examples that WAMP can carry.
EXAMPLES: list[tuple[str, Any]] = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100),
    ("1903e8", 1000), ("1a000f4240", 1000000), ("1b000000e8d4a51000", 1000000000000),
    ("1bffffffffffffffff", 18446744073709551615), ("3bffffffffffffffff", -18446744073709551616),
    ("20", -1), ("29", -10), ("3863", -100), ("3903e7", -1000),
    ("f90000", 0.0), ("f93c00", 1.0), ("fb3ff199999999999a", 1.1), ("f93e00", 1.5),
    ("f97bff", 65504.0), ("fa47c35000", 100000.0), ("fb7e37e43c8800759c", 1.0e300),
    ("f90001", 5.960464477539063e-08), ("f9c400", -4.0), ("fbc010666666666666", -4.1),
    ("f97c00", math.inf), ("f9fc00", -math.inf), ("fa7f800000", math.inf),
    ("f4", False), ("f5", True), ("f6", None), ("f7", None),
    ("40", b""), ("4401020304", b"\x01\x02\x03\x04"), ("60", ""), ("6161", "a"),
    ("6449455446", "IETF"), ("62225c", '"\\'), ("62c3bc", "ü"), ("63e6b0b4", "水"),
    ("64f0908591", "𐅑"), ("80", []), ("83010203", [1, 2, 3]),
    ("8301820203820405", [1, [2, 3], [4, 5]]),
    ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(range(1, 26))),
    ("a0", {}), ("a26161016162820203", {"a": 1, "b": [2, 3]}),
    ("826161a161626163", ["a", {"b": "c"}]),
    ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"), ("7f657374726561646d696e67ff", "streaming"),
    ("9fff", []), ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
    ("83018202039f0405ff", [1, [2, 3], [4, 5]]),
    ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ("bf6346756ef563416d7421ff", {"Fun": True, "Amt": -2}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), EXAMPLES, ids=[text for text, _ in EXAMPLES])
def test_an_example_of_rfc_8949_is_read(text: str, value: Any) -> None:
    data = bytes.fromhex(text)

    decoded, end = decode_element(data, 0)

    assert (decoded, type(decoded), end) == (value, type(value), len(data))
    assert decode_message(b"\x81" + data) == [value]


@pytest.mark.parametrize("text", ["f97e00", "fa7fc00000", "fb7ff8000000000000"])
def test_nan_is_read_in_every_width(text: str) -> None:
    """Row P6: it passes within CBOR, as it does within MessagePack."""
    assert math.isnan(decode_element(bytes.fromhex(text), 0)[0])


@pytest.mark.parametrize(
    ("value", "text"),
    [(value, text) for text, value in EXAMPLES if text[0] in "0123468a" and "9f" not in text],
)
def test_the_shortest_form_is_written(value: Any, text: str) -> None:
    assert encode_element(value).hex() == text


def test_numbers_and_lengths_may_be_longer_than_they_need_be() -> None:
    for text, value in [
        ("1800", 0), ("1b0000000000000001", 1), ("3b0000000000000000", -1), ("780161", "a"),
        ("5a0000000161", b"a"), ("9b000000000000000101", [1]), ("b90001616101", {"a": 1}),
    ]:  # fmt: skip
        assert decode_message(b"\x81" + bytes.fromhex(text)) == [value]


REFUSED = [
    ("", "a message must be a list"),
    ("a0", "a message must be a list"),
    ("f6", "a message must be a list"),
    ("90" + "00" * 16, "no message has 16 elements"),
    ("9f" + "00" * 17 + "ff", "no message has so many elements"),
    ("9bffffffffffffffff", "no message has 18446744073709551615 elements"),
    ("81", "not CBOR"),
    ("8100" + "00", "cut off, or more than one message"),
    ("8161", "cut off, or more than one message"),
    ("8119", "not CBOR"),
    ("8178", "cut off"),
    ("81fb00", "not CBOR"),
    ("815b7fffffffffffffff00", "cut off, or more than one message"),
    ("81c0", "tags are not part of WAMP"),
    ("81c11a514b67b0", "tags are not part of WAMP"),
    ("81c249010000000000000000", "tags are not part of WAMP"),
    ("81d81c80", "tags are not part of WAMP"),
    ("d9d9f780", "a message must be a list"),
    ("81e0", "no value of WAMP starts with byte 0xe0"),
    ("81f8ff", "no value of WAMP starts with byte 0xf8"),
    ("81fc", "no value of WAMP starts with byte 0xfc"),
    ("81ff", "no value of WAMP starts with byte 0xff"),
    ("811c", "no value of WAMP starts with byte 0x1c"),
    ("819e", "no value of WAMP starts with byte 0x9e"),
    ("811f", "a number without an end"),
    ("813f", "a number without an end"),
    ("81a10101", "keys must be strings, got int"),
    ("81a1416101", "keys must be strings, got bytes"),
    ("81bff601ff", "keys must be strings, got NoneType"),
    ("81a2616101616102", "a key that comes twice"),
    ("81bf616101616102ff", "a key that comes twice"),
    ("8162fffe", "invalid start byte"),
    ("8163eda080", "invalid continuation byte"),
    ("817f62c3bc61c3ff", "unexpected end of data"),
    ("817f4161ff", "a chunk that does not fit"),
    ("817f7f6161ffff", "a chunk that does not fit"),
    ("815f01ff", "a chunk that does not fit"),
    ("819a00002711", "more than 10000 elements"),
    ("81ba00001389", "more than 10000 elements"),
    ("819f" + "00" * 10_001 + "ff", "more than 10000 elements"),
    ("81bf" + "616100" * 5_001 + "ff", "more than 10000 elements"),
    ("815f" + "40" * 10_001 + "ff", "a chunk that does not fit"),
    ("81" * 33 + "00", "nested deeper than 32"),
    ("9f" * 33 + "00" + "ff" * 33, "nested deeper than 32"),
    ("81" + "a16161" * 32 + "00", "nested deeper than 32"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[text[:24] for text, _ in REFUSED])
def test_what_wamp_cannot_use_is_refused(text: str, reason: str) -> None:
    """Rows P27, P28 and P39, for CBOR."""
    with pytest.raises(RemoteProtocolError, match=r"^not CBOR: ") as caught:
        decode_message(bytes.fromhex(text))

    assert reason in str(caught.value)
    assert len(str(caught.value)) <= 200


def test_the_limits_themselves_are_kept() -> None:
    deepest: Any = 0
    for _ in range(31):
        deepest = [deepest]

    assert decode_message(b"\x81" + encode_element(deepest)) == [deepest]
    assert decode_message(b"\x81" + encode_element([0] * 10_000)) == [[0] * 10_000]
    longest = b"\x9f" + b"\x00" * 10_000 + b"\xff"
    assert decode_message(b"\x81" + longest) == [[0] * 10_000]


@given(values)
def test_cbor2_reads_what_we_write(value: Any) -> None:
    assert cbor2.loads(encode_element(value)) == value


@given(st.lists(values, max_size=4), st.booleans())
def test_we_read_what_cbor2_writes(message: list[Any], is_canonical: bool) -> None:
    assert decode_message(cbor2.dumps(message, canonical=is_canonical)) == message


@given(st.binary(max_size=60))
def test_any_bytes_give_values_or_a_refusal(data: bytes) -> None:
    try:
        decoded = decode_message(b"\x81" + data)
    except RemoteProtocolError:
        return
    assert repr(decode_message(b"\x81" + encode_element(decoded[0]))) == repr(decoded)


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Measured(float):
    pass


class Named(dict[str, Any]):
    pass


def test_relatives_of_plain_types_are_written_as_these() -> None:
    value = [
        Colour.RED,
        Level.LOW,
        Measured(1.5),
        Named(a=(True,)),
        bytearray(b"x"),
        memoryview(b"y"),
    ]

    assert decode_element(encode_element(value), 0)[0] == ["red", 1, 1.5, {"a": [True]}, b"x", b"y"]


@pytest.mark.parametrize("number", [2**64, -(2**64) - 1])
def test_an_integer_beyond_64_bit_has_no_form(number: int) -> None:
    with pytest.raises(LocalProtocolError, match="beyond 64 bit"):
        encode_element([number])


@pytest.mark.parametrize(
    ("number", "text"),
    [(255, "18ff"), (256, "190100"), (65535, "19ffff"), (65536, "1a00010000"),
     (2**32 - 1, "1affffffff"), (2**32, "1b0000000100000000")],
)  # fmt: skip
def test_a_number_grows_where_it_must(number: int, text: str) -> None:
    assert encode_uint(number).hex() == text
