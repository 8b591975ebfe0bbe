"""A client of plain HTTP and of WAMP over long-poll that shares nothing with our code."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import cbor2
import msgpack

from tests.wire.encryption import client_tls
from tests.wire.rig import WELCOMING_HELLO, PeerGoneError, Site
from wampedge.transports.http.connection import HttpConnection

__all__ = [
    "Answer",
    "HttpPeer",
    "LongPollPeer",
    "connections_of",
    "http_to",
    "longpoll_to",
    "session_of",
    "waiting_bytes",
]

PATIENCE_S = 60.0  # of virtual time in some tests


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, complete."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class HttpPeer:
    """One connection; requests go out as they are told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """Send one request and read its answer; an underscore in a header's name is a dash."""
        self.say(method, path, body, **headers)
        return await self.hear(has_body=method != "HEAD")

    def say(self, method: str, path: str, body: bytes | None = None, **headers: str) -> None:
        """Send one request."""
        fields = {"Host": "localhost"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            fields["Content-Length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        self.writer.write("\r\n".join(lines).encode("latin-1") + (body or b""))

    async def hear(self, *, has_body: bool = True) -> Answer:
        """Read one answer."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
            headers = {}
            for line in lines:
                name, value = line.split(": ", 1)
                assert name.lower() not in headers
                headers[name.lower()] = value
            length = int(headers.get("content-length", 0)) if has_body else 0
            return Answer(int(first.split(" ")[1]), headers, await self.reader.readexactly(length))

    async def hear_end(self) -> bytes:
        """Read to the end of the connection."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read()
            return b""

    async def close(self) -> None:
        """Close the connection."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@asynccontextmanager
async def http_to(site: Site, *, via: str = "tcp") -> AsyncIterator[HttpPeer]:
    """Connect to *site* over ``tcp``, ``unix`` or ``tls``."""
    if via == "unix":
        reader, writer = await asyncio.open_unix_connection(str(site.socket_path))
    else:
        context = client_tls() if via == "tls" else None
        reader, writer = await asyncio.open_connection(site.host, site.port, ssl=context)
    peer = HttpPeer(reader, writer)
    try:
        yield peer
    finally:
        await peer.close()


def connections_of(site: Site) -> list[HttpConnection]:
    """Return the HTTP connections of a site."""
    web = site.server._web  # made for the first request
    return [] if web is None else list(web._front_by_connection)


def waiting_bytes(connection: HttpConnection) -> int:
    """Return how much waits for the client of one connection."""
    assert connection._wire is not None
    return connection._wire.get_write_buffer_size()


@dataclass
class LongPollPeer:
    """A WAMP client over two HTTP connections: one polls, one sends."""

    polls: HttpPeer
    sends: HttpPeer
    protocol: str
    base: str
    _bodies: list[bytes] = field(default_factory=list)

    @property
    def is_json(self) -> bool:
        """Whether messages are texts."""
        return ".json" in self.protocol

    def encode(self, message: Any) -> bytes:
        """Encode one message."""
        if self.is_json:
            return json.dumps(message).encode()
        encoded: bytes = self._codec[0](message)
        return encoded

    @property
    def _codec(self) -> tuple[Any, Any]:
        if ".msgpack" in self.protocol:
            return msgpack.packb, msgpack.unpackb
        return cbor2.dumps, cbor2.loads

    async def say(self, *messages: Any) -> int:
        """Send messages, in one request where they are batched; returns the last status."""
        return await self.say_bodies(*(self.encode(message) for message in messages))

    async def say_bodies(self, *bodies: bytes) -> int:
        """Send messages a test wrote itself."""
        if self.protocol.endswith(".batched"):
            if self.is_json:
                bodies = (b"".join(body + b"\x1e" for body in bodies),)
            else:
                bodies = (b"".join(len(body).to_bytes(4, "big") + body for body in bodies),)
        status = 0
        for body in bodies:
            status = (await self.sends.ask("POST", f"{self.base}/send", body)).status
        return status

    async def hear(self) -> list[Any]:
        """Poll until there is a message; raises PeerGoneError when the session is gone."""
        while not self._bodies:
            answer = await self.polls.ask("POST", f"{self.base}/receive", b"")
            if answer.status == 404:
                raise PeerGoneError(None)
            assert answer.status in (200, 204), answer
            if answer.status == 200:
                self._bodies += self._split(answer.body)
        body = self._bodies.pop(0)
        message = json.loads(body) if self.is_json else self._codec[1](body)
        assert isinstance(message, list)
        return message

    def _split(self, body: bytes) -> list[bytes]:
        if not self.protocol.endswith(".batched"):
            return [body]
        if self.is_json:
            assert body.endswith(b"\x1e")
            return body.split(b"\x1e")[:-1]
        bodies = []
        while body:
            stop = 4 + int.from_bytes(body[:4], "big")
            bodies.append(body[4:stop])
            body = body[stop:]
        return bodies

    async def hear_end(self) -> None:
        """Poll until the session is gone."""
        with contextlib.suppress(PeerGoneError):
            while True:
                await self.hear()

    async def join(self) -> int:
        """Join the realm; returns the session id."""
        assert await self.say(WELCOMING_HELLO) == 204
        welcome = await self.hear()
        assert welcome[0] == 2, welcome
        session_id = welcome[1]
        assert isinstance(session_id, int)
        return session_id

    async def ask(self, *message: Any) -> list[Any]:
        """Send one request and wait for the next message."""
        assert await self.say(list(message)) == 204
        return await self.hear()

    async def close(self) -> int:
        """End the session; returns the status."""
        return (await self.sends.ask("POST", f"{self.base}/close", b"")).status


@asynccontextmanager
async def longpoll_to(
    site: Site, protocol: str = "wamp.2.json", *, via: str = "tcp"
) -> AsyncIterator[LongPollPeer]:
    """Open a long-poll session of *site*, and end it if the test has not."""
    async with http_to(site, via=via) as polls, http_to(site, via=via) as sends:
        body = json.dumps({"protocols": [protocol]}).encode()
        answer = await sends.ask("POST", "/lp/open", body)
        assert answer.status == 200, answer
        opened = json.loads(answer.body)
        assert opened["protocol"] == protocol
        peer = LongPollPeer(polls, sends, protocol, f"/lp/{opened['transport']}")
        try:
            yield peer
        finally:
            async with http_to(site, via=via) as http:
                await http.ask("POST", f"{peer.base}/close", b"")


def session_of(site: Site, base: str) -> Any:
    """Return what the server keeps of the long-poll session at *base*."""
    web = site.server._web
    assert web is not None, "there was a request"
    return web._longpolls._session_by_id[base.removeprefix("/lp/")]
