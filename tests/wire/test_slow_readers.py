"""Clients that do not read: memory stays bounded, everybody else is served."""

from __future__ import annotations

import asyncio
import logging
import resource
from pathlib import Path

import pytest

from tests.support.turns import turns
from tests.wire.rig import Site, WirePeer, open_site

MIB = 1024 * 1024
EVENT = "x" * 1024


async def count_events(peer: WirePeer, count: int) -> int:
    """Hear events until *count* have come."""
    heard = 0
    while heard < count:
        message = await peer.hear()
        heard += message[0] == 36
    return heard


async def publish(peer: WirePeer, count: int) -> None:
    for i in range(1, count + 1):
        peer.say([16, i, {}, "com.flood", [EVENT]])
        if i % 32 == 0:
            await peer.writer.drain()


async def stalled(site: Site) -> WirePeer:
    """Subscribe and then never read again."""
    peer = await site.join("unix-raw")
    await peer.ask(32, 1, {}, "com.flood")
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport in truth
    return peer


async def test_a_stalled_subscriber_is_closed_at_the_bound_and_nobody_else_loses_an_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_site(tmp_path, max_pause_s=0.05) as site:
        await stalled(site)
        healthy, publisher = await site.join(), await site.join("raw", "msgpack")
        await healthy.ask(32, 1, {}, "com.flood")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

        listening = asyncio.create_task(count_events(healthy, 6000))
        await publish(publisher, 6000)
        heard = await listening

        assert heard == 6000
        assert site.server.counters.slow_sessions_closed == 1
        assert site.server.connection_count == 2
        assert len(site.router.sessions) == 2
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
        assert grown < 8 * MIB
        lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert [line.getMessage() for line in lines] == [
            "unix: session ended: more than 1048576 bytes are waiting for the peer to read"
        ]


async def test_a_publisher_waits_for_a_busy_subscriber_which_then_loses_nothing(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path, max_pause_s=60.0) as site:
        busy = await stalled(site)
        publisher, bystander = await site.join("unix-raw"), await site.join()

        publishing = asyncio.create_task(publish(publisher, 3000))
        await turns(300)
        answer = await bystander.ask(48, 1, {}, "com.nobody")
        assert not publishing.done()
        busy.writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
        heard = await count_events(busy, 3000)
        await publishing

        assert answer[0] == 8
        assert heard == 3000
        assert site.server.counters.slow_sessions_closed == 0


async def test_a_client_that_asks_without_reading_is_not_read_either(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        greedy = await site.join("unix-raw")
        greedy.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport in truth

        for i in range(1, 3001):
            greedy.say([48, i, {}, "com.nobody." + "x" * 200])
        await turns(300)

        assert site.server.connection_count == 1
        greedy.writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
        answers = [(await greedy.hear())[2] for _ in range(3000)]
        assert answers == list(range(1, 3001))
