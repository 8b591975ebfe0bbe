"""The serializers by name, WebSocket subprotocol and raw-socket number.

A serializer turns the bytes of one message into a ``Message`` and back. Whatever bytes come in,
``decode`` gives a message or raises RemoteProtocolError.
"""

from __future__ import annotations

from typing import Protocol

from wampedge.wamp.cbor_codec import CborSerializer
from wampedge.wamp.json_codec import JsonSerializer
from wampedge.wamp.messages import Message
from wampedge.wamp.msgpack_codec import MsgpackSerializer
from wampedge.wamp.payload import PayloadCodec

__all__ = [
    "SERIALIZERS",
    "Serializer",
    "serializer_for_rawsocket",
    "serializer_for_subprotocol",
]


class Serializer(PayloadCodec, Protocol):
    """What a transport needs to know of a serializer; the instances are singletons."""

    @property
    def subprotocol(self) -> str:
        """Name in ``Sec-WebSocket-Protocol``, such as ``wamp.2.json``."""
        ...

    @property
    def is_binary(self) -> bool:
        """Whether WebSocket carries its messages in binary frames."""
        ...

    @property
    def rawsocket_id(self) -> int:
        """Number in the raw-socket handshake."""
        ...

    def decode(self, data: bytes) -> Message:
        """Decode one message; raises RemoteProtocolError for anything else."""
        ...

    def encode(self, message: Message) -> bytes:
        """Encode one message; raises LocalProtocolError when a value has no form in it."""
        ...


SERIALIZERS: dict[str, Serializer] = {
    "json": JsonSerializer(),
    "msgpack": MsgpackSerializer(),
    "cbor": CborSerializer(),
}


def serializer_for_subprotocol(name: str) -> Serializer | None:
    """Return the serializer of a WebSocket subprotocol, None when there is none."""
    for serializer in SERIALIZERS.values():
        if serializer.subprotocol == name:
            return serializer
    return None


def serializer_for_rawsocket(number: int) -> Serializer | None:
    """Return the serializer of a raw-socket number, None when there is none."""
    for serializer in SERIALIZERS.values():
        if serializer.rawsocket_id == number:
            return serializer
    return None
