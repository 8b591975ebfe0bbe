"""CBOR (RFC 8949) in plain Python, for what WAMP uses of it, with its limits built in.

Refused at once: tags, simple values other than true, false, null and undefined, keys that are no
text or come twice, broken UTF-8, too much depth, too many elements. Lengths may be indefinite, and
numbers and lengths may be longer than they need be.
"""

from __future__ import annotations

import struct
from typing import Any

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.values import MAX_DEPTH, MAX_ELEMENTS

__all__ = [
    "UNDEFINED",
    "decode_element",
    "decode_message",
    "encode_element",
    "encode_text",
    "encode_uint",
]

UNDEFINED = 0xF7
"""The byte of a value that is not set, as JavaScript knows it; taken for null."""

# Elements of a message; none has as many.
_MAX_LENGTH = 15

_BREAK = 0xFF
_INDEFINITE = 0x1F

_BYTES, _TEXT, _LIST, _DICT = 0x40, 0x60, 0x80, 0xA0

_ONE_BYTE: dict[int, Any] = {
    **{lead: lead for lead in range(0x18)},
    **{lead: 0x1F - lead for lead in range(0x20, 0x38)},
    0xF4: False,
    0xF5: True,
    0xF6: None,
    UNDEFINED: None,
}
_NUMBERS = {
    lead: (struct.Struct(">" + code).unpack_from, 1 + struct.calcsize(">" + code))
    for lead, code in {
        0x18: "B", 0x19: "H", 0x1A: "I", 0x1B: "Q", 0xF9: "e", 0xFA: "f", 0xFB: "d",
    }.items()
}  # fmt: skip


def decode_message(data: bytes) -> list[Any]:
    """Decode a whole message, which is a short list.

    Raises:
        RemoteProtocolError: it is not one message in CBOR as WAMP uses it.
    """
    try:
        values, at = _decode_whole(data)
    except (ValueError, IndexError, struct.error) as error:
        raise RemoteProtocolError(f"not CBOR: {error}"[:200]) from error
    if at != len(data):
        raise RemoteProtocolError("not CBOR: cut off, or more than one message")
    return values


def _decode_whole(data: bytes) -> tuple[list[Any], int]:
    """Decode the list that a message is; each element has a budget of its own."""
    if not data or not _LIST <= data[0] < _DICT:
        raise ValueError("a message must be a list")
    length, at = _length(data, 0)
    if length is not None and length > _MAX_LENGTH:
        raise ValueError(f"no message has {length} elements")
    values: list[Any] = []
    while len(values) < length if length is not None else data[at] != _BREAK:
        if len(values) == _MAX_LENGTH:
            raise ValueError("no message has so many elements")
        value, at = _decode(data, at, 2, [MAX_ELEMENTS])
        values.append(value)
    return values, at + (length is None)


def decode_element(data: bytes, at: int) -> tuple[Any, int]:
    """Decode the value at *at*, known to be good; returns it and where the next one starts."""
    return _decode(data, at, 2, [MAX_ELEMENTS])


def _decode(data: bytes, at: int, depth: int, budget: list[int]) -> tuple[Any, int]:
    """Decode the value at *at*; *depth* is the level of a container that starts there.

    The end it returns may lie beyond the end of *data* when the value is cut off.
    """
    lead = data[at]
    if 0x60 <= lead <= 0x77:
        end = at + lead - 0x5F
        return data[at + 1 : end].decode(), end
    if lead in _ONE_BYTE:
        return _ONE_BYTE[lead], at + 1
    if lead in _NUMBERS:
        unpack, size = _NUMBERS[lead]
        return unpack(data, at + 1)[0], at + size
    if 0x80 <= lead <= 0x97:
        return _decode_list(data, at + 1, lead - _LIST, depth, budget)
    if 0xA0 <= lead <= 0xB7:
        return _decode_dict(data, at + 1, lead - _DICT, depth, budget)
    return _decode_long(data, at, depth, budget)


def _decode_long(data: bytes, at: int, depth: int, budget: list[int]) -> tuple[Any, int]:
    """Decode a value whose length or number stands in bytes of its own, or that has no length."""
    lead = data[at]
    if 0xC0 <= lead <= 0xDB:
        raise ValueError(f"tags are not part of WAMP (byte 0x{lead:02x})")
    if lead >= 0xC0:
        raise ValueError(f"no value of WAMP starts with byte 0x{lead:02x}")
    kind = lead & 0xE0
    length, start = _length(data, at)
    if kind == 0x20 and length is not None:
        return -1 - length, start
    if kind == _LIST:
        return _decode_list(data, start, length, depth, budget)
    if kind == _DICT:
        return _decode_dict(data, start, length, depth, budget)
    if kind < _BYTES:
        raise ValueError(f"a number without an end (byte 0x{lead:02x})")
    if length is None:
        return _decode_chunks(data, start, kind, budget)
    end = start + length
    return (data[start:end].decode() if kind == _TEXT else data[start:end]), end


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """Return the length in the head at *at*, None if it is indefinite, and where the head ends."""
    short = data[at] & 0x1F
    if short < 0x18:
        return short, at + 1
    if short == _INDEFINITE:
        return None, at + 1
    if short > 0x1B:
        raise ValueError(f"no value of WAMP starts with byte 0x{data[at]:02x}")
    start = at + 1 + (1 << short - 0x18)
    if start > len(data):
        raise ValueError("cut off")
    return int.from_bytes(data[at + 1 : start], "big"), start


