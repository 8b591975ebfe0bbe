"""WebSockets of ours that echo what they get: opening handshake, frames and transport, no WAMP.

Conformance tests talk to these. They are put together from the same parts as a session's
connection; only the serializer in the middle hands bytes through, and the kind of each message
(text or binary) is kept.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from wampedge.errors import RemoteProtocolError, TransportError
from wampedge.transports.compression import CLIENT_OFFER, Compression
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.transports.websocket import WebSocketFraming
from wampedge.transports.websocket_server import ServerHandshake
from wampedge.wamp.messages import Message
from wampedge.wamp.serializers import Serializer

__all__ = ["LIMITS", "EchoFront", "EchoOpening"]

_LARGEST_BYTES = 64 * 1024 * 1024
LIMITS = TransportLimits(
    max_message_bytes=_LARGEST_BYTES,
    max_unjoined_message_bytes=_LARGEST_BYTES,
    max_outgoing_bytes=2 * _LARGEST_BYTES,
    close_timeout_s=5.0,
)
"""The product's limits, but for the sizes: some cases send messages of 16 MiB."""


class _Bytes:
    """A serializer that leaves bytes as they are."""

    name = "bytes"

    def decode(self, data: bytes) -> bytes:
        return data

    def encode(self, message: bytes) -> bytes:
        return message


class _Echo:
    """The sink of one echoing transport."""

    def __init__(self, transport: StreamTransport, framing: WebSocketFraming) -> None:
        self.received: list[bytes] = []
        self.gone: asyncio.Future[TransportError | None] = (
            asyncio.get_running_loop().create_future()
        )
        self._transport = transport
        self._framing = framing
        transport.sink = self

    def on_message(self, message: Message) -> None:
        body = cast("bytes", message)
        self.received.append(body)
        self._transport.send_frame(self._framing.frame_as(self._framing.opcodes.pop(0), body))

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        raise AssertionError("any bytes are an echo's message") from error

    def on_closed(self, error: TransportError | None) -> None:
        self.gone.set_result(error)

    def on_batch_end(self) -> None:
        """Nothing to do: the transport flushes by itself."""


def _echo_over(
    wire: asyncio.Transport, leftover: bytes, compression: Compression | None, *, is_server: bool
) -> _Echo:
    framing = WebSocketFraming(
        is_server=is_server,
        opcode=None,
        max_message_bytes=LIMITS.max_message_bytes,
        compression=compression,
    )
    serializer = cast("Serializer", _Bytes())
    transport = StreamTransport(framing, serializer=serializer, description={}, limits=LIMITS)
    transport.take_over(wire, leftover)
    return _Echo(transport, framing)


class EchoFront(asyncio.Protocol):
    """The server's side of one connection, until its handshake is done."""

    def __init__(self, *, compression: bool = False) -> None:
        self._handshake = ServerHandshake(compression=compression)
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._wire is not None, "bytes come only over an open connection"
        answer = self._handshake.receive(data)
        if answer is None:
            return
        self._wire.write(answer.data)
        if answer.subprotocol is None:
            self._wire.close()
        else:
            _echo_over(self._wire, answer.leftover, answer.compression, is_server=True)


class EchoOpening(asyncio.Protocol):
    """The client's side of one connection to *url*, until its handshake is done.

    The suite's server picks no subprotocol, which our own handshake refuses for good reason, so
    the one of ``websockets`` stands in. `opened` then has the echo: its ``received`` messages,
    and ``gone`` when it has ended.
    """

    def __init__(self, url: str, *, compression: bool = False) -> None:
        self.opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        extensions = [CLIENT_OFFER] if compression else None
        self._handshake = ClientProtocol(parse_uri(url), extensions=extensions)
        self._head = b""
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast("asyncio.Transport", transport)
        self._wire.write(self._handshake.connect().serialize())

    def data_received(self, data: bytes) -> None:
        assert self._wire is not None, "bytes come only over an open connection"
        self._head += data
        end = self._head.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        self._handshake.receive_data(self._head[:end])
        if self._handshake.handshake_exc is not None:
            self.opened.set_exception(self._handshake.handshake_exc)
        else:
            compression = Compression.agreed(self._handshake.extensions)
            leftover = self._head[end:]
            self.opened.set_result(_echo_over(self._wire, leftover, compression, is_server=False))

    def connection_lost(self, exc: Exception | None) -> None:
        self.opened.set_exception(ConnectionError("closed during the opening handshake"))
