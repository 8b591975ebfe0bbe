"""The front over a socket pair; what it answers to bad handshakes stands in ``tests/wire``."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.turns import turns
from tests.transports.frames import client_frame
from tests.transports.sinks import RecordedSink
from wampedge.transports.front import Front, PlainRequest
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.messages import Cancel
from wampedge_simulator.clock import run_virtual

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n"
)


class Owner:
    """Notes what a front tells it."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.transport: StreamTransport | None = None
        self.sink = RecordedSink()
        self.reasons: list[str] = []
        self.requests: list[PlainRequest] = []

    def admit(self, front: Front) -> str:
        return self.refusal

    def on_open(self, front: Front, transport: StreamTransport) -> None:
        self.transport = transport
        transport.sink = self.sink

    def on_plain_request(self, front: Front, wire: asyncio.Transport, request: PlainRequest) -> str:
        self.requests.append(request)
        return "no pages here"

    def on_front_closed(self, front: Front, reason: str) -> None:
        self.reasons.append(reason)


@asynccontextmanager
async def front(owner: Owner) -> AsyncIterator[socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    wire, _ = await asyncio.get_running_loop().create_unix_connection(
        lambda: Front(owner, TransportLimits()), sock=ours
    )
    try:
        yield theirs
    finally:
        if owner.transport is not None:
            owner.transport.abort()
        wire.abort()
        theirs.close()
        await turns()


async def test_the_first_byte_tells_a_raw_socket() -> None:
    owner = Owner()
    async with front(owner) as peer:
        for byte in b"\x7f\xf2\x00\x00":
            peer.send(bytes((byte,)))
            await turns()

        assert peer.recv(10) == b"\x7f\x92\x00\x00"
        assert owner.transport is not None
        assert owner.transport.description == {
            "type": "rawsocket",
            "peer": "unix",
            "serializer": "msgpack",
        }
        assert owner.transport.framing.max_message_bytes == 64 * 1024


async def test_any_other_first_byte_is_http_and_frames_may_follow_at_once() -> None:
    owner = Owner()
    async with front(owner) as peer:
        peer.send(UPGRADE + client_frame(0x81, b"[49,1,{}]"))
        await turns()

        assert peer.recv(1000).startswith(b"HTTP/1.1 101 ")
        assert owner.transport is not None
        assert owner.transport.description["type"] == "websocket"
        assert owner.sink.heard[0] == Cancel(1, {})


async def test_a_request_without_upgrade_goes_to_the_owner() -> None:
    owner = Owner()
    async with front(owner) as peer:
        peer.send(b"GET /page HTTP/1.1\r\nHost: a\r\n\r\nGET /next")
        await turns()

        (request,) = owner.requests
        assert (request.head.path, request.leftover) == ("/page", b"GET /next")
        assert peer.recv(1000).endswith(b"no pages here\n")
        peer.close()
        await turns()
        assert owner.reasons == ["refused: no pages here"]


async def test_where_there_is_no_room_only_the_state_of_the_node_is_told() -> None:
    owner = Owner(refusal="too many")
    async with front(owner) as peer:
        peer.send(b"GET /healthz HTTP/1.1\r\n")
        await turns()
        peer.send(b"Host: a\r\n\r\n")
        await turns()

        assert [request.head.path for request in owner.requests] == ["/healthz"]


async def test_asking_for_the_state_of_the_node_opens_no_session() -> None:
    owner = Owner(refusal="too many")
    async with front(owner) as peer:
        peer.send(UPGRADE.replace(b"/ws", b"/healthz"))
        await turns()

        assert owner.transport is None
        assert peer.recv(1000).startswith(b"HTTP/1.1 503 ")


async def test_a_connection_that_ends_without_a_word_has_no_reason() -> None:
    owner = Owner()
    async with front(owner) as peer:
        peer.close()
        await turns()

        assert owner.reasons == [""]


async def test_a_connection_that_ends_in_its_handshake_has_one() -> None:
    owner = Owner()
    async with front(owner) as peer:
        peer.send(b"GET /ws HTT")
        await turns()
        peer.close()
        await turns()

        assert owner.reasons == ["connection ended during the opening handshake"]


async def test_bytes_behind_a_refused_handshake_are_read_and_ignored() -> None:
    owner = Owner()
    async with front(owner) as peer:
        peer.send(b"\x7f\xf9\x00\x00")
        await turns()
        peer.send(b"\x00\x00\x00\x02[]")
        await turns()

        assert peer.recv(100) == b"\x7f\x10\x00\x00"
        assert peer.recv(100) == b""
        peer.close()
        await turns()
        assert len(owner.reasons) == 1
        assert owner.reasons[0].startswith("raw-socket handshake refused: serializer 9")


def test_a_refused_peer_that_goes_on_waiting_is_cut_after_2_seconds() -> None:
    async def wait() -> tuple[list[str], float]:
        owner = Owner()
        async with front(owner) as peer:
            peer.send(b"PUT / HTTP/1.1\r\n\r\n")
            while not owner.reasons:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.5)
            return owner.reasons, asyncio.get_running_loop().time()

    reasons, at = run_virtual(wait())

    assert len(reasons) == 1
    assert at == 2.0


def test_a_peer_there_is_no_room_for_is_cut_after_a_quarter_second() -> None:
    async def wait() -> tuple[list[str], float]:
        owner = Owner(refusal="too many")
        async with front(owner):
            while not owner.reasons:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.25)
            return owner.reasons, asyncio.get_running_loop().time()

    assert run_virtual(wait()) == (["refused: too many"], 0.25)
