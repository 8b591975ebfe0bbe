"""The MessagePack serializer: strict in what it takes, with or without msgpack's C extension.

Decoding a message proves it well-formed at its sender; where its arguments start is found on the
way, and from there on the bytes are kept for receivers with the same serializer. Only the heads
of the seven message types with arguments are known here; every other message, and every odd form,
goes through ``from_wire``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgpack

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.heads import BUILDERS, HEAD_LENGTHS, are_plain
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Invocation,
    Message,
    Publish,
    Published,
    Result,
    Yield,
)
from wampedge.wamp.msgpack_pure import (
    UNDEFINED,
    decode_element,
    decode_message,
    encode_element,
    encode_text,
    encode_uint,
)
from wampedge.wamp.msgpack_quick import MAX_QUICK_BYTES, QUICK, QuickDecode
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.validation import from_wire, to_wire
from wampedge.wamp.values import MAX_DEPTH, MAX_ELEMENTS, check_incoming, check_outgoing

__all__ = ["HAS_EXTENSION", "MsgpackSerializer"]

HAS_EXTENSION: bool = msgpack.Unpacker.__module__ != "msgpack.fallback"
"""Whether msgpack brought its C extension."""

# Bytes that open a list or a dict, that start an extension type a C decoder turns into a timestamp,
# or that start binary, which may stand as a key. They also occur within texts and numbers.
_OPENING = frozenset({*range(0x80, 0xA0), *range(0xDC, 0xE0)})
_SUSPECT = frozenset({0xC4, 0xC5, 0xC6, 0xC7, 0xD6, 0xD7})
_HARMLESS = bytes(sorted(set(range(256)) - _OPENING - _SUSPECT))
_MARKS = bytes(0xFF if byte in _SUSPECT else byte for byte in range(256))

_HEAD_SIZES = [0] * 256
"""Bytes of an id, of a short URI or of empty options, by their first byte; 0 for all others."""
_HEAD_SIZES[:0x80] = [1] * 0x80
_HEAD_SIZES[0x80] = 1
_HEAD_SIZES[0xA0:0xC0] = range(1, 33)
_HEAD_SIZES[0xCC:0xD0] = [2, 3, 5, 9]


class MsgpackSerializer:
    """WAMP messages as MessagePack. Stateless; one instance serves everybody.

    Args:
        has_extension: False to do without msgpack's C extension even where there is one.
    """

    name: ClassVar[str] = "msgpack"
    subprotocol: ClassVar[str] = "wamp.2.msgpack"
    is_binary: ClassVar[bool] = True
    rawsocket_id: ClassVar[int] = 2

    def __init__(self, *, has_extension: bool = HAS_EXTENSION) -> None:
        self._quick: list[QuickDecode | None] = [
            QUICK.get(kind) if has_extension else None for kind in range(256)
        ]
        self._decode_values = _decode_with_extension if has_extension else decode_message
        self._encode_value: Callable[[Any], bytes] = (
            msgpack.Packer().pack if has_extension else encode_element
        )

    def decode(self, data: bytes) -> Message:
        """Decode one message; raises RemoteProtocolError for anything else."""
        if 2 < len(data) <= MAX_QUICK_BYTES and 0x90 <= data[0] <= 0x9F:
            quick = self._quick[data[1]]
            quickly = quick(data, self) if quick is not None else None
            if quickly is not None:
                return quickly
        if not data or not 0x90 <= data[0] <= 0x9F:
            return from_wire(decode_message(data))
        values = self._decode_values(data)
        head_length = HEAD_LENGTHS.get(data[1]) if len(data) > 1 else None
        if head_length is None:
            return from_wire(values)
        elements = values[head_length:]
        message = None
        # The first byte alone is found nine times faster than all three of them.
        has_undefined = UNDEFINED[0] in data and UNDEFINED in data
        if are_plain(elements) and not has_undefined:
            tail = data[_head_end(data, head_length) :]
            message = BUILDERS[data[1]](values, Payload.raw(self, tail, elements))
        elif len(values) == head_length:
            message = BUILDERS[data[1]](values, EMPTY)
        return message or from_wire(values)

    def encode(self, message: Message) -> bytes:
        """Encode one message; raises LocalProtocolError when a value has no form in it."""
        encode = _ENCODERS.get(type(message))
        if encode is not None:
            try:
                return encode(message, self)
            except UnicodeEncodeError as error:
                raise _lone_surrogate() from error
        elements = to_wire(message)
        return _opening(len(elements)) + self.encode_tail(elements, is_checked=False)

    def encode_tail(self, elements: Sequence[Any], *, is_checked: bool) -> bytes:
        """Encode the elements after the head, one after the other."""
        encode = self._encode_value
        try:
            if not is_checked:
                for element in elements:
                    check_outgoing(element)
            return b"".join([encode(element) for element in elements])
        except UnicodeEncodeError as error:
            raise _lone_surrogate() from error
        except (ValueError, OverflowError) as error:
            raise LocalProtocolError(f"a value cannot be sent in MessagePack: {error}") from error


def _lone_surrogate() -> LocalProtocolError:
    return LocalProtocolError("a text holds a lone surrogate; UTF-8 cannot carry it")


def _head_end(data: bytes, head_length: int) -> int:
    """Return where the arguments start in *data*, known to be good and of *head_length*."""
    at = 2
    for _ in range(head_length - 1):
        size = _HEAD_SIZES[data[at]]
        at = at + size if size else decode_element(data, at)[1]
    return at


def _refuse_extension(code: int, _data: bytes) -> Any:
    raise ValueError(f"extension type {code} is not part of WAMP")


def _decode_with_extension(data: bytes) -> list[Any]:
    """Decode a short list in C; walk through the values only if the bytes give cause.

    The C decoder takes timestamps, binary keys and any depth, and it allocates what a list claims
    to hold before it has seen it: a message with many such claims is decoded here instead.
    """
    marks = data.translate(_MARKS, _HARMLESS)
    is_harmless = len(marks) <= MAX_DEPTH and 0xFF not in marks
    if not is_harmless and marks.count(0xDC) + marks.count(0xDD) > MAX_DEPTH:
        return decode_message(data)
    try:
        if is_harmless and len(data) <= MAX_ELEMENTS:
            values: list[Any] = msgpack.unpackb(data, ext_hook=_refuse_extension)
        else:
            limit = min(len(data), MAX_ELEMENTS)
            values = msgpack.unpackb(
                data, ext_hook=_refuse_extension, max_array_len=limit, max_map_len=limit
            )
            check_incoming(values)
    except (ValueError, TypeError, OverflowError) as error:
        if UNDEFINED in data:
            return decode_message(data)
        raise RemoteProtocolError(f"not MessagePack: {error}"[:200]) from error
    return values


def _opening(length: int) -> bytes:
    """Return the first byte of a message of *length* elements."""
    return bytes((0x90 | length,))


def _openings(message: type[Message]) -> list[bytes]:
    """Return the first two bytes of *message* with 0, 1 and 2 elements after its head."""
    lead = 0x90 | HEAD_LENGTHS[message.TYPE]
    return [bytes((lead + extra, message.TYPE)) for extra in range(3)]


_NO_OPTIONS = b"\x80"
# Both write the shortest form; C is faster from 128 on.
_uint: Callable[[int], bytes] = msgpack.Packer().pack if HAS_EXTENSION else encode_uint

_CALL = _openings(Call)
_PUBLISH = _openings(Publish)
_YIELD = _openings(Yield)
_RESULT = _openings(Result)
_EVENT = _openings(Event)
_INVOCATION = _openings(Invocation)
_ERROR = _openings(Error)


def _encode_call(call: Call, codec: MsgpackSerializer) -> bytes:
    payload = call.payload
    return b"".join(
        (
            _CALL[len(payload.elements)],
            _uint(call.request_id),
            _encode_options(call.options, codec) if call.options else _NO_OPTIONS,
            encode_text(call.procedure),
            payload.tail(codec),
        )
    )


def _encode_publish(publish: Publish, codec: MsgpackSerializer) -> bytes:
    payload = publish.payload
    return b"".join(
        (
            _PUBLISH[len(payload.elements)],
            _uint(publish.request_id),
            _encode_options(publish.options, codec) if publish.options else _NO_OPTIONS,
            encode_text(publish.topic),
            payload.tail(codec),
        )
    )


def _encode_published(published: Published, _codec: MsgpackSerializer) -> bytes:
    return b"\x93\x11" + _uint(published.request_id) + _uint(published.publication_id)


def _encode_yield(answer: Yield, codec: MsgpackSerializer) -> bytes:
    payload = answer.payload
    return b"".join(
        (
            _YIELD[len(payload.elements)],
            _uint(answer.request_id),
            _encode_options(answer.options, codec) if answer.options else _NO_OPTIONS,
            payload.tail(codec),
        )
    )


def _encode_result(result: Result, codec: MsgpackSerializer) -> bytes:
    payload = result.payload
    return b"".join(
        (
            _RESULT[len(payload.elements)],
            _uint(result.request_id),
            _encode_options(result.details, codec) if result.details else _NO_OPTIONS,
            payload.tail(codec),
        )
    )


def _encode_event(event: Event, codec: MsgpackSerializer) -> bytes:
    payload = event.payload
    return b"".join(
        (
            _EVENT[len(payload.elements)],
            _uint(event.subscription_id),
            _uint(event.publication_id),
            _encode_options(event.details, codec) if event.details else _NO_OPTIONS,
            payload.tail(codec),
        )
    )


def _encode_invocation(invocation: Invocation, codec: MsgpackSerializer) -> bytes:
    payload = invocation.payload
    return b"".join(
        (
            _INVOCATION[len(payload.elements)],
            _uint(invocation.request_id),
            _uint(invocation.registration_id),
            _encode_options(invocation.details, codec) if invocation.details else _NO_OPTIONS,
            payload.tail(codec),
        )
    )


def _encode_error(error: Error, codec: MsgpackSerializer) -> bytes:
    payload = error.payload
    return b"".join(
        (
            _ERROR[len(payload.elements)],
            _uint(error.request_type),
            _uint(error.request_id),
            _encode_options(error.details, codec) if error.details else _NO_OPTIONS,
            encode_text(error.error),
            payload.tail(codec),
        )
    )


def _encode_options(options: dict[str, Any], codec: MsgpackSerializer) -> bytes:
    return codec.encode_tail((options,), is_checked=False)


_ENCODERS: Mapping[type[Message], Callable[[Any, MsgpackSerializer], bytes]] = {
    Call: _encode_call,
    Publish: _encode_publish,
    Published: _encode_published,
    Yield: _encode_yield,
    Result: _encode_result,
    Event: _encode_event,
    Invocation: _encode_invocation,
    Error: _encode_error,
}
"""The messages of a routed call or event, whose arguments are spliced in as they are."""
