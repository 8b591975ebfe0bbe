"""TLS in the middle of a TCP connection: what the protocol above sees, and what the client gets.

The clients are asyncio's or plain sockets in TLS, never our own code.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority
from tests.support.turns import turns, until
from wampedge.transports.tls import client_context, server_context
from wampedge.transports.tls_wire import TlsWire

MIB = 1024 * 1024


class Above(asyncio.Protocol):
    """Notes what arrives in clear."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.events: list[str] = []

    def data_received(self, data: bytes) -> None:
        self.received.append(data)

    def eof_received(self) -> None:
        self.events.append("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append(f"lost: {exc}")

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")


class Below(asyncio.Protocol):
    """Accepts in plain TCP and begins TLS with the first bytes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        stage = self.stage
        stage.lower = self.transport
        wire = TlsWire(
            self.transport, stage.context, on_open=stage.on_open, on_failed=stage.failures.append
        )
        wire.receive(data)


class Stage:
    """A port that speaks TLS, and what became of its last connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.above = Above()
        self.wire: Any = None
        self.lower: Any = None
        self.port = 0
        self.failures: list[str] = []

    def on_open(self, wire: TlsWire) -> None:
        self.wire = wire
        wire.set_protocol(self.above)

    async def dial(
        self, context: ssl.SSLContext
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
        await until(lambda: self.wire is not None)
        return reader, writer


@asynccontextmanager
async def open_stage(authority: Authority, **files: Any) -> AsyncIterator[Stage]:
    stage = Stage(server_context(authority.issue().server().but(**files)))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Below(stage), "127.0.0.1", 0)
    stage.port = server.sockets[0].getsockname()[1]
    try:
        yield stage
    finally:
        server.close()
        if stage.lower is not None:
            stage.lower.abort()
        await turns()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Stage]:
    async with open_stage(authority) as running:
        yield running


@pytest.fixture
def client(authority: Authority) -> ssl.SSLContext:
    return client_context(authority.client)


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except (ConnectionError, ssl.SSLError):
        return


async def test_bytes_pass_both_ways(stage: Stage, client: ssl.SSLContext) -> None:
    reader, writer = await stage.dial(client)

    writer.write(b"question")
    await until(lambda: stage.above.received)
    stage.wire.write(b"answer")
    stage.wire.writelines([b" and", b" more"])

    assert stage.above.received == [b"question"]
    assert await reader.readexactly(15) == b"answer and more"
    await closed(writer)


