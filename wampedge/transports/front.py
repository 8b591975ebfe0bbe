"""The first bytes of a connection that was accepted: RawSocket, WebSocket and TLS share a port."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from wampedge.errors import RemoteProtocolError
from wampedge.transports.base import Framing
from wampedge.transports.cookies import CookieMint
from wampedge.transports.evidence import evidence_of
from wampedge.transports.http.last_words import plain_answer
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.http.paths import HEALTH_PATH, LONGPOLL_PATH
from wampedge.transports.limits import TransportLimits
from wampedge.transports.rawsocket import RawSocketFraming
from wampedge.transports.stream import StreamTransport
from wampedge.transports.tls import ServerTls, tls_facts
from wampedge.transports.tls_wire import TlsWire
from wampedge.transports.wire import keep_alive, peer_name
from wampedge.wamp.framing import MAGIC, HandshakeFault, encode_refusal
from wampedge.wamp.framing import ServerHandshake as RawSocketHandshake
from wampedge.wamp.serializers import SERIALIZERS, Serializer, serializer_for_rawsocket

if TYPE_CHECKING:
    from wampedge.transports.http.requests import RequestHead
    from wampedge.transports.websocket_server import ServerAnswer
    from wampedge.transports.websocket_server import ServerHandshake as HttpHandshake

__all__ = ["Front", "FrontOwner", "PlainRequest"]

# A refused peer gets this long to say which protocol it wants its refusal in.
_REFUSAL_GRACE_S = 0.25

# What may be answered even where there is no room: how the node is, and sessions there are.
_SPARE_REQUESTS = (
    f"GET {HEALTH_PATH} ".encode(),
    f"HEAD {HEALTH_PATH} ".encode(),
    f"POST {LONGPOLL_PATH}/".encode(),
)

# First byte of a TLS connection (RFC 8446 section 5.1).
_TLS_HANDSHAKE = 0x16
_TLS_NEEDED = "no TLS on a port that speaks nothing else (connect with wss:// or rss://)"
_TLS_NEEDED_PAGE = plain_answer(HTTPStatus.BAD_REQUEST, f"{_TLS_NEEDED}\n")


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """The first request of a connection that asks for something else than a WebSocket.

    Attributes:
        head: of the request.
        leftover: what came behind it.
        facts: what else is known of the connection, for the details of its sessions.
    """

    head: RequestHead
    leftover: bytes
    facts: Mapping[str, Any]


class FrontOwner(Protocol):
    """Who owns the connections of a listener."""

    def admit(self, front: Front) -> str:
        """Count a new connection; returns why it is refused, or empty."""
        ...

    def on_open(self, front: Front, transport: StreamTransport) -> None:
        """Take over the connection of *front*, whose handshake is done."""
        ...

    def on_plain_request(self, front: Front, wire: asyncio.Transport, request: PlainRequest) -> str:
        """Take over the connection of *front*, which asks for something else than a WebSocket.

        Returns:
            Why it is refused; empty when it was taken over.
        """
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
          ▲ ├─────any other────────▶ HTTP handshake ────────▶ opened
          │ └─────0x16─────────────▶ TLS handshake ─┐
          └─────────────────────────────────────────┘
        (any) ──refused, malformed, time-out──▶ closing

    Args:
        owner: counts the connection and takes over its transport.
        limits: bounds.
        origins: which web pages may connect; by default those this machine serves itself.
        tls: settings for connections that begin with TLS; None where there is no certificate.
        demands_tls: turn away connections that do not.
        cookies: makes the cookies of browsers; None gives them none.
        compression: whether WebSocket clients may compress messages.
    """

    def __init__(
        self,
        owner: FrontOwner,
        limits: TransportLimits,
        *,
        origins: OriginRule | None = None,
        tls: ServerTls | None = None,
        demands_tls: bool = False,
        cookies: CookieMint | None = None,
        compression: bool = False,
    ) -> None:
        self.peer = ""
        self._tls = tls
        self._demands_tls = demands_tls
        self._owner = owner
        self._limits = limits
        self._origins = origins
        self._cookies = cookies
        self._compression = compression
        self._http: HttpHandshake | None = None
        self._rawsocket = RawSocketHandshake(
            tuple(serializer.rawsocket_id for serializer in SERIALIZERS.values()),
            limits.max_message_bytes,
        )
        self._wire: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_rawsocket: bool | None = None
        self._facts: dict[str, Any] = {}
        self._refusal = ""
        self._may_ask = False
        self._is_encrypted = False
        self._is_done = False
        self._reason = ""

    @property
    def is_refused(self) -> bool:
        """Whether there is no room for the connection; it may still ask for what needs none."""
        return bool(self._refusal)

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
            self._reason = self._reason or "connection ended during the opening handshake"
            if self._tls is not None and data[0] == _TLS_HANDSHAKE:
                self._start_tls(self._tls, data)
                return
            self._is_rawsocket = data[0] == MAGIC
            self._may_ask = data.startswith(_SPARE_REQUESTS)
        if self._refusal and not self._may_ask:
            self._refuse()
        elif self._demands_tls:
            self._finish(b"" if self._is_rawsocket else _TLS_NEEDED_PAGE, _TLS_NEEDED)
        elif self._is_rawsocket:
            self._feed_rawsocket(data)
        else:
            self._feed_http(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner that the connection is gone (called by the event loop)."""
        self._stop_timer()
        self._owner.on_front_closed(self, self._reason)

    def _start_tls(self, tls: ServerTls, data: bytes) -> None:
        """Shake hands in TLS; what comes out of it is a connection like any other."""
        assert self._wire is not None, "bytes come only over an open connection"
        if self._refusal:
            self._cut()  # to be told why costs a handshake, which is too much for a refused one
            return
        self._tls = None
        wire = TlsWire(
            self._wire, tls.context, on_open=self._on_tls_open, on_failed=self._on_tls_failed
        )
        wire.receive(data)

    def _on_tls_open(self, wire: TlsWire) -> None:
        self._facts = tls_facts(wire.get_extra_info("ssl_object"))
        self._is_encrypted = True
        self._demands_tls = False
        self._wire = wire
        wire.set_protocol(self)

    def _on_tls_failed(self, reason: str) -> None:
        self._reason = self._reason if self._is_done else f"TLS handshake failed: {reason}"
        self.connection_lost(None)

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
        if self._http is None:
            self._http = self._make_http_handshake()
        answer = self._http.receive(data)
        if answer is None:
            return
        if answer.plain is not None:
            self._hand_over(PlainRequest(answer.plain, answer.leftover, self._facts))
            return
        if self._refusal:
            self._refuse()
            return
        if answer.subprotocol is None:
            text = f"HTTP request refused: {answer.refusal}" if answer.refusal else ""
            self._finish(answer.data, text)
            return
        chosen = answer.subprotocol
        framing = chosen.framing(
            is_server=True,
            max_message_bytes=self._limits.max_unjoined_message_bytes,
            compression=answer.compression,
        )
        self._open(framing, chosen.serializer, answer.data, answer.leftover, answer)

    def _make_http_handshake(self) -> HttpHandshake:
        # Loaded for the first peer that speaks HTTP: many nodes never have one, and the library
        # for WebSocket takes 2.5 MB with all it needs.
        from wampedge.transports.websocket_server import ServerHandshake  # noqa: PLC0415 # see above

        handshake = ServerHandshake(self._origins, self._cookies, compression=self._compression)
        handshake.is_encrypted = self._is_encrypted
        return handshake

    def _open(
        self,
        framing: Framing,
        serializer: Serializer,
        reply: bytes,
        leftover: bytes,
        answer: ServerAnswer | None = None,
    ) -> None:
        """Answer the handshake and hand the connection over."""
        assert self._wire is not None, "bytes come only over an open connection"
        self._stop_timer()
        self._wire.write(reply)
        description: dict[str, Any] = {
            "type": framing.name,
            "peer": self.peer,
            "serializer": serializer.name,
            **self._facts,
        }
        transport = StreamTransport(
            framing, serializer=serializer, description=description, limits=self._limits
        )
        transport.evidence = evidence_of(
            self._wire,
            self._facts,
            cookie=None if answer is None else answer.cookie,
            new_cookie=None if answer is None else answer.new_cookie,
        )
        transport.take_over(self._wire, leftover)
        self._owner.on_open(self, transport)

    def _hand_over(self, request: PlainRequest) -> None:
        """Let the owner go on with a connection that asks for something else than a WebSocket."""
        assert self._wire is not None, "bytes come only over an open connection"
        self._stop_timer()
        refusal = self._owner.on_plain_request(self, self._wire, request)
        if refusal:
            text = self._refusal or refusal
            page = plain_answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{text}\n")
            self._finish(page, f"refused: {text}")

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
            self._is_done = True
            self._cut()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
