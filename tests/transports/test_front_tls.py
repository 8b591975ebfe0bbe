"""One port for plain and encrypted connections: the first byte tells which one it is."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.turns import turns, until
from tests.transports.sinks import RecordedSink
from wampedge.transports.front import Front, PlainRequest
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.transports.tls import ServerTls, client_context
from wampedge_simulator.clock import run_virtual

RAW_HELLO = b"\x7f\xf2\x00\x00"


class Owner:
    """Notes what its fronts tell it, and lends them the port they sit on."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.fronts: list[Front] = []
        self.transports: list[StreamTransport] = []
        self.reasons: list[str] = []
        self.port = 0

    def admit(self, front: Front) -> str:
        self.fronts.append(front)
        return self.refusal

    def on_open(self, front: Front, transport: StreamTransport) -> None:
        transport.sink = RecordedSink()
        self.transports.append(transport)

    def on_plain_request(self, front: Front, wire: asyncio.Transport, request: PlainRequest) -> str:
        return f"facts: {sorted(request.facts)}"

    def on_front_closed(self, front: Front, reason: str) -> None:
        self.reasons.append(reason)

    async def dial(
        self, context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=context)


@asynccontextmanager
async def port(
    authority: Authority, *, demands_tls: bool = False, refusal: str = ""
) -> AsyncIterator[Owner]:
    owner = Owner(refusal)
    tls = ServerTls(authority.issue().server())
    server = await asyncio.get_running_loop().create_server(
        lambda: Front(owner, TransportLimits(), tls=tls, demands_tls=demands_tls), "127.0.0.1", 0
    )
    owner.port = server.sockets[0].getsockname()[1]
    try:
        yield owner
    finally:
        server.close()
        for transport in owner.transports:
            transport.abort()
        for front in owner.fronts:
            front.abort()
        await turns()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def hung_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except (ConnectionError, ssl.SSLError):
        return


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_port_with_a_certificate_takes_both(
    authority: Authority, is_encrypted: bool
) -> None:
    async with port(authority) as owner:
        reader, writer = await owner.dial(
            client_context(authority.client) if is_encrypted else None
        )
        writer.write(RAW_HELLO)

        assert await reader.readexactly(4) == b"\x7f\x92\x00\x00"
        description = owner.transports[0].description
        assert ("tls" in description) is is_encrypted
        assert description["peer"].startswith("tcp:127.0.0.1:")
        await hung_up(writer)


async def test_http_inside_tls_is_answered_there(authority: Authority) -> None:
    async with port(authority, demands_tls=True) as owner:
        reader, writer = await owner.dial(client_context(authority.client))
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

        assert (await reader.read()).endswith(b"facts: ['tls']\n")
        await hung_up(writer)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (b"GET /ws HTTP/1.1\r\n", b"no TLS on a port that speaks nothing else"),
        (RAW_HELLO, b""),
    ],
)
async def test_a_port_for_tls_alone_turns_others_away(
    authority: Authority, words: bytes, answer: bytes
) -> None:
    async with port(authority, demands_tls=True) as owner:
        reader, writer = await owner.dial()
        writer.write(words)
        told = await reader.read()
        await hung_up(writer)
        await until(lambda: owner.reasons)

        assert answer in told
        assert told.startswith(b"HTTP/1.1 400 ") is bool(answer)
        assert owner.reasons == [
            "no TLS on a port that speaks nothing else (connect with wss:// or rss://)"
        ]


async def test_tls_within_tls_is_no_way_in(authority: Authority) -> None:
    async with port(authority) as owner:
        reader, writer = await owner.dial(client_context(authority.client))
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")

        assert b"neither HTTP nor RawSocket" in await reader.read()
        await hung_up(writer)


async def test_a_failed_handshake_is_told_with_its_reason(authority: Authority) -> None:
    """With a blocking client: asyncio's drops the alert that it owes."""
    context = client_context()  # trusts the system's authorities only

    async with port(authority) as owner:
        address = ("127.0.0.1", owner.port)

        def dial() -> None:
            with socket.create_connection(address) as sock, pytest.raises(ssl.SSLError):
                context.wrap_socket(sock, server_hostname="localhost")

        await asyncio.to_thread(dial)
        await until(lambda: owner.reasons)

        assert owner.reasons == ["TLS handshake failed: tlsv1 alert unknown ca"]


async def test_a_client_of_tls_1_1_is_refused(authority: Authority) -> None:
    async with port(authority) as owner:
        reader, writer = await owner.dial()
        # A ClientHello of TLS 1.1 with one cipher, written by hand from RFC 4346 section 7.4.1.2.
        body = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x02\xc0\x13" + b"\x01\x00"
        hello = b"\x01" + len(body).to_bytes(3, "big") + body
        writer.write(b"\x16\x03\x02" + len(hello).to_bytes(2, "big") + hello)
        alert = await reader.read()
        await hung_up(writer)
        await until(lambda: owner.reasons)

        assert alert[:1] + alert[5:] == b"\x15\x02\x46"  # alert, fatal, protocol_version
        assert owner.reasons == ["TLS handshake failed: unsupported protocol"]


async def test_a_refused_client_with_tls_is_cut_without_a_handshake(authority: Authority) -> None:
    async with port(authority, refusal="too many") as owner:
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await owner.dial(client_context(authority.client))
        await until(lambda: owner.reasons)

        assert owner.reasons == ["refused: too many"]


def test_p36_a_tls_handshake_that_takes_too_long_is_cut_at_5_seconds(authority: Authority) -> None:
    async def wait() -> tuple[float, list[str]]:
        async with port(authority) as owner:
            reader, writer = await owner.dial()
            writer.write(b"\x16\x03\x01\x02\x00\x01")
            with suppress(ConnectionError):
                await reader.read()
            at = asyncio.get_running_loop().time()
            await hung_up(writer)
            return at, owner.reasons

    at, reasons = run_virtual(wait())

    assert at == 5.0
    assert reasons == ["no complete handshake within 5 s"]


def test_p36_what_follows_the_tls_handshake_has_the_rest_of_the_5_seconds(
    authority: Authority,
) -> None:
    async def wait() -> float:
        async with port(authority) as owner:
            reader, writer = await owner.dial(client_context(authority.client))
            await reader.read()
            at = asyncio.get_running_loop().time()
            await hung_up(writer)
            return at

    assert run_virtual(wait()) == 5.0


async def test_a_message_over_the_queue_of_a_peer_that_does_not_read_closes_it(
    authority: Authority,
) -> None:
    """The bound of what waits for a peer counts encrypted bytes like any others."""
    async with port(authority) as owner:
        reader, writer = await owner.dial(client_context(authority.client))
        writer.write(RAW_HELLO)
        await until(lambda: owner.transports)
        transport = owner.transports[0]

        sent = 0
        while not transport.is_closed and sent < 64 * 1024 * 1024:
            transport.send_encoded(bytes(200_000))
            transport.outgoing.flush()
            sent += 200_000

        assert transport.outgoing.is_overrun
        assert reader.at_eof() is False
        writer.transport.abort()