@pytest.mark.parametrize(
    ("version", "name"),
    [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")],
)
async def test_a_message_of_many_records_arrives_whole(
    stage: Stage, client: ssl.SSLContext, version: ssl.TLSVersion, name: str
) -> None:
    client.maximum_version = version
    reader, writer = await stage.dial(client)
    data = bytes(range(256)) * 4096

    writer.write(data)
    await until(lambda: sum(map(len, stage.above.received)) == MIB)
    stage.wire.write(data)

    assert b"".join(stage.above.received) == data
    assert await reader.readexactly(MIB) == data
    assert stage.wire.get_extra_info("ssl_object").version() == name
    await closed(writer)


async def test_a_paused_protocol_gets_nothing_until_it_resumes(
    stage: Stage, client: ssl.SSLContext
) -> None:
    _, writer = await stage.dial(client)
    stage.wire.pause_reading()

    writer.write(b"later")
    await writer.drain()
    await turns(50)
    assert stage.above.received == []
    stage.wire.resume_reading()
    await until(lambda: stage.above.received)

    assert stage.above.received == [b"later"]
    await closed(writer)


async def test_a_protocol_that_pauses_in_the_middle_keeps_what_was_read_for_later(
    stage: Stage, client: ssl.SSLContext
) -> None:
    _, writer = await stage.dial(client)
    pieces: list[int] = []

    def take_one(data: bytes) -> None:
        pieces.append(len(data))
        stage.wire.pause_reading()

    stage.above.data_received = take_one  # type: ignore[method-assign]  # a stand-in for one test
    writer.write(bytes(MIB))

    def goes_on() -> bool:
        stage.wire.resume_reading()
        return sum(pieces) == MIB

    await until(goes_on)
    stage.wire.resume_reading()

    assert max(pieces) <= 80 * 1024
    assert sum(pieces) == MIB
    await closed(writer)


async def test_a_peer_that_does_not_read_is_told_above(
    stage: Stage, client: ssl.SSLContext
) -> None:
    reader, writer = await stage.dial(client)
    stage.wire.set_write_buffer_limits(high=64 * 1024)
    sent = 0

    while "pause" not in stage.above.events:
        stage.wire.write(bytes(64 * 1024))
        sent += 64 * 1024
    assert stage.wire.get_write_buffer_size() > 64 * 1024
    await reader.readexactly(sent)

    await until(lambda: "resume" in stage.above.events)
    await closed(writer)


async def test_the_end_of_the_peer_is_told_and_answered(
    stage: Stage, client: ssl.SSLContext
) -> None:
    reader, writer = await stage.dial(client)

    writer.close()
    await until(lambda: len(stage.above.events) == 2)

    assert stage.above.events == ["eof", "lost: None"]
    assert await reader.read() == b""
    assert stage.wire.is_closing()
    await closed(writer)


async def test_a_connection_cut_without_the_end_of_tls_ends_too(
    stage: Stage, client: ssl.SSLContext
) -> None:
    _, writer = await stage.dial(client)

    writer.get_extra_info("socket").shutdown(1)
    await until(lambda: "lost: None" in stage.above.events)

    assert stage.above.events == ["eof", "lost: None"]
    await closed(writer)


async def test_our_end_reaches_a_peer_that_goes_on_sending(
    stage: Stage, client: ssl.SSLContext
) -> None:
    """What came last must not be lost by a reset, as it would be by closing with input unread."""
    reader, writer = await stage.dial(client)

    stage.wire.write(b"last words")
    stage.wire.write_eof()
    stage.wire.write_eof()
    stage.wire.write(b"dropped")
    writer.write(bytes(MIB))
    words = await reader.read()

    assert stage.wire.can_write_eof()
    assert words == b"last words"
    assert stage.above.received == []
    await closed(writer)
    await until(lambda: len(stage.above.events) == 2)
    assert stage.above.events == ["eof", "lost: None"]


async def test_closing_sends_what_waits_and_the_end(stage: Stage, client: ssl.SSLContext) -> None:
    reader, writer = await stage.dial(client)

    stage.wire.write(bytes(MIB))
    stage.wire.close()
    stage.wire.close()
    received = await reader.read()
    await closed(writer)
    await until(lambda: stage.above.events)

    assert len(received) == MIB
    assert stage.above.events == ["lost: None"]


async def test_aborting_closes_at_once(stage: Stage, client: ssl.SSLContext) -> None:
    _, writer = await stage.dial(client)

    stage.wire.abort()
    await until(lambda: stage.above.events)

    assert stage.above.events == ["lost: None"]
    await closed(writer)


async def test_a_forged_record_ends_the_connection(stage: Stage, client: ssl.SSLContext) -> None:
    _, writer = await stage.dial(client)

    with writer.get_extra_info("socket").dup() as sock:
        sock.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    await until(lambda: stage.above.events)

    assert stage.above.received == []
    assert stage.above.events == ["lost: TLS failed: decryption failed or bad record mac"]
    await closed(writer)


async def test_a_peer_without_the_certificate_we_ask_for_is_told_by_an_alert(
    authority: Authority, client: ssl.SSLContext
) -> None:
    files = {"client_ca": authority.ca_file, "client_certificates": "required"}
    async with open_stage(authority, **files) as stage:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            await asyncio.open_connection("127.0.0.1", stage.port, ssl=client)
        await until(lambda: stage.failures)

        assert stage.failures == ["peer did not return a certificate"]


async def test_bytes_that_only_begin_like_tls_are_refused(stage: Stage) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)

    writer.write(b"\x16 is no handshake")
    answer = await reader.read()
    await closed(writer)

    assert len(stage.failures) == 1
    assert answer[:1] in (b"\x15", b"")


@pytest.mark.parametrize("is_abrupt", [False, True])
async def test_a_peer_that_leaves_during_the_handshake_is_told_once(
    stage: Stage, is_abrupt: bool
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", stage.port)
    writer.write(b"\x16\x03\x01")
    await until(lambda: stage.lower is not None)

    if is_abrupt:
        stage.lower.abort()
    else:
        writer.close()
    await until(lambda: stage.failures)
    await turns()

    assert stage.failures == ["connection ended during the TLS handshake"]
    await closed(writer)
