"""Bounds of long-poll sessions in bytes, number and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import until
from tests.wire.http_rig import http_to, longpoll_to, session_of
from tests.wire.rig import Site, open_site, witnessed
from wampedge_simulator.clock import run_virtual


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path) as running:
        yield running


async def test_a_client_that_does_not_poll_is_bounded_in_bytes(site: Site) -> None:
    witness = site.peers[0]
    async with longpoll_to(site) as peer:
        await peer.join()
        await peer.ask(32, 1, {}, "com.flood")
        for n in range(2, 30):
            await witness.ask(16, n, {"acknowledge": True}, "com.flood", ["x" * 60_000])
        answer = await peer.polls.ask("POST", f"{peer.base}/receive", b"")

    assert answer.status == 404
    assert site.server.counters.slow_sessions_closed == 1


async def test_a_client_that_lags_gets_all_that_fits(site: Site) -> None:
    witness = site.peers[0]
    async with longpoll_to(site) as peer:
        await peer.join()
        await peer.ask(32, 1, {}, "com.much")
        for n in range(2, 12):
            await witness.ask(16, n, {"acknowledge": True}, "com.much", [n, "x" * 60_000])

        numbers = [(await peer.hear())[4][0] for _ in range(10)]

    assert numbers == list(range(2, 12))


async def test_messages_wait_while_the_session_is_held_back_but_not_many(site: Site) -> None:
    async with longpoll_to(site) as peer, AsyncExitStack() as stack:
        await peer.join()
        transport = session_of(site, peer.base).transport
        transport.pause_reading()
        senders = [await stack.enter_async_context(http_to(site)) for _ in range(4)]
        for n, sender in enumerate(senders, 1):
            sender.say("POST", f"{peer.base}/send", f'[32,{n},{{}},"com.t{n}"]'.encode())
            await until(lambda: session_of(site, peer.base).wire.parked_count == n)  # noqa: B023  # awaited here

        one_more = await peer.say([32, 5, {}, "com.t5"])
        transport.resume_reading()
        statuses = [(await sender.hear()).status for sender in senders]
        answers = [(await peer.hear())[:2] for _ in range(4)]

    assert one_more == 503
    assert statuses == [204] * 4
    assert answers == [[33, 1], [33, 2], [33, 3], [33, 4]]


async def test_sessions_count_like_any_other(tmp_path: Path) -> None:
    async with open_site(tmp_path, max_connections=3) as site, http_to(site) as http:
        assert (await http.ask("GET", "/healthz")).status == 200
        async with longpoll_to(site) as peer:
            await peer.join()
            await site.join()
            await site.join()
            full = await http.ask("POST", "/lp/open", b'{"protocols":["wamp.2.json"]}')

            assert full.status == 503
            assert b"too many connections (at most 3 are served)" in full.body
            assert site.server.counters.connections_refused == 1
            async with http_to(site) as late:
                again = await late.ask("POST", "/lp/open", b'{"protocols":["wamp.2.json"]}')
            async with http_to(site) as late:  # a session there is goes on by new connections
                sent = await late.ask("POST", f"{peer.base}/send", b'[32,1,{},"com.t"]')

            assert (again.status, sent.status) == (503, 204)
            assert (await peer.hear())[:2] == [33, 1]
        await until(lambda: site.server.connection_count == 2)


def test_a_poll_without_a_message_is_answered_after_10_seconds(tmp_path: Path) -> None:
    async def wait() -> tuple[int, float]:
        async with open_site(tmp_path) as site, longpoll_to(site, via="unix") as peer:
            await peer.join()
            answer = await peer.polls.ask("POST", f"{peer.base}/receive", b"")
            return answer.status, asyncio.get_running_loop().time()

    assert run_virtual(wait()) == (204, 10.0)


def test_a_session_that_does_not_poll_is_gone_after_30_seconds(tmp_path: Path) -> None:
    async def wait() -> tuple[float, int]:
        async with open_site(tmp_path) as site, longpoll_to(site, via="unix") as peer:
            await peer.join()
            while site.router.sessions:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.5)
            return asyncio.get_running_loop().time(), site.server.connection_count

    assert run_virtual(wait()) == (30.0, 0)


def test_a_session_that_polls_stays(tmp_path: Path) -> None:
    async def wait() -> int:
        async with open_site(tmp_path) as site, longpoll_to(site, via="unix") as peer:
            await peer.join()
            listening = asyncio.create_task(peer.hear())
            await asyncio.sleep(300)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            return len(site.router.sessions)

    assert run_virtual(wait()) == 1


def test_p36_a_session_that_does_not_join_is_aborted_after_5_seconds(tmp_path: Path) -> None:
    async def wait() -> tuple[list[Any], float, int]:
        async with open_site(tmp_path) as site, longpoll_to(site, via="unix") as peer:
            abort = await peer.hear()
            at = asyncio.get_running_loop().time()
            await peer.hear_end()
            return abort, at, site.server.connection_count

    abort, at, count = run_virtual(wait())

    assert (abort[0], abort[2]) == (3, "wamp.error.timeout")
    assert (at, count) == (5.0, 0)


def test_a_client_that_calls_itself_wampedge_is_not_pinged(tmp_path: Path) -> None:
    async def wait() -> int:
        async with open_site(tmp_path) as site, longpoll_to(site, via="unix") as peer:
            await peer.say([1, "realm1", {"roles": {"caller": {}}, "agent": "wampedge-9"}])
            await peer.hear()
            listening = asyncio.create_task(peer.hear())
            await asyncio.sleep(60)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            return len(site.router.sessions)

    assert run_virtual(wait()) == 1


async def test_the_end_of_the_server_is_told(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, longpoll_to(site) as peer:
        await peer.join()
        waiting = asyncio.create_task(peer.hear())
        await until(lambda: session_of(site, peer.base).wire._poll is not None)
        site.server._delivery.deliver(site.router.close_all())
        site.server._delivery.flush()

        assert (await waiting)[:3:2] == [6, "wamp.close.system_shutdown"]
