"""A server on real sockets, and clients that say whatever bytes a test wants.

The clients' frames come from ``websockets`` and a few lines here, never from the code under test.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cbor2
import msgpack
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.uri import WebSocketURI

from tests.support.turns import until
from tests.wire.encryption import client_tls, protection
from wampedge.router.router import Router
from wampedge.router.settings import RealmSettings
from wampedge.server import Server
from wampedge.transports.limits import TransportLimits

__all__ = [
    "EVERY_ROUTE",
    "SERIALIZERS",
    "WELCOMING_HELLO",
    "PeerGoneError",
    "Site",
    "WirePeer",
    "open_site",
    "witnessed",
]

WELCOMING_HELLO: list[Any] = [
    1,
    "realm1",
    {"roles": {"caller": {}, "callee": {}, "publisher": {}, "subscriber": {}}},
]

SERIALIZERS = ("json", "msgpack", "cbor")
EVERY_ROUTE = [
    *(
        (transport, serializer + batched)
        for transport in ("ws", "unix-ws", "wss")
        for serializer in SERIALIZERS
        for batched in ("", ".batched")
    ),
    *(
        (transport, serializer)
        for transport in ("raw", "unix-raw", "rss")
        for serializer in SERIALIZERS
    ),
    ("ws-deflate", "json"),
    ("ws-deflate", "msgpack.batched"),
]
"""Transport and serializer; those with TLS need a site that ``is_encrypted``.

Peers of ``ws-deflate`` compress each message (RFC 7692), with the code of ``websockets``.
"""

_RAWSOCKET_ID = {"json": 1, "msgpack": 2, "cbor": 3}
_WRITERS: dict[str, Any] = {
    "json": lambda message: json.dumps(message).encode(),
    "msgpack": msgpack.packb,
    "cbor": cbor2.dumps,
}
_READERS: dict[str, Any] = {"json": json.loads, "msgpack": msgpack.unpackb, "cbor": cbor2.loads}
_REALM = RealmSettings("realm1")
PATIENCE_S = 5.0


class PeerGoneError(Exception):
    """The server closed the connection.

    Args:
        code: WebSocket close code, None when there was no close frame.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class WirePeer:
    """A client of bytes and plain lists."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, serializer: str
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.serializer, self.batched, _ = serializer.partition(".batched")
        self.websocket: ClientProtocol | None = None
        self.pings_heard = 0
        self._bodies: list[bytes] = []
        self._fragments = b""
        self._buffer = b""

    async def open_websocket(self, *, compression: bool = False) -> None:
        """Shake hands as a WebSocket client."""
        self.websocket = ClientProtocol(
            WebSocketURI(False, "localhost", 80, "/ws", ""),
            subprotocols=[f"wamp.2.{self.serializer}{self.batched}"],  # type: ignore[list-item]  # a NewType
            extensions=[ClientPerMessageDeflateFactory()] if compression else None,
            max_size=None,
        )
        self.writer.write(self.websocket.connect().serialize())
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.websocket.receive_data(head)
        assert self.websocket.handshake_exc is None, head
        assert bool(self.websocket.extensions) == compression
        self.websocket.events_received()

    async def open_rawsocket(self) -> None:
        """Shake hands as a raw-socket client."""
        self.writer.write(bytes((0x7F, 0xF0 | _RAWSOCKET_ID[self.serializer], 0, 0)))
        reply = await self.reader.readexactly(4)
        assert reply == bytes((0x7F, 0x90 | _RAWSOCKET_ID[self.serializer], 0, 0))

    def encode(self, message: Any) -> bytes:
        """Encode one message with the session's serializer."""
        encoded: bytes = _WRITERS[self.serializer](message)
        return encoded

    def say(self, *messages: Any) -> None:
        """Send messages, one frame each, or one batch."""
        bodies = [self.encode(message) for message in messages]
        for body in [self.batch(*bodies)] if self.batched else bodies:
            self.say_frame_of(body)

    def batch(self, *bodies: bytes) -> bytes:
        """Make one batch of messages (specification, "Message Batching")."""
        if self.serializer == "json":
            return b"".join(body + b"\x1e" for body in bodies)
        return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)

    def say_body(self, body: bytes) -> None:
        """Send one message whose body a test wrote itself."""
        self.say_frame_of(self.batch(body) if self.batched else body)

    def say_frame_of(self, body: bytes) -> None:
        """Send one frame, of a message or a batch that a test wrote itself."""
        opcode = Opcode.TEXT if self.serializer == "json" else Opcode.BINARY
        if self.websocket is None:
            self.writer.write(len(body).to_bytes(4, "big") + body)
        else:
            self.say_frame(opcode, body)

    def say_frame(self, opcode: int, body: bytes, *, fin: bool = True, rsv1: bool = False) -> None:
        """Send one WebSocket frame, right or wrong."""
        frame = Frame(Opcode(opcode), body, fin)
        extensions = self.websocket.extensions if self.websocket is not None else []
        data = bytearray(frame.serialize(mask=True, extensions=extensions))
        if rsv1:
            data[0] |= 0x40
        self.writer.write(bytes(data))

    async def hear(self) -> list[Any]:
        """Wait for the next message; raises PeerGoneError when the server closes instead."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.hear_without_limit()

    async def hear_without_limit(self) -> list[Any]:
        """Wait for the next message however long it takes, in virtual time."""
        while not self._bodies:
            await self._read()
        body = self._bodies.pop(0)
        message = _READERS[self.serializer](body)
        assert isinstance(message, list)
        return message

    async def hear_end(self) -> int | None:
        """Wait for the end of the connection; returns the close code, None without one."""
        try:
            while True:
                await self.hear()
        except PeerGoneError as gone:
            return gone.code

    async def join(self) -> int:
        """Join the realm; returns the session id."""
        self.say(WELCOMING_HELLO)
        welcome = await self.hear()
        assert welcome[0] == 2, welcome
        session_id = welcome[1]
        assert isinstance(session_id, int)
        return session_id

    async def ask(self, *message: Any) -> list[Any]:
        """Send one request and wait for the next message."""
        self.say(list(message))
        return await self.hear()

    async def close(self) -> None:
        """Cut the connection."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def _read(self) -> None:
        try:
            data = await self.reader.read(65536)
        except OSError:
            data = b""
        if self.websocket is not None:
            self._read_frames(data)
        elif not data:
            raise PeerGoneError(None)
        else:
            self._buffer += data
            while len(self._buffer) >= 4:
                stop = 4 + int.from_bytes(self._buffer[1:4], "big")
                if len(self._buffer) < stop:
                    break
                if self._buffer[0] == 0:
                    self._bodies.append(self._buffer[4:stop])
                elif self._buffer[0] == 1:
                    self.pings_heard += 1
                self._buffer = self._buffer[stop:]

    def _messages_of(self, data: bytes) -> list[bytes]:
        """Take a batch apart, if it is one."""
        if not self.batched:
            return [data]
        if self.serializer == "json":
            *texts, rest = data.split(b"\x1e")
            assert texts
            assert not rest
            return texts
        bodies = []
        while data:
            end = 4 + int.from_bytes(data[:4], "big")
            assert end <= len(data)
            bodies.append(data[4:end])
            data = data[end:]
        assert bodies
        return bodies

    def _read_frames(self, data: bytes) -> None:
        assert self.websocket is not None
        if data:
            self.websocket.receive_data(data)
        else:
            self.websocket.receive_eof()
        for event in self.websocket.events_received():
            assert isinstance(event, Frame)
            if event.opcode in (Opcode.TEXT, Opcode.BINARY):
                assert event.fin
                self._bodies += self._messages_of(bytes(event.data))
            elif event.opcode is Opcode.PING:
                self.pings_heard += 1
        for answer in self.websocket.data_to_send():
            if answer and not self.writer.is_closing():
                self.writer.write(answer)
        if not self._bodies and (self.websocket.close_rcvd is not None or not data):
            code = self.websocket.close_rcvd.code if self.websocket.close_rcvd else None
            raise PeerGoneError(code)