def _decode_chunks(data: bytes, at: int, kind: int, budget: list[int]) -> tuple[Any, int]:
    """Decode a text or bytes in chunks; each chunk is a whole one (section 3.2.3)."""
    chunks = []
    while data[at] != _BREAK:
        budget[0] -= 1
        length, start = _length(data, at)
        if data[at] & 0xE0 != kind or length is None or budget[0] < 0:
            raise ValueError("a chunk that does not fit the text or bytes it is of")
        at = start + length
        chunk = data[start:at]
        if kind == _TEXT:
            chunk.decode()
        chunks.append(chunk)
    whole = b"".join(chunks)
    return (whole.decode() if kind == _TEXT else whole), at + 1


def _decode_list(
    data: bytes, at: int, length: int | None, depth: int, budget: list[int]
) -> tuple[list[Any], int]:
    """Decode *length* values from *at* on, or all until a break."""
    _check_limits(depth, length or 0, budget)
    items: list[Any] = []
    if length is None:
        while data[at] != _BREAK:
            _check_limits(depth, 1, budget)
            item, at = _decode(data, at, depth + 1, budget)
            items.append(item)
        return items, at + 1
    for _ in range(length):
        lead = data[at]
        if lead in _NUMBERS:
            unpack, size = _NUMBERS[lead]
            items.append(unpack(data, at + 1)[0])
            at += size
        else:
            item, at = _decode(data, at, depth + 1, budget)
            items.append(item)
    return items, at


def _decode_dict(
    data: bytes, at: int, length: int | None, depth: int, budget: list[int]
) -> tuple[dict[str, Any], int]:
    """Decode *length* pairs from *at* on, or all until a break."""
    _check_limits(depth, 2 * (length or 0), budget)
    items: dict[str, Any] = {}
    count = 0
    while count < length if length is not None else data[at] != _BREAK:
        count += 1
        if length is None:
            _check_limits(depth, 2, budget)
        lead = data[at]
        if 0x60 <= lead <= 0x77:
            end = at + lead - 0x5F
            key = data[at + 1 : end].decode()
            at = end
        else:
            key, at = _decode(data, at, depth + 1, budget)
            if type(key) is not str:
                raise ValueError(f"keys must be strings, got {type(key).__name__}")
        lead = data[at]
        if lead in _NUMBERS:
            unpack, size = _NUMBERS[lead]
            items[key] = unpack(data, at + 1)[0]
            at += size
        else:
            items[key], at = _decode(data, at, depth + 1, budget)
    if len(items) != count:
        raise ValueError("a key that comes twice")
    return items, at + (length is None)


def _check_limits(depth: int, length: int, budget: list[int]) -> None:
    """Count *length* more values, before anything is stored for them."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    budget[0] -= length
    if budget[0] < 0:
        raise ValueError(f"more than {MAX_ELEMENTS} elements in one argument")


_PACK_HEAD = [struct.Struct(">B" + code).pack for code in "BHIQ"]
_PACK_FLOAT = struct.Struct(">Bd").pack
_BYTE = [bytes((value,)) for value in range(256)]


def encode_uint(number: int, kind: int = 0) -> bytes:
    """Encode 0 to 2**64 - 1 in its shortest form, as a number or as the head of another *kind*."""
    if number < 0x18:
        return _BYTE[kind | number]
    if number < 0x100:
        return bytes((kind | 0x18, number))
    if number < 0x10000:
        return _PACK_HEAD[1](kind | 0x19, number)
    if number < 0x100000000:
        return _PACK_HEAD[2](kind | 0x1A, number)
    return _PACK_HEAD[3](kind | 0x1B, number)


def encode_text(text: str) -> bytes:
    """Encode a text; raises UnicodeEncodeError for lone surrogates."""
    encoded = text.encode()
    return encode_uint(len(encoded), _TEXT) + encoded


def encode_element(value: Any) -> bytes:
    """Encode one checked value (see ``check_outgoing``).

    Raises:
        LocalProtocolError: an integer does not fit in 64 bit and a sign.
        UnicodeEncodeError: a text holds a lone surrogate.
    """
    parts: list[bytes] = []
    _encode(value, parts)
    return b"".join(parts)


def _encode(value: Any, parts: list[bytes]) -> None:
    """Append *value* to *parts*; the commonest types come first."""
    kind = type(value)
    if kind is str:
        parts.append(encode_text(value))
    elif kind is float:
        parts.append(_PACK_FLOAT(0xFB, value))
    elif kind is int:
        parts.append(_encode_int(value))
    elif kind is dict:
        _encode_dict(value, parts)
    elif value is None or kind is bool:
        parts.append(b"\xf6" if value is None else b"\xf5" if value else b"\xf4")
    elif isinstance(value, list | tuple):
        parts.append(encode_uint(len(value), _LIST))
        for item in value:
            _encode(item, parts)
    elif isinstance(value, bytes | bytearray | memoryview):
        encoded = bytes(value)
        parts.extend((encode_uint(len(encoded), _BYTES), encoded))
    else:
        _encode_subclass(value, parts)


def _encode_dict(value: dict[str, Any], parts: list[bytes]) -> None:
    parts.append(encode_uint(len(value), _DICT))
    for key, item in value.items():
        parts.append(encode_text(key))
        _encode(item, parts)


def _encode_int(number: int) -> bytes:
    if not -(1 << 64) <= number < 1 << 64:
        raise LocalProtocolError("an integer beyond 64 bit cannot be sent in CBOR")
    return encode_uint(number) if number >= 0 else encode_uint(-1 - number, 0x20)


def _encode_subclass(value: Any, parts: list[bytes]) -> None:
    """Encode an instance of a subclass (an enum, say) as the plain type below it."""
    if isinstance(value, dict):
        _encode_dict(value, parts)
    elif isinstance(value, str):
        parts.append(encode_text(str.__str__(value)))
    elif isinstance(value, int):
        parts.append(_encode_int(int(value)))
    else:
        _encode(float(value), parts)
