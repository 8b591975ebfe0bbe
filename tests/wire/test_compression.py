"""Compressed messages over real sockets (RFC 7692), and what somebody could do with them."""

from __future__ import annotations

import asyncio
import random
import resource
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.transports.frames import client_frame
from tests.wire.rig import Site, WirePeer, open_site, witnessed
from wampedge.client import Session

MIB = 1024 * 1024
TOO_LONG = "wamp.error.payload_size_exceeded"
READINGS = {"readings": [{"name": f"bench{i}.temperature", "value": 20 + i / 4} for i in range(40)]}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path) as running:
        yield running


def peak_rss_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def block(body: bytes) -> bytes:
    """Compress to blocks that refer to nothing before them."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(body) + deflater.flush(zlib.Z_FULL_FLUSH)


def bomb(mib: int) -> bytes:
    """Return the compressed beginning of a PUBLISH, and zeros behind it."""
    return (block(b'[16,1,{},"com.a",["') + block(bytes(MIB)) * mib)[:-4]


async def code_after(peer: WirePeer, data: bytes) -> int | None:
    peer.writer.write(data)
    code = await peer.hear_end()
    await peer.close()
    return code


async def test_p32_a_bomb_is_refused_without_being_inflated(site: Site) -> None:
    """512 MiB in half a MiB, whole, in fragments, and before joining."""
    packed = bomb(512)
    half = len(packed) // 2
    whole = client_frame(0xC1, packed)
    fragments = client_frame(0x41, packed[:half]) + client_frame(0x80, packed[half:])
    unjoined, *joined = [
        await site.connect("ws-deflate"),
        await site.join("ws-deflate"),
        await site.join("ws-deflate"),
    ]
    before = peak_rss_bytes()

    codes = [
        await code_after(unjoined, whole),
        await code_after(joined[0], whole),
        await code_after(joined[1], fragments),
    ]

    assert codes == [1009, 1009, 1009]
    assert peak_rss_bytes() - before < 4 * MIB


async def test_p32_a_bomb_that_is_short_enough_to_be_taken_is_refused(site: Site) -> None:
    """200 MiB in 200 KiB."""
    whole = client_frame(0xC1, bomb(200))
    unjoined, joined = await site.connect("ws-deflate"), await site.join("ws-deflate")
    before = peak_rss_bytes()

    codes = [await code_after(unjoined, whole), await code_after(joined, whole)]

    assert codes == [1009, 1009]
    assert peak_rss_bytes() - before < 4 * MIB


async def test_p32_many_messages_in_one_read_are_not_inflated_at_once(site: Site) -> None:
    """Each is as long as it may be; together they are 50 MiB in 60 KiB."""
    peer = await site.join("ws-deflate")
    long = block(b'[16,1,{},"com.a",["' + b" " * 250_000 + b'"]]')[:-4]
    flood = client_frame(0xC1, long) * 200
    assert len(flood) < 65536
    await asyncio.sleep(0)
    before = peak_rss_bytes()

    peer.writer.write(flood)
    answer = await peer.ask(48, 2, {}, "com.nobody")
    await peer.close()

    assert answer[:3] == [8, 48, 2]
    assert peak_rss_bytes() - before < 4 * MIB


async def test_p32_what_is_not_compressed_though_it_says_so_ends_the_session(site: Site) -> None:
    peer = await site.join("ws-deflate")

    assert await code_after(peer, client_frame(0xC1, b"\xff" * 50)) == 1007


async def test_a_compressed_call_that_is_too_long_is_answered(site: Site) -> None:
    peer = await site.join("ws-deflate")

    error = await peer.ask(48, 1, {}, "com.a", ["x" * 300_000])
    alive = await peer.ask(48, 2, {}, "com.nobody")
    await peer.close()

    assert (error[:3], error[4]) == ([8, 48, 1], TOO_LONG)
    assert alive[:3] == [8, 48, 2]


async def test_a_call_that_is_too_long_although_it_is_compressed_is_answered(site: Site) -> None:
    peer = await site.join("ws-deflate")
    noise = "".join(map(chr, random.Random(7).choices(range(0x4E00, 0x9FA6), k=200_000)))

    error = await peer.ask(48, 1, {}, "com.a", [noise])
    await peer.close()

    assert (error[:3], error[4]) == ([8, 48, 1], TOO_LONG)


async def test_an_event_is_compressed_once_for_all_who_agreed_on_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes: list[int] = []
    peers = [await site.join("ws-deflate") for _ in range(3)]
    plain = await site.join()
    for peer in (*peers, plain):
        await peer.ask(32, 1, {}, "com.readings")
    publisher = await site.join("raw")
    make = zlib.compressobj

    class Counted:
        def __init__(self, level: int, method: int, window_bits: int, memory: int) -> None:
            self._inner = make(level, method, window_bits, memory)

        def compress(self, data: bytes) -> bytes:
            return self._inner.compress(data)

        def flush(self, mode: int) -> bytes:
            flushes.append(mode)
            return self._inner.flush(mode)

    monkeypatch.setattr("wampedge.transports.compression.zlib.compressobj", Counted)
    monkeypatch.setattr("wampedge.transports.compression._compressors.by_window_bits", {})
    publisher.say([16, 1, {}, "com.readings", [], READINGS])
    events = [await peer.hear() for peer in (*peers, plain)]
    for peer in (*peers, plain, publisher):
        await peer.close()

    assert {event[5]["readings"][3]["value"] for event in events} == {20.75}
    assert len(flushes) == 1


async def test_a_router_that_does_not_want_compression_declines_it(tmp_path: Path) -> None:
    async with open_site(tmp_path, serving={"compression": False}) as site:
        peer = await site.dial()
        with pytest.raises(AssertionError):
            await peer.open_websocket(compression=True)

        session = await Session.connect(
            f"ws://127.0.0.1:{site.port}/ws", "realm1", compression=True
        )
        async with session:
            assert session.is_joined


@pytest.mark.parametrize("serializer", ["json", "msgpack", "msgpack.batched", "cbor"])
async def test_our_client_compresses_what_it_says_and_reads_what_it_hears(
    site: Site, serializer: str
) -> None:
    url = f"ws://127.0.0.1:{site.port}/ws"
    heard: list[object] = []
    async with (
        await Session.connect(url, "realm1", serializers=[serializer], compression=True) as one,
        await Session.connect(url, "realm1", serializers=[serializer]) as other,
    ):
        await one.register("com.echo", lambda readings: readings)
        await one.subscribe("com.readings", heard.append)
        result = await other.call("com.echo", READINGS)
        await other.publish("com.readings", READINGS, acknowledge=True)
        await until(lambda: heard)

    assert heard == [READINGS]
    assert getattr(result, "value", result) == READINGS