@dataclass
class Site:
    """A running server and everybody connected to it by a test."""

    server: Server
    router: Router
    host: str
    port: int
    socket_path: Path
    peers: list[WirePeer] = field(default_factory=list)

    async def connect(self, transport: str = "ws", serializer: str = "json") -> WirePeer:
        """Connect and shake hands, in one of ``EVERY_ROUTE``."""
        peer = await self.dial(transport, serializer)
        if "ws" in transport:
            await peer.open_websocket(compression="deflate" in transport)
        else:
            await peer.open_rawsocket()
        return peer

    async def dial(self, transport: str = "ws", serializer: str = "json") -> WirePeer:
        """Connect without saying a word."""
        if transport.startswith("unix"):
            reader, writer = await asyncio.open_unix_connection(str(self.socket_path))
        else:
            context = client_tls() if transport in ("wss", "rss") else None
            reader, writer = await asyncio.open_connection(self.host, self.port, ssl=context)
        peer = WirePeer(reader, writer, serializer)
        self.peers.append(peer)
        return peer

    async def join(self, transport: str = "ws", serializer: str = "json") -> WirePeer:
        """Connect and join the realm."""
        peer = await self.connect(transport, serializer)
        await peer.join()
        return peer


@asynccontextmanager
async def open_site(
    folder: Path,
    settings: RealmSettings = _REALM,
    *,
    serving: Mapping[str, Any] | None = None,
    is_encrypted: bool = False,
    **limits: Any,
) -> AsyncIterator[Site]:
    """Run a server on a free port and a Unix socket in *folder*; *serving* is for ``Server``.

    An encrypted site takes TLS on its port as well.
    """
    ids = iter(range(1, 1_000_000))
    router = Router(
        [settings],
        random_id=lambda: next(ids),
        monotonic_s=asyncio.get_running_loop().time,
    )
    path = folder / "r.sock"
    extra: dict[str, Any] = {"compression": True}
    if is_encrypted:
        extra["protection"] = protection()
    extra.update(serving or {})
    server = Server(
        router,
        ["ws://127.0.0.1:0/ws", f"unix:{path}"],
        limits=TransportLimits(**limits),
        **extra,
    )
    await server.start()
    site = Site(server, router, "127.0.0.1", server.addresses[0].port, path)
    try:
        yield site
    finally:
        for peer in site.peers:
            await peer.close()
        await server.stop()


@asynccontextmanager
async def witnessed(folder: Path, **limits: Any) -> AsyncIterator[Site]:
    """Run a site whose own traffic must go on, whatever a test does to it."""
    async with open_site(folder, **limits) as site:
        callee, caller = await site.join("ws", "msgpack"), await site.join("raw", "json")
        await callee.ask(64, 1, {}, "com.witness.echo")
        held = site.server.connection_count

        yield site

        await until(lambda: site.server.connection_count == held)
        assert len(site.router.sessions) == held
        started = time.perf_counter()
        caller.say([48, 1, {}, "com.witness.echo", ["still here"]])
        invocation = await callee.hear()
        callee.say([70, invocation[1], {}, invocation[4]])
        assert await caller.hear() == [50, 1, {}, ["still here"]]
        assert time.perf_counter() - started < 1.0
