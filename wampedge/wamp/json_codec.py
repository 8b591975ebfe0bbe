"""The JSON serializer: strict in what it takes, with the binary convention of WAMP.

Decoding a message proves it well-formed at its sender; where its arguments start is found by its
head, and from there on the bytes are kept for receivers with the same serializer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from wampedge.wamp.heads import BUILDERS, HEAD_LENGTHS, are_plain
from wampedge.wamp.json_decoding import decode_text, decode_values, end_of_value
from wampedge.wamp.json_encoding import encode_string, encode_values
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
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.validation import from_wire, to_wire

__all__ = ["JsonSerializer"]


class JsonSerializer:
    """WAMP messages as JSON text in UTF-8. Stateless; one instance serves everybody."""

    name: ClassVar[str] = "json"
    subprotocol: ClassVar[str] = "wamp.2.json"
    is_binary: ClassVar[bool] = False
    rawsocket_id: ClassVar[int] = 1

    def decode(self, data: bytes) -> Message:
        """Decode one message.

        Raises:
            InvalidPayloadError: the arguments hold NaN or an infinity, the rest is sound.
            RemoteProtocolError: anything else is wrong with it.
        """
        text = decode_text(data)
        values, end = decode_values(text)
        head = _HEADS.get(text[1:4])
        if head is None:
            return from_wire(values)
        match = head.match_plain(text)
        start = match.end() if match else head.end_with_options(text)
        if start is None:
            return from_wire(values)
        elements = values[head.length :]
        message = None
        if are_plain(elements):
            is_ascii = len(text) == len(data)
            tail = data[start : end - 1] if is_ascii else text[start : end - 1].encode()
            message = head.build(values, Payload.raw(self, tail, elements))
        elif len(values) == head.length:
            message = head.build(values, EMPTY)
        return message or from_wire(values)

    def encode(self, message: Message) -> bytes:
        """Encode one message; raises LocalProtocolError when a value has no form in JSON."""
        encode = _ENCODERS.get(type(message))
        if encode is not None:
            return encode(message, self)
        return encode_values(to_wire(message), is_checked=False)

    def encode_tail(self, elements: Sequence[Any], *, is_checked: bool) -> bytes:
        """Encode the elements after the head, each preceded by a comma."""
        if not elements:
            return b""
        return b"," + encode_values(list(elements), is_checked=is_checked)[1:-1]


class _Head:
    """Where the arguments of one message type start in its text.

    Args:
        type_code: the message type.
        has_uri: whether a URI follows the options.
    """

    __slots__ = ("_match_after_options", "_match_before_options", "build", "length", "match_plain")

    def __init__(self, type_code: int, *, has_uri: bool) -> None:
        self.length = HEAD_LENGTHS[type_code]
        self.build = BUILDERS[type_code]
        ids = self.length - (3 if has_uri else 2)
        # The same for all types, so that few patterns are compiled: _HEADS has seen the type.
        before = r"\[[0-9]+" + r", ?[0-9]+" * ids + ", ?"
        after = r', ?"[^"\\]*"' if has_uri else ""
        self.match_plain = re.compile(before + r"\{\}" + after).match
        """Matches a head without options, in text known to be good JSON."""
        self._match_before_options = re.compile(before + r"(?=\{)").match
        self._match_after_options = re.compile(after).match

    def end_with_options(self, text: str) -> int | None:
        """Return the index after a head with options, in *text* known to be good JSON."""
        match = self._match_before_options(text)
        if match:
            match = self._match_after_options(text, end_of_value(text, match.end()))
        return match.end() if match else None


_ERROR_HEAD = _Head(Error.TYPE, has_uri=True)
_HEADS: Mapping[str, _Head] = {
    "48,": _Head(Call.TYPE, has_uri=True),
    "16,": _Head(Publish.TYPE, has_uri=True),
    "70,": _Head(Yield.TYPE, has_uri=False),
    "50,": _Head(Result.TYPE, has_uri=False),
    "36,": _Head(Event.TYPE, has_uri=False),
    "68,": _Head(Invocation.TYPE, has_uri=False),
    **{f"8,{character}": _ERROR_HEAD for character in " 1346"},
}
"""By the three characters after the bracket; requests have types that start with 1, 3, 4 or 6."""


def _encode_call(call: Call, codec: JsonSerializer) -> bytes:
    return b"[48,%d,%b,%b%b]" % (
        call.request_id,
        _encode_options(call.options),
        encode_string(call.procedure),
        call.payload.tail(codec),
    )


def _encode_publish(publish: Publish, codec: JsonSerializer) -> bytes:
    return b"[16,%d,%b,%b%b]" % (
        publish.request_id,
        _encode_options(publish.options),
        encode_string(publish.topic),
        publish.payload.tail(codec),
    )


def _encode_published(published: Published, _codec: JsonSerializer) -> bytes:
    return b"[17,%d,%d]" % (published.request_id, published.publication_id)


def _encode_yield(answer: Yield, codec: JsonSerializer) -> bytes:
    return b"[70,%d,%b%b]" % (
        answer.request_id,
        _encode_options(answer.options),
        answer.payload.tail(codec),
    )


def _encode_result(result: Result, codec: JsonSerializer) -> bytes:
    return b"[50,%d,%b%b]" % (
        result.request_id,
        _encode_options(result.details),
        result.payload.tail(codec),
    )


def _encode_event(event: Event, codec: JsonSerializer) -> bytes:
    return b"[36,%d,%d,%b%b]" % (
        event.subscription_id,
        event.publication_id,
        _encode_options(event.details),
        event.payload.tail(codec),
    )


def _encode_invocation(invocation: Invocation, codec: JsonSerializer) -> bytes:
    return b"[68,%d,%d,%b%b]" % (
        invocation.request_id,
        invocation.registration_id,
        _encode_options(invocation.details),
        invocation.payload.tail(codec),
    )


def _encode_error(error: Error, codec: JsonSerializer) -> bytes:
    return b"[8,%d,%d,%b,%b%b]" % (
        error.request_type,
        error.request_id,
        _encode_options(error.details),
        encode_string(error.error),
        error.payload.tail(codec),
    )


def _encode_options(options: dict[str, Any]) -> bytes:
    return encode_values([options], is_checked=False)[1:-1] if options else b"{}"


_ENCODERS: Mapping[type[Message], Callable[[Any, JsonSerializer], bytes]] = {
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
