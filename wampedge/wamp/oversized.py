"""Messages longer than this side takes: read over, but for their head, and answered.

The head of a request says who waits for what, so that the one exchange can be refused and the
session lives. Of a message that is read over only the first bytes are kept.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.errors import RemoteProtocolError, TooLongMessageError
from wampedge.wamp import cbor_values, msgpack_pure
from wampedge.wamp.heads import HEAD_LENGTHS
from wampedge.wamp.json_decoding import value_at
from wampedge.wamp.messages import Call, Error, Message, Publish
from wampedge.wamp.validation import head_from_wire
from wampedge.wamp.values import check_incoming

__all__ = ["HEAD_BYTES", "Oversized", "Skipping", "oversized_error"]

HEAD_BYTES: Final = 4096
"""How much of a message is kept: options and URI of a request have to fit."""

_END_WITH_URI: Final = frozenset({Call.TYPE, Publish.TYPE, Error.TYPE})

_UNREADABLE = (ValueError, IndexError, struct.error, RecursionError, RemoteProtocolError)


class Oversized(bytes):
    """Stands where the body of a message would: empty, so that no serializer takes it.

    Attributes:
        head: the first bytes of the message.
        length: bytes of the whole message.
        limit: how many would have been taken.
    """

    head: bytes
    length: int
    limit: int


class Skipping:
    """One message on its way that is read over.

    Args:
        length: bytes of the message.
        limit: how many would have been taken; less than *length*.
    """

    __slots__ = ("_head", "_left", "_length", "_limit")

    def __init__(self, length: int, limit: int) -> None:
        self._length = self._left = length
        self._limit = limit
        self._head = bytearray()

    def take(self, data: bytes, start: int) -> int:
        """Read over what of *data* from *start* on is of the message; return where that ends."""
        stop = min(start + self._left, len(data))
        wanted = HEAD_BYTES - len(self._head)
        if wanted > 0:
            self._head += data[start : min(stop, start + wanted)]
        self._left -= stop - start
        return stop

    @property
    def is_done(self) -> bool:
        """All of the message was read over."""
        return self._left == 0

    def body(self, unmask: Callable[[bytes], bytes] = bytes) -> Oversized:
        """Return what stands for the message, its first bytes unmasked."""
        body = Oversized()
        body.head = unmask(bytes(self._head))
        body.length, body.limit = self._length, self._limit
        return body


def oversized_error(body: Oversized, serializer: str) -> TooLongMessageError:
    """Return the error for a message that is too long, with the message if its head tells it.

    Args:
        body: what is left of it.
        serializer: name of the serializer that wrote it.
    """
    text = f"message of {body.length} bytes, at most {body.limit} are taken"
    try:
        return TooLongMessageError(text, _read_head(body.head, _READERS[serializer]))
    except _UNREADABLE:
        return TooLongMessageError(text)


Reader = Callable[[bytes], tuple[Callable[[int], tuple[Any, int]], int]]
"""Begins to read a list that is cut off: how to read the element at an index, and the first."""


def _read_head(head: bytes, begin: Reader) -> Message:
    """Read the elements before the arguments; raises one of _UNREADABLE."""
    read, at = begin(head)
    type_code, at = read(at)
    if type(type_code) is not int or type_code not in HEAD_LENGTHS:
        raise ValueError("no message with arguments")
    values = [type_code]
    last = HEAD_LENGTHS[type_code] - 1
    for place in range(1, last + 1):
        try:
            value, at = read(at)
        except _UNREADABLE:
            is_cut_off = place == last and at < len(head) == HEAD_BYTES
            if not is_cut_off or type_code not in _END_WITH_URI:
                raise
            value = ""  # a URI that goes on beyond what was kept; who is to be answered is known
        values.append(value)
    check_incoming(values)
    return head_from_wire(values)


def _begin_json(head: bytes) -> tuple[Callable[[int], tuple[Any, int]], int]:
    # The last character may be cut in two; that is no fault of the sender.
    text = codecs.getincrementaldecoder("utf-8")().decode(head).lstrip(" \t\n\r")
    if text[0] != "[":
        raise ValueError("not a list")
    return (lambda at: value_at(text, at)), 1


def _begin_msgpack(head: bytes) -> tuple[Callable[[int], tuple[Any, int]], int]:
    if not 0x90 <= head[0] <= 0x9F:
        raise ValueError("not a short list")
    return (lambda at: msgpack_pure.decode_element(head, at)), 1


def _begin_cbor(head: bytes) -> tuple[Callable[[int], tuple[Any, int]], int]:
    if not 0x80 <= head[0] <= 0x97:
        raise ValueError("not a short list")
    return (lambda at: cbor_values.decode_element(head, at)), 1


_READERS: Final[Mapping[str, Reader]] = {
    "json": _begin_json,
    "msgpack": _begin_msgpack,
    "cbor": _begin_cbor,
}
