from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.turns import turns, until
from tests.transports.sinks import RecordedSink
from wampedge.errors import ConfigError, ConnectError
from wampedge.transports.connect import connect, tls_context
from wampedge.transports.front import Front
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.messages import Cancel

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


class Owner:
    """Takes over what connects, and echoes nothing."""

    def __init__(self) -> None:
        self.sinks: list[RecordedSink] = []
        self.transports: list[StreamTransport] = []

    def admit(self, front: Front) -> str:
        return ""

    def on_open(self, front: Front, transport: StreamTransport) -> None:
        sink = RecordedSink()
        transport.sink = sink
        self.sinks.append(sink)
        self.transports.append(transport)

    def on_front_closed(self, front: Front, reason: str) -> None:
        pass

    async def hears(self, message: object) -> None:
        await until(lambda: any(message in sink.heard for sink in self.sinks))


@asynccontextmanager
async def listening(
    folder: Path | None = None, context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Owner, str]]:
    """Serve on a free port or in a folder; gives the address without its scheme."""
    loop = asyncio.get_running_loop()
    owner = Owner()

    def make_front() -> Front:
        return Front(owner, TransportLimits())

    if folder is not None:
        address = f"{folder}/c.sock"
        server = await loop.create_unix_server(make_front, address)
    else:
        server = await loop.create_server(make_front, "127.0.0.1", 0, ssl=context)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield owner, address
    finally:
        server.close()
        for transport in owner.transports:
            transport.abort()
        await server.wait_closed()


