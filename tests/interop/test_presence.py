"""What a real Crossbar tells of a node: its state, its testament, and its ghost's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.interop.crossbar import REALM, CrossbarRouter
from tests.support.proxy import HoldingProxy
from wampedge.client import Connection, Session
from wampedge.uplink.presence import Presence
from wampedge.wamp.payload import Payload

pytestmark = [pytest.mark.interop, pytest.mark.crossbar]

TOPIC = "edge.n1.status"
WITHIN_S = 10.0


class Watcher:
    """Hears the states of the node, one after another."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    def __call__(self, state: str, *, session: int, **_: Any) -> None:
        self._events.put_nowait((state, session))

    async def next(self) -> tuple[str, int]:
        """Return the next state, with the session that told it."""
        return await asyncio.wait_for(self._events.get(), WITHIN_S)


@asynccontextmanager
async def watching(crossbar: CrossbarRouter) -> AsyncIterator[Watcher]:
    """Watch the node from now on."""
    watcher = Watcher()
    async with await Session.connect(crossbar.url, REALM) as session:
        await session.subscribe(TOPIC, watcher)
        yield watcher


async def retained(crossbar: CrossbarRouter) -> tuple[str, int]:
    """Return what somebody hears who comes now."""
    watcher = Watcher()
    async with await Session.connect(crossbar.url, REALM) as session:
        await session.subscribe(TOPIC, watcher, options={"get_retained": True})
        return await watcher.next()


def node(url: str) -> tuple[Connection, Presence]:
    """Make a link that tells that the node is ready."""
    connection = Connection(url, REALM)
    presence = Presence(connection, TOPIC, started=1.0, wall_clock=lambda: 2.0)
    presence.say(Payload(("ready",), {"time": 2.0}))
    return connection, presence


def crash(connection: Connection) -> None:
    """End the connection without a word."""
    connection.session._conversation.transport.abort()


async def test_crash_is_told_from_an_end_in_order(crossbar: CrossbarRouter) -> None:
    connection, presence = node(crossbar.url)
    async with watching(crossbar) as watcher, connection:
        first = (await connection.wait_joined()).session_id
        assert await watcher.next() == ("ready", first)
        assert presence.has_testament
        crash(connection)
        assert await watcher.next() == ("lost", first)
        state, second = await watcher.next()
        assert state == "ready"
        assert await retained(crossbar) == ("ready", second)
        await presence.say_last("stopped", within_s=WITHIN_S)
        assert await watcher.next() == ("stopped", second)

    assert await retained(crossbar) == ("stopped", second)


async def test_testament_of_a_ghost_is_answered(crossbar: CrossbarRouter) -> None:
    proxy = HoldingProxy(crossbar.websocket_port, is_holding=True)
    await proxy.start()
    before, died = node(f"ws://127.0.0.1:{proxy.own_port}/")
    async with watching(crossbar) as watcher:
        before.start()
        ghost = (await before.wait_joined()).session_id
        assert await watcher.next() == ("ready", ghost)
        died.close()
        crash(before)
        await before.stop()
        connection, presence = node(crossbar.url)
        async with connection:
            own = (await connection.wait_joined()).session_id
            assert await watcher.next() == ("ready", own)
            await proxy.close()  # now Crossbar finds the ghost gone
            assert await watcher.next() == ("lost", ghost)
            assert await watcher.next() == ("ready", own)
            presence.close()

            assert await retained(crossbar) == ("ready", own)
