"""A line between a stream transport and the plain socket of its peer, both in one loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.turns import until
from tests.transports.sinks import RecordedSink
from wampedge.transports.base import Framing
from wampedge.transports.limits import TransportLimits
from wampedge.transports.rawsocket import RawSocketFraming
from wampedge.transports.stream import StreamTransport
from wampedge.transports.websocket import TEXT, WebSocketFraming
from wampedge.wamp.serializers import SERIALIZERS

__all__ = ["CANCEL_1", "CANCEL_2", "Line", "line", "raw_frame", "rawsocket", "websocket"]

CANCEL_1 = b"[49,1,{}]"
CANCEL_2 = b"[49,2,{}]"


def raw_frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@dataclass
class Line:
    """A transport, what its sink heard, and the other end as plain sockets calls."""

    transport: StreamTransport
    sink: RecordedSink
    wire: asyncio.Transport
    peer: socket.socket

    def send(self, data: bytes) -> None:
        self.peer.send(data)

    def received(self) -> bytes:
        try:
            return self.peer.recv(1 << 20)
        except BlockingIOError:
            return b""

    def has_ended(self) -> bool:
        try:
            return self.peer.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False

    async def bytes_received(self, size: int) -> bytes:
        data = b""

        def is_complete() -> bool:
            nonlocal data
            data += self.received()
            return len(data) >= size

        await until(is_complete)
        return data

    async def ended(self) -> str:
        await until(lambda: self.sink.ends)
        assert len(self.sink.ends) == 1
        return self.sink.ends[0]


def websocket(*, is_server: bool = True) -> WebSocketFraming:
    return WebSocketFraming(is_server=is_server, opcode=TEXT, max_message_bytes=10_000)


def rawsocket() -> RawSocketFraming:
    return RawSocketFraming(max_message_bytes=10_000, max_outgoing_bytes=10_000)


@asynccontextmanager
async def line(
    framing: Framing | None = None,
    limits: TransportLimits | None = None,
    *,
    leftover: bytes = b"",
    sink: RecordedSink | None = None,
) -> AsyncIterator[Line]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    wire, _ = await loop.create_unix_connection(asyncio.Protocol, sock=ours)
    transport = StreamTransport(
        framing or websocket(),
        serializer=SERIALIZERS["json"],
        description={"type": "test"},
        limits=limits or TransportLimits(),
    )
    transport.take_over(wire, leftover)
    ear = sink or RecordedSink()
    transport.sink = ear
    try:
        yield Line(transport, ear, wire, theirs)
    finally:
        transport.abort()
        theirs.close()
        await asyncio.sleep(0)
