"""The WAMP subprotocols of WebSocket: a serializer, one message at a time or in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wampedge.transports.base import Framing
from wampedge.transports.batches import BATCHED
from wampedge.transports.compression import Compression
from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming
from wampedge.transports.websocket_batched import BatchedFraming
from wampedge.wamp.serializers import SERIALIZERS, Serializer

__all__ = ["SUBPROTOCOLS", "WampSubprotocol", "find_subprotocol"]


@dataclass(frozen=True, slots=True)
class WampSubprotocol:
    """One way to carry WAMP over WebSocket.

    Attributes:
        serializer: how messages become bytes.
        is_batched: whether several of them go into one message of the WebSocket.
    """

    serializer: Serializer
    is_batched: bool = False

    @property
    def name(self) -> str:
        """Name in ``Sec-WebSocket-Protocol``, such as ``wamp.2.json.batched``."""
        return self.serializer.subprotocol + (BATCHED if self.is_batched else "")

    def framing(
        self, *, is_server: bool, max_message_bytes: int, compression: Compression | None = None
    ) -> Framing:
        """Make the frames of one connection that speaks it."""
        make = BatchedFraming if self.is_batched else WebSocketFraming
        return make(
            is_server=is_server,
            opcode=BINARY if self.serializer.is_binary else TEXT,
            max_message_bytes=max_message_bytes,
            compression=compression,
        )


SUBPROTOCOLS: Mapping[str, WampSubprotocol] = {
    known.name: known
    for is_batched in (False, True)
    for serializer in SERIALIZERS.values()
    for known in (WampSubprotocol(serializer, is_batched),)
}
"""By their names in the handshake; those that are not batched come first."""


def find_subprotocol(name: str) -> WampSubprotocol | None:
    """Return the subprotocol of a serializer's name, such as ``json`` or ``cbor.batched``."""
    plain = name.removesuffix(BATCHED)
    serializer = SERIALIZERS.get(plain)
    return None if serializer is None else WampSubprotocol(serializer, plain != name)
