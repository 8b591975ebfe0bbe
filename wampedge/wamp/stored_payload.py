"""Payloads that are kept for long: as bytes, not as values, which take several times the room."""

from __future__ import annotations

from contextlib import suppress

from wampedge.errors import LocalProtocolError
from wampedge.wamp.messages import Event
from wampedge.wamp.msgpack_codec import HAS_EXTENSION
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.serializers import SERIALIZERS, Serializer

__all__ = ["StoredPayload"]

_QUICKEST_FIRST: tuple[Serializer, ...] = tuple(
    sorted(SERIALIZERS.values(), key=lambda each: each.name != "msgpack" or not HAS_EXTENSION)
)
"""MessagePack takes half the time of JSON, if its extension is there."""


class StoredPayload:
    """The payload of one message; immutable.

    The bytes that came in are kept where there are any, so that receivers with the serializer of
    the sender get them untouched, however much later.

    Args:
        payload: what to keep.

    Raises:
        LocalProtocolError: no serializer can write it.
    """

    __slots__ = ("_blob", "_count", "_serializer", "_tail")

    _serializer: Serializer
    _tail: bytes

    def __init__(self, payload: Payload) -> None:
        self._count = len(payload.elements)
        self._blob = payload.blob
        # A blob has no other form, and reading it back would take the options it came with.
        if self._count and self._blob is None:
            self._serializer, self._tail = _written(payload)

    @property
    def size_bytes(self) -> int:
        """The bytes that are kept."""
        if self._blob is not None:
            return len(self._blob)
        return len(self._tail) if self._count else 0

    @property
    def parts(self) -> tuple[str, int, bytes | str]:
        """What ``of_parts`` makes the same payload of, in whatever process.

        Returns:
            The name of the serializer ("" for a blob, and for a payload without arguments), the
            number of elements, and the bytes.
        """
        if self._blob is not None:
            return "", 1, self._blob
        return (self._serializer.name, self._count, self._tail) if self._count else ("", 0, b"")

    @classmethod
    def of_parts(cls, serializer: str, count: int, content: bytes | str) -> StoredPayload:
        """Return the payload whose *parts* these are; raises KeyError for another serializer."""
        stored = cls(EMPTY)
        stored._count = count
        if count and not serializer:
            stored._blob = content
        elif count:
            stored._serializer = SERIALIZERS[serializer]
            stored._tail = content.encode() if isinstance(content, str) else content
        return stored

    def restore(self) -> Payload:
        """Return the payload again, with values and bytes."""
        if self._blob is not None:
            return Payload.sealed(self._blob)
        if not self._count:
            return EMPTY
        # The values are read back by way of a message, which serializers can read in any case.
        bare = Payload.raw(self._serializer, self._tail, (None,) * self._count)
        event = self._serializer.decode(self._serializer.encode(Event(1, 1, {}, bare)))
        assert isinstance(event, Event), "a serializer reads what it wrote"
        return event.payload


def _written(payload: Payload) -> tuple[Serializer, bytes]:
    """Return *payload* in the serializer it came in, or in the quickest that can write it."""
    if payload.is_unwritten:
        with suppress(LocalProtocolError):
            return _QUICKEST_FIRST[0], payload.tail(_QUICKEST_FIRST[0])
    for serializer in (*filter(payload.has_tail, _QUICKEST_FIRST), *_QUICKEST_FIRST):
        with suppress(LocalProtocolError):
            return serializer, payload.tail(serializer)
    raise LocalProtocolError("no serializer can write the payload")