@asynccontextmanager
async def saying(reply: bytes, *, ends: bool = True) -> AsyncIterator[str]:
    """Serve a fixed reply on a free port; gives host and port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        if not ends:
            await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await turns()


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
@pytest.mark.parametrize("form", ["ws://{}/ws", "rs://{}", "unix:{}", "unix:{}?ws"])
async def test_every_form_and_serializer_connects(
    form: str, serializer: str, tmp_path: Path
) -> None:
    async with listening(tmp_path if form.startswith("unix") else None) as (owner, address):
        transport = await connect(form.format(address), serializers=[serializer])
        transport.sink = RecordedSink()
        transport.send(Cancel(1, {}))
        await owner.hears(Cancel(1, {}))

        assert transport.serializer.name == serializer
        assert transport.description["type"] == ("websocket" if "ws" in form else "rawsocket")
        peer = transport.description["peer"]
        assert peer == ("unix" if form.startswith("unix") else f"tcp:{address}")
        transport.abort()


async def test_the_first_serializer_the_server_knows_is_used() -> None:
    async with listening() as (_, address):
        transport = await connect(f"ws://{address}/")
        raw = await connect(f"rs://{address}")

        assert (transport.serializer.name, raw.serializer.name) == ("msgpack", "msgpack")
        transport.abort()
        raw.abort()


async def test_a_name_is_looked_up_and_its_addresses_tried_in_turn() -> None:
    async with listening() as (_, address):
        transport = await connect(f"ws://localhost:{address.split(':')[1]}/")

        assert transport.description["peer"] == f"tcp:{address}"
        transport.abort()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        assert isinstance(port, int)
        return port


async def test_a_port_where_nobody_listens_is_told() -> None:
    port = free_port()

    with pytest.raises(ConnectError) as caught:
        await connect(f"ws://127.0.0.1:{port}/ws")

    assert str(caught.value) == (
        f"cannot connect to ws://127.0.0.1:{port}/ws: connection refused (is the router running?)"
    )


async def test_an_unknown_host_is_told() -> None:
    with pytest.raises(ConnectError, match="unknown host"):
        await connect("rs://no-such-host.invalid:1")


async def test_a_missing_socket_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="no such socket \\(is the router running\\?\\)"):
        await connect(f"unix:{tmp_path}/none.sock")


@pytest.mark.parametrize(
    ("url", "reply", "part"),
    [
        ("ws://{}/", b"HTTP/1.1 403 Forbidden\r\n\r\nnot you", "HTTP 403 Forbidden: 'not you'"),
        ("ws://{}/", b"", "closed the connection during the opening handshake"),
        ("ws://{}/", b"220 mail\r\n\r\n", "no WebSocket handshake"),
        ("rs://{}", b"", "closed the connection during the opening handshake"),
        ("rs://{}", b"\x7f\x10\x00\x00", "serializer unsupported"),
        ("rs://{}", b"\x7f\x40\x00\x00", "too many connections"),
        ("rs://{}", b"HTTP/1.1 400 Bad\r\n\r\n", "does not speak WAMP over raw sockets"),
    ],
)
async def test_a_refused_handshake_is_told(url: str, reply: bytes, part: str) -> None:
    async with saying(reply) as address:
        with pytest.raises(ConnectError) as caught:
            await connect(url.format(address))

    assert part in str(caught.value)
    assert str(caught.value).startswith("cannot connect to ")


async def test_a_router_that_does_not_answer_is_given_up() -> None:
    async with saying(b"", ends=False) as address:
        with pytest.raises(ConnectError, match=r"no answer within 0\.05 s"):
            await connect(f"ws://{address}/", limits=TransportLimits(open_timeout_s=0.05))


async def test_a_cancelled_connect_leaves_nothing_behind() -> None:
    async with saying(b"", ends=False) as address:
        task = asyncio.create_task(connect(f"rs://{address}"))
        await turns()

        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_connect_cancelled_as_it_succeeds_cuts_the_connection() -> None:
    async with listening() as (owner, address):
        task = asyncio.create_task(connect(f"rs://{address}"))
        await until(lambda: owner.transports)
        await asyncio.sleep(0)
        task.cancel()
        result = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result[0], StreamTransport):  # it was faster than the cancellation
            result[0].abort()
        await until(lambda: owner.sinks[0].ends)

        assert owner.sinks[0].ends == ["closed: None"]


@pytest.mark.parametrize("names", [[], ["cbor"], ["json", "pickle"]])
async def test_an_unknown_serializer_is_a_mistake_of_the_caller(names: list[str]) -> None:
    with pytest.raises(ConfigError, match="serializers must be of json, msgpack"):
        await connect("ws://127.0.0.1:1/", serializers=names)


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a key and a certificate for one host name or address, valid for a day."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/CN=test", "-addext", f"subjectAltName={name}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return key, certificate


def server_context(key: Path, certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize("form", ["wss://{}/ws", "rss://{}"])
async def test_tls_carries_messages_and_closes_both_ways(form: str, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path, "IP:127.0.0.1")
    async with listening(context=server_context(key, certificate)) as (owner, address):
        transport = await connect(form.format(address), ca_file=certificate)
        sink = RecordedSink()
        transport.sink = sink
        transport.send(Cancel(1, {}))
        await owner.hears(Cancel(1, {}))
        transport.close()
        await until(lambda: sink.ends and owner.sinks[0].ends)

        assert sink.ends == ["closed: None"]
        assert owner.sinks[0].ends == ["closed: None"]


async def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path, "IP:127.0.0.1")
    async with listening(context=server_context(key, certificate)) as (_, address):
        with pytest.raises(ConnectError, match="certificate refused: self-signed certificate"):
            await connect(f"wss://{address}/")


async def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path, "DNS:other.example")
    async with listening(context=server_context(key, certificate)) as (_, address):
        with pytest.raises(ConnectError, match=r"certificate refused: .*127\.0\.0\.1"):
            await connect(f"rss://{address}", ca_file=certificate)


async def test_a_port_without_tls_is_told() -> None:
    async with listening() as (_, address):
        with pytest.raises(ConnectError, match="TLS failed"):
            await connect(f"wss://{address}/")


def test_a_file_without_certificates_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()

    with pytest.raises(ConfigError, match="no certificate in it"):
        tls_context(empty)
    with pytest.raises(ConfigError, match="No such file"):
        tls_context(tmp_path / "none.pem")


def test_tls_is_at_least_1_2_and_checks_host_names(tmp_path: Path) -> None:
    _, certificate = make_certificate(tmp_path, "DNS:a.example")

    for context in (tls_context(), tls_context(certificate)):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
