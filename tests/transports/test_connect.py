from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, Issued
from tests.support.turns import turns, until
from tests.transports.sinks import RecordedSink
from wampedge.errors import ConfigError, ConnectError
from wampedge.transports.connect import connect
from wampedge.transports.front import Front, PlainRequest
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.transports.tls import ServerTls
from wampedge.transports.tls_files import ClientTls
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

    def on_plain_request(self, front: Front, wire: asyncio.Transport, request: PlainRequest) -> str:
        return "no pages here"

    def on_front_closed(self, front: Front, reason: str) -> None:
        pass

    async def hears(self, message: object) -> None:
        await until(lambda: any(message in sink.heard for sink in self.sinks))


@asynccontextmanager
async def listening(
    folder: Path | None = None, tls: ServerTls | None = None
) -> AsyncIterator[tuple[Owner, str]]:
    """Serve on a free port or in a folder; gives the address without its scheme."""
    loop = asyncio.get_running_loop()
    owner = Owner()

    def make_front() -> Front:
        return Front(owner, TransportLimits(), tls=tls, demands_tls=tls is not None)

    if folder is not None:
        address = f"{folder}/c.sock"
        server = await loop.create_unix_server(make_front, address)
    else:
        server = await loop.create_server(make_front, "127.0.0.1", 0)
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


@pytest.mark.parametrize("names", [[], ["ubjson"], ["json", "pickle"]])
async def test_an_unknown_serializer_is_a_mistake_of_the_caller(names: list[str]) -> None:
    with pytest.raises(ConfigError, match="serializers must be of json, msgpack, cbor"):
        await connect("ws://127.0.0.1:1/", serializers=names)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("form", ["wss://{}/ws", "rss://{}"])
async def test_tls_carries_messages_and_closes_both_ways(form: str, authority: Authority) -> None:
    tls = ServerTls(authority.issue().server())
    async with listening(tls=tls) as (owner, address):
        transport = await connect(form.format(address), tls=authority.client)
        sink = RecordedSink()
        transport.sink = sink
        transport.send(Cancel(1, {}))
        await owner.hears(Cancel(1, {}))
        transport.close()
        await until(lambda: sink.ends and owner.sinks[0].ends)

        assert sink.ends == ["closed: None"]
        assert owner.sinks[0].ends == ["closed: None"]
        facts = transport.description["tls"]
        assert facts["version"] == "TLSv1.3"
        assert owner.transports[0].description["tls"] == facts


async def refusal_of(url: str, owned: Issued, tls: ClientTls | None, **files: Any) -> str:
    """Return what a client is told that connects to a listener with the certificate *owned*."""
    async with listening(tls=ServerTls(owned.server().but(**files))) as (_, address):
        with pytest.raises(ConnectError) as caught:
            await connect(url.format(address), tls=tls)
        return str(caught.value).partition(": ")[2]


@pytest.mark.parametrize("url", ["wss://{}/", "rss://{}"])
async def test_a_certificate_nobody_vouches_for_is_refused(url: str, authority: Authority) -> None:
    text = await refusal_of(url, authority.issue(), None)

    assert text == (
        "certificate refused: it is not signed by an authority this machine trusts"
        " (name its CA with ca_file)"
    )


async def test_a_certificate_of_another_authority_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")

    text = await refusal_of("wss://{}/", authority.issue(), other.client)

    assert "not signed by an authority in ca_file" in text


async def test_a_certificate_of_another_host_is_refused(authority: Authority) -> None:
    text = await refusal_of("rss://{}", authority.issue("other.example"), authority.client)

    assert text == "certificate refused: it is not for 127.0.0.1 (connect by a name it is for)"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ((-9, -1), "it has expired (renew it at the router; is the clock of this machine right?)"),
        ((1, 9), "it is not valid yet (is the clock of this machine right?)"),
    ],
)
async def test_a_certificate_at_the_wrong_time_is_refused(
    authority: Authority, days: tuple[int, int], text: str
) -> None:
    owned = authority.issue(valid_days=days)

    assert await refusal_of("wss://{}/", owned, authority.client) == f"certificate refused: {text}"


@pytest.mark.parametrize("url", ["wss://{}/", "rss://{}"])
async def test_a_client_without_the_certificate_the_router_asks_for_is_told(
    url: str, authority: Authority
) -> None:
    files = {"client_ca": authority.ca_file, "client_certificates": "required"}

    text = await refusal_of(url, authority.issue(), authority.client, **files)

    assert text == "the router asks for a client certificate (name one with certificate and key)"


async def test_a_client_with_a_certificate_of_another_authority_is_told(
    authority: Authority, tmp_path: Path
) -> None:
    files = {"client_ca": authority.ca_file, "client_certificates": "optional"}
    foreign = Authority(tmp_path, "foreign").issue(file="foreign")
    tls = authority.client.but(certificate=foreign.certificate, key=foreign.key)

    text = await refusal_of("rss://{}", authority.issue(), tls, **files)

    assert text == "the router refuses our certificate (tlsv1 alert unknown ca)"


async def test_a_client_proves_itself_by_its_certificate(authority: Authority) -> None:
    owned, mine = authority.issue(), authority.issue("gh1.example", file="gh1", common_name="gh1")
    files = owned.server().but(client_ca=authority.ca_file, client_certificates="required")
    tls = authority.client.but(certificate=mine.certificate, key=mine.key)
    async with listening(tls=ServerTls(files)) as (owner, address):
        transport = await connect(f"wss://{address}/", tls=tls)
        await until(lambda: owner.transports)

        assert owner.transports[0].description["peer_cn"] == "gh1"
        assert len(owner.transports[0].description["peer_certificate_sha256"]) == 64
        assert "peer_cn" not in transport.description
        transport.abort()


async def test_a_port_without_tls_is_told() -> None:
    async with listening() as (_, address):
        with pytest.raises(ConnectError, match=r"TLS failed.*does the router speak TLS there"):
            await connect(f"wss://{address}/")


async def test_a_port_that_speaks_tls_only_is_told(authority: Authority) -> None:
    async with listening(tls=ServerTls(authority.issue().server())) as (_, address):
        with pytest.raises(ConnectError, match=r"no TLS on a port .*connect with wss://"):
            await connect(f"ws://{address}/")
        with pytest.raises(ConnectError, match="closed the connection"):
            await connect(f"rs://{address}")


@pytest.mark.parametrize("serializer", ["json.batched", "msgpack.batched", "cbor.batched"])
async def test_a_client_batches_only_when_asked(serializer: str) -> None:
    async with listening() as (owner, address):
        transport = await connect(f"ws://{address}/", serializers=[serializer, "json"])
        transport.sink = RecordedSink()
        transport.send(Cancel(1, {}))
        transport.send(Cancel(2, {}))
        await owner.hears(Cancel(2, {}))

        assert owner.sinks[0].heard[:2] == [Cancel(1, {}), Cancel(2, {})]
        assert f"{transport.serializer.name}.batched" == serializer
        transport.abort()


async def test_raw_sockets_have_no_batches() -> None:
    with pytest.raises(ConfigError, match="is for WebSocket; RawSocket has no batches"):
        await connect("rs://127.0.0.1:1", serializers=["json.batched"])
