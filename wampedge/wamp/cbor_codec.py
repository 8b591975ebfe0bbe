"""The CBOR serializer: strict in what it takes, and in need of no library.

Decoding a message proves it well-formed at its sender; where its arguments start is found by its
head, and from there on the bytes are kept for receivers with the same serializer. A message that
holds ``undefined`` anywhere, and every odd form, goes through ``from_wire``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

from wampedge.errors import LocalProtocolError
from wampedge.wamp.cbor_values import (
    UNDEFINED,
    decode_element,
    decode_message,
    encode_element,
    encode_text,
    encode_uint,
)
from wampedge.wamp.heads import BUILDERS, HEAD_LENGTHS, are_plain
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Invocation,
    Message,
    Publish,
    Result,
    Yield,
)
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.validation import from_wire, to_wire
from wampedge.wamp.values import check_outgoing

__all__ = ["CborSerializer"]

# Byte before a type above 23.
_ONE_MORE_BYTE = 0x18


class CborSerializer:
    """WAMP messages as CBOR. Stateless; one instance serves everybody."""

    name: ClassVar[str] = "cbor"
    subprotocol: ClassVar[str] = "wamp.2.cbor"
    is_binary: ClassVar[bool] = True
    rawsocket_id: ClassVar[int] = 3

    def decode(self, data: bytes) -> Message:
        """Decode one message; raises RemoteProtocolError for anything else."""
        values = decode_message(data)
        kind = values[0] if values else None
        head_length = HEAD_LENGTHS.get(kind) if type(kind) is int else None
        if head_length is None or len(values) < head_length:
            return from_wire(values)
        elements = values[head_length:]
        message = None
        if are_plain(elements) and data[0] < 0x98 and UNDEFINED not in data:
            tail = data[_head_end(data, head_length) :]
            message = BUILDERS[values[0]](values, Payload.raw(self, tail, elements))
        elif not elements:
            message = BUILDERS[values[0]](values, EMPTY)
        return message or from_wire(values)

    def encode(self, message: Message) -> bytes:
        """Encode one message; raises LocalProtocolError when a value has no form in it."""
        head_of = _HEADS.get(type(message))
        if head_of is None:
            elements = to_wire(message)
            return encode_uint(len(elements), 0x80) + self.encode_tail(elements, is_checked=False)
        head: tuple[Any, ...] = head_of(message)
        payload: Payload = message.payload  # type: ignore[union-attr]  # all in that table have one
        length = 1 + len(head) + len(payload.elements)
        try:
            parts = [encode_uint(length, 0x80), encode_uint(message.TYPE)]
            for element in head:
                if type(element) is int:
                    parts.append(encode_uint(element))
                elif type(element) is str:
                    parts.append(encode_text(element))
                else:
                    parts.append(self._encode_options(element))
        except UnicodeEncodeError as error:
            raise _lone_surrogate() from error
        parts.append(payload.tail(self))
        return b"".join(parts)

    def encode_tail(self, elements: Sequence[Any], *, is_checked: bool) -> bytes:
        """Encode the elements after the head, one after the other."""
        try:
            if not is_checked:
                for element in elements:
                    check_outgoing(element)
            return b"".join([encode_element(element) for element in elements])
        except UnicodeEncodeError as error:
            raise _lone_surrogate() from error

    def _encode_options(self, options: dict[str, Any]) -> bytes:
        return self.encode_tail((options,), is_checked=False) if options else b"\xa0"


def _lone_surrogate() -> LocalProtocolError:
    return LocalProtocolError("a text holds a lone surrogate; UTF-8 cannot carry it")


def _head_end(data: bytes, head_length: int) -> int:
    """Return where the arguments start in *data*, known to be good and of *head_length*."""
    at = 1
    for _ in range(head_length):
        lead = data[at]
        if lead < 0x18 or lead == 0xA0:
            at += 1
        elif lead <= 0x1B:
            at += 1 + (1 << lead - _ONE_MORE_BYTE)
        elif 0x60 <= lead <= 0x77:
            at += lead - 0x5F
        else:
            at = decode_element(data, at)[1]
    return at


_HEADS: Mapping[type[Message], Callable[[Any], tuple[Any, ...]]] = {
    Call: attrgetter("request_id", "options", "procedure"),
    Publish: attrgetter("request_id", "options", "topic"),
    Yield: attrgetter("request_id", "options"),
    Result: attrgetter("request_id", "details"),
    Event: attrgetter("subscription_id", "publication_id", "details"),
    Invocation: attrgetter("request_id", "registration_id", "details"),
    Error: attrgetter("request_type", "request_id", "details", "error"),
}
"""The head of each message with arguments that are spliced in as they are."""
