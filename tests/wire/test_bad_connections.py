"""Connections that are wrong below the messages: sizes, silence, handshakes (rows P31 to P38)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import turns, until
from tests.wire.rig import PeerGoneError, Site, WirePeer, open_site, witnessed
from wampedge_simulator.clock import run_virtual

MIB = 1024 * 1024


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path) as running:
        yield running


def peak_rss_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def read_to_end(peer: WirePeer) -> bytes:
    """Read whatever comes until the server ends the connection."""
    data = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while more := await peer.reader.read(65536):
                data += more
    return data


async def test_p31_a_message_of_20_mib_is_refused_while_it_is_read(site: Site) -> None:
    peer = await site.join()
    before = peak_rss_bytes()
    # Head and first bytes of a masked text frame that claims 20 MiB.
    peer.writer.write(b"\x81\xff" + (20 * MIB).to_bytes(8, "big") + b"mask")
    chunk = bytes(65536)

    with contextlib.suppress(ConnectionError, PeerGoneError):
        for _ in range(20 * MIB // len(chunk)):
            peer.writer.write(chunk)
            await peer.writer.drain()
    code = await peer.hear_end()
    await peer.close()

    # A reset may overtake the close frame at a client that goes on sending.
    assert code in (1009, None)
    assert peak_rss_bytes() - before < 2 * MIB


async def test_p31_the_head_of_a_long_message_is_enough_for_1009(site: Site) -> None:
    peer = await site.join()
    peer.writer.write(b"\x81\xff" + (20 * MIB).to_bytes(8, "big"))

    assert await peer.hear_end() == 1009
    await peer.close()


@pytest.mark.parametrize(("size", "is_taken"), [(64 * 1024, True), (64 * 1024 + 1, False)])
async def test_p31_before_welcome_64_kib_are_the_limit(
    site: Site, size: int, is_taken: bool
) -> None:
    peer = await site.connect()
    start = b'[1,"realm1",{"roles":{"caller":{}},"x":"'
    peer.say_body(start + b"y" * (size - len(start) - 3) + b'"}]')

    if is_taken:
        assert (await peer.hear())[0] == 2
    else:
        assert await peer.hear_end() == 1009
    await peer.close()


async def test_p31_a_raw_socket_message_far_over_the_limit_closes(site: Site) -> None:
    peer = await site.join("raw")
    peer.writer.write((8 * MIB + 1).to_bytes(4, "big"))

    assert await peer.hear_end() is None
    await peer.close()


async def test_p32_compression_is_declined_and_a_compressed_frame_refused(tmp_path: Path) -> None:
    async with witnessed(tmp_path, serving={"compression": False}) as site:
        peer = await site.dial()
        peer.writer.write(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            b"Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n"
        )
        head = await peer.reader.readuntil(b"\r\n\r\n")
        peer.writer.write(b"\xc1\x85mask" + bytes(5))
        answer = await peer.reader.readexactly(4)
        await peer.close()

    assert b" 101 " in head
    assert b"Extensions" not in head
    assert answer[:1] + answer[2:] == b"\x88\x03\xea"  # close, 1002


async def test_p33_65536_fragments_of_64_bytes_are_refused(site: Site) -> None:
    peer = await site.join()
    peer.say_frame(0x1, b"x" * 64, fin=False)

    with contextlib.suppress(ConnectionError):
        for _ in range(65_535):
            peer.say_frame(0x0, b"x" * 64, fin=False)
        await peer.writer.drain()
    code = await peer.hear_end()
    await peer.close()

    assert code == 1009


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        pytest.param(b"\x7f\xf9\x00\x00", b"\x7f\x10\x00\x00", id="P35 serializer 9"),
        pytest.param(b"\x7f\xf0\x00\x00", b"\x7f\x10\x00\x00", id="P35 serializer 0"),
        pytest.param(b"\x7f\x01\x00\x00", b"\x7f\x20\x00\x00", id="P35 length nibble 0"),
        pytest.param(b"\x7f\xf1\x00\x01", b"\x7f\x30\x00\x00", id="P35 reserved byte"),
        pytest.param(b"\x7f\xf1\x80\x00", b"\x7f\x30\x00\x00", id="P35 reserved bit"),
    ],
)
async def test_p35_a_refused_raw_socket_is_told_why(site: Site, data: bytes, reply: bytes) -> None:
    peer = await site.dial("unix-raw")
    peer.writer.write(data)

    assert await read_to_end(peer) == reply
    await peer.close()


async def test_p35_a_wrong_first_byte_is_told_in_http(site: Site) -> None:
    peer = await site.dial()
    peer.writer.write(b"\x7e\xf1\x00\x00")

    answer = await read_to_end(peer)
    await peer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"neither HTTP nor RawSocket" in answer


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param(b"\x00\xff\xff\xff", id="P35 frame of 16 MiB"),
        pytest.param(b"\x01\xff\xff\xff", id="P35 ping of 16 MiB"),
        pytest.param(b"\x08\x00\x00\x00", id="P35 frame of 2**24 bytes"),
        pytest.param(b"\x07\x00\x00\x00", id="P35 unknown kind"),
    ],
)
async def test_p35_a_bad_prefix_closes_before_anything_is_stored(site: Site, prefix: bytes) -> None:
    peer = await site.join("raw")
    before = peak_rss_bytes()
    peer.writer.write(prefix)

    assert await read_to_end(peer) == b""
    await peer.close()
    assert peak_rss_bytes() - before < MIB


async def test_p35_a_ping_is_answered(site: Site) -> None:
    peer = await site.join("raw")
    peer.writer.write(b"\x01\x00\x00\x05hello")

    assert await peer.reader.readexactly(9) == b"\x02\x00\x00\x05hello"
    await peer.close()


SILENT = [
    pytest.param([], id="P36 not a word"),
    pytest.param([b"\x7f\xf1\x00"], id="P35 three bytes"),
    pytest.param([b"GET /ws HTTP/1.1\r\nHost: a\r\n"], id="P36 half a request"),
    pytest.param([bytes((byte,)) for byte in b"GET / HTTP/1.1\r\n"], id="P36 a byte a second"),
]


@pytest.mark.parametrize("pieces", SILENT)
def test_a_handshake_that_takes_too_long_is_closed_at_5_seconds(
    tmp_path: Path, pieces: list[bytes]
) -> None:
    async def trickle() -> tuple[float, int]:
        async with open_site(tmp_path) as site:
            peer = await site.dial("unix-ws")
            ended = asyncio.create_task(_end_time(peer))
            for piece in pieces:
                peer.writer.write(piece)
                await asyncio.sleep(1)
            at = await ended
            await peer.close()
            await turns(10)
            return at, site.server.counters.handshakes_failed

    at, failed = run_virtual(trickle())

    assert at == 5.0
    assert failed == 1


async def _end_time(peer: WirePeer) -> float:
    with contextlib.suppress(ConnectionError):
        while await peer.reader.read(65536):
            pass
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("transport", ["unix-ws", "unix-raw"])
@pytest.mark.parametrize("pace_s", [0.0, 1.0])
def test_p36_a_session_that_does_not_join_is_aborted_5_seconds_after_its_handshake(
    tmp_path: Path, transport: str, pace_s: float
) -> None:
    async def wait() -> tuple[list[Any], float]:
        async with open_site(tmp_path) as site:
            peer = await site.connect(transport)
            trickle = asyncio.create_task(_trickle(peer, pace_s))
            abort = await peer.hear_without_limit()
            at = asyncio.get_running_loop().time()
            trickle.cancel()
            await asyncio.gather(trickle, return_exceptions=True)
            return abort, at

    abort, at = run_virtual(wait())

    assert (abort[0], abort[2]) == (3, "wamp.error.timeout")
    assert at == 5.0


async def _trickle(peer: WirePeer, pace_s: float) -> None:
    """Send a HELLO that would take a minute."""
    if not pace_s:
        return
    for byte in b"\x81\xfe\x01\x00mask" if peer.websocket else b"\x00\x00\x01\x00[1,":
        peer.writer.write(bytes((byte,)))
        await asyncio.sleep(pace_s)


async def test_p36_at_most_8_connections_wait_to_join(site: Site) -> None:
    silent = [await site.dial() for _ in range(20)]
    await until(lambda: site.server.counters.connections_refused >= 12)

    ends = [asyncio.create_task(read_to_end(peer)) for peer in silent]
    await until(lambda: sum(end.done() for end in ends) == 12)

    assert site.server.connection_count == 2 + 8
    for end in ends:
        end.cancel()
    await asyncio.gather(*ends, return_exceptions=True)
    for peer in silent:
        await peer.close()


async def test_p36_a_refused_connection_is_told_in_its_own_protocol(tmp_path: Path) -> None:
    async with open_site(tmp_path, max_connections=2, max_unjoined_connections=2) as site:
        first = await site.join()
        await site.dial()

        browser, raw = await site.dial(), await site.dial("unix-raw")
        browser.writer.write(b"GET /ws HTTP/1.1\r\n")
        raw.writer.write(b"\x7f\xf1\x00\x00")
        answers = [await read_to_end(browser), await read_to_end(raw)]

        assert answers[0].startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"too many connections (at most 2 are served)" in answers[0]
        assert answers[1] == b"\x7f\x40\x00\x00"
        await first.close()
        await until(lambda: site.server.connection_count == 1)
        assert (await (await site.connect()).join()) > 0


async def test_joined_sessions_do_not_count_as_waiting(tmp_path: Path) -> None:
    async with open_site(tmp_path, max_unjoined_connections=1) as site:
        for _ in range(5):
            await site.join()

        assert site.server.connection_count == 5


HTTP = [
    pytest.param(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, id="P37 a browser"
    ),
    pytest.param(b"GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", 426, id="P37 a browser at the path"),
    pytest.param(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 404, id="P37 another path"),
    pytest.param(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405, id="P37 post"),
    pytest.param(b"GET / HTTP/1.0\r\n\r\n", 400, id="P37 http 1.0"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, id="P37 tls"),
]

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
PROTOCOL = b"Sec-WebSocket-Protocol: "

HTTP += [
    pytest.param(UPGRADE + b"\r\n", 400, id="P37 no subprotocol"),
    pytest.param(UPGRADE + PROTOCOL + b"chat\r\n\r\n", 400, id="P37 foreign subprotocol"),
    pytest.param(UPGRADE + PROTOCOL + b"\xff\xfe\r\n\r\n", 400, id="P37 non-ASCII subprotocol"),
    pytest.param(UPGRADE + PROTOCOL + b"x" * 100_000 + b"\r\n\r\n", 431, id="P37 100 kB"),
    pytest.param(
        UPGRADE + PROTOCOL + b"wamp.2.json\r\nOrigin: https://evil.example\r\n\r\n",
        403,
        id="P38 foreign origin",
    ),
]


@pytest.mark.parametrize(("request_bytes", "status"), HTTP)
async def test_http_that_is_no_session_gets_a_short_page(
    site: Site, request_bytes: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await site.dial()
    peer.writer.write(request_bytes)

    answer = await read_to_end(peer)
    await peer.close()
    await until(lambda: site.server.connection_count == 2)

    head, _, page = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"text/plain" in head
    assert 0 < len(page) < 1000
    assert b"Traceback" not in page
    assert not [record for record in caplog.records if record.exc_info]
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == (0 if status == 200 else 1)


async def test_p38_a_page_of_this_machine_may_connect(site: Site) -> None:
    peer = await site.dial()
    peer.writer.write(UPGRADE + PROTOCOL + b"wamp.2.json\r\nOrigin: http://127.0.0.1\r\n\r\n")

    assert (await peer.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    await peer.close()


def test_a_half_open_client_is_gone_after_15_seconds(tmp_path: Path) -> None:
    async def wait() -> tuple[float, int]:
        async with open_site(tmp_path) as site:
            await site.join("unix-ws")  # joined at 0 s, then never reads again
            while site.server.connection_count:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.5)
            return asyncio.get_running_loop().time(), len(site.router.sessions)

    assert run_virtual(wait()) == (15.0, 0)


def test_a_client_that_answers_pings_stays(tmp_path: Path) -> None:
    async def wait() -> int:
        async with open_site(tmp_path) as site:
            peer = await site.join("unix-ws")
            listening = asyncio.create_task(peer.hear_without_limit())
            await asyncio.sleep(125)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            assert site.server.connection_count == 1
            return peer.pings_heard

    assert run_virtual(wait()) == 12
