"""The first bytes of a connection that was accepted: RawSocket and WebSocket share every port."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Protocol

from wampedge.errors import RemoteProtocolError
from wampedge.transports.base import Framing
from wampedge.transports.limits import TransportLimits
from wampedge.transports.rawsocket import RawSocketFraming
from wampedge.transports.stream import StreamTransport
from wampedge.transports.websocket import BINARY, TEXT, WebSocketFraming
from wampedge.transports.websocket_server import ServerHandshake as HttpHandshake
from wampedge.transports.websocket_server import plain_answer
from wampedge.transports.wire import keep_alive, peer_name
from wampedge.wamp.framing import MAGIC, HandshakeFault, encode_refusal
from wampedge.wamp.framing import ServerHandshake as RawSocketHandshake
from wampedge.wamp.serializers import SERIALIZERS, Serializer, serializer_for_rawsocket

__all__ = ["Front", "FrontOwner"]

# A refused peer gets this long to say which protocol it wants its refusal in.
_REFUSAL_GRACE_S = 0.25


class FrontOwner(Protocol):
    """Who owns the connections of a listener."""

    def admit(self, front: Front) -> str:
        """Count a new connection; returns why it is refused, or empty."""
        ...

    def on_open(self, front: Front, transport: StreamTransport) -> None:
        """Take over the connection of *front*, whose handshake is done."""
        ...

    def on_front_closed(self, front: Front, reason: str) -> None:
        """Hear that the connection ended before its handshake was done.

        Args:
            front: the connection.
            reason: why, in words for the log; empty for an orderly end.
        """
        ...


class Front(asyncio.Protocol):
    """An accepted connection until its opening handshake is done.

    States::

        waiting ──first byte 0x7F──▶ raw-socket handshake ──▶ opened
            └─────any other────────▶ HTTP handshake ────────▶ opened
        (any) ──refused, malformed, time-out──▶ closing

    Args:
        owner: counts the connection and takes over its transport.
        limits: bounds.
        allowed_origins: web pages that may connect besides those this machine serves.
    """

    def __init__(
        self, owner: FrontOwner, limits: TransportLimits, *, allowed_origins: Collection[str] = ()
    ) -> None:
        self.peer = ""
        self._owner = owner
        self._limits = limits
        self._http = HttpHandshake(allowed_origins)
        self._rawsocket = RawSocketHandshake(
            tuple(serializer.rawsocket_id for serializer in SERIALIZERS.values()),
            limits.max_message_bytes,
        )
        self._wire: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_rawsocket: bool | None = None
        self._refusal = ""
        self._is_done = False
        self._reason = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the handshake's time (called by the event loop)."""
        assert isinstance(transport, asyncio.Transport), "listeners make streams"
        self._wire = transport
        self.peer = peer_name(transport)
        keep_alive(transport, self._limits)
        self._refusal = self._owner.admit(self)
        loop = asyncio.get_running_loop()
        if self._refusal:
            self._reason = f"refused: {self._refusal}"
            self._timer = loop.call_later(_REFUSAL_GRACE_S, self._cut)
        else:
            self._timer = loop.call_later(self._limits.open_timeout_s, self._on_timeout)

    def data_received(self, data: bytes) -> None:
        """Feed the handshake (called by the event loop)."""
        if self._is_done:
            return  # read on, so that closing does not reset the connection
        if self._is_rawsocket is None:
            self._is_rawsocket = data[0] == MAGIC
            self._reason = self._reason or "connection ended during the opening handshake"
        if self._refusal:
            self._refuse()
        elif self._is_rawsocket:
            self._feed_rawsocket(data)
        else:
            self._feed_http(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner that the connection is gone (called by the event loop)."""
        self._stop_timer()
        self._owner.on_front_closed(self, self._reason)

    def _feed_rawsocket(self, data: bytes) -> None:
        try:
            agreement = self._rawsocket.feed(data)
        except RemoteProtocolError as error:
            self._finish(self._rawsocket.reply, str(error))
            return
        if agreement is None:
            return
        serializer = serializer_for_rawsocket(agreement.serializer_id)
        assert serializer is not None, "the handshake offers only what we have"
        framing = RawSocketFraming(
            max_message_bytes=self._limits.max_unjoined_message_bytes,
            max_outgoing_bytes=agreement.max_outgoing_bytes,
        )
        self._open(framing, serializer, self._rawsocket.reply, agreement.rest)

    def _feed_http(self, data: bytes) -> None:
        answer = self._http.receive(data)
        if answer is None:
            return
        if answer.serializer is None:
            text = f"HTTP request refused: {answer.refusal}" if answer.refusal else ""
            self._finish(answer.data, text)
            return
        framing = WebSocketFraming(
            is_server=True,
            opcode=BINARY if answer.serializer.is_binary else TEXT,
            max_message_bytes=self._limits.max_unjoined_message_bytes,
        )
        self._open(framing, answer.serializer, answer.data, answer.leftover)

    def _open(
        self, framing: Framing, serializer: Serializer, reply: bytes, leftover: bytes
    ) -> None:
        """Answer the handshake and hand the connection over."""
        assert self._wire is not None, "bytes come only over an open connection"
        self._stop_timer()
        self._wire.write(reply)
        description: dict[str, Any] = {
            "type": framing.name,
            "peer": self.peer,
            "serializer": serializer.name,
        }
        transport = StreamTransport(
            framing, serializer=serializer, description=description, limits=self._limits
        )
        transport.take_over(self._wire, leftover)
        self._owner.on_open(self, transport)

    def _refuse(self) -> None:
        if self._is_rawsocket:
            answer = encode_refusal(HandshakeFault.TOO_MANY_CONNECTIONS)
        else:
            answer = plain_answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{self._refusal}\n")
        self._finish(answer, self._reason)

    def _finish(self, answer: bytes, reason: str) -> None:
        """Send the last words, then give the peer a moment to close its side."""
        assert self._wire is not None, "bytes come only over an open connection"
        self._is_done = True
        self._reason = reason
        self._stop_timer()
        self._wire.write(answer)
        if self._wire.can_write_eof():
            self._wire.write_eof()
        else:
            self._wire.close()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.close_timeout_s, self._cut)

    def abort(self) -> None:
        """Close at once."""
        self._cut()

    def _cut(self) -> None:
        if self._wire is not None:
            self._wire.abort()

    def _on_timeout(self) -> None:
        self._reason = f"no complete handshake within {self._limits.open_timeout_s:g} s"
        if self._is_rawsocket is False:
            self._finish(
                plain_answer(HTTPStatus.REQUEST_TIMEOUT, f"{self._reason}\n"), self._reason
            )
        else:
            self._cut()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
