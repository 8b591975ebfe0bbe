"""Links that carry nothing any more, and nobody says so: both sides find out in 15 s.

Real sockets, the times the product has, and virtual time: what passes between client and router
is dropped from a moment on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.cable import Cable
from tests.support.virtual import virtual
from tests.uplink.rig import router_of
from wampedge.client import Connection, ConnectionState, Session
from wampedge.errors import ApplicationError, ConnectionLostError
from wampedge.server import Server

DETECTION_S = 15.0


@asynccontextmanager
async def at_both_ends(
    scheme: str, folder: Path
) -> AsyncIterator[tuple[Cable, Connection, Session]]:
    """Join a router through a cable; gives a session that needs none as well."""
    cable = Cable(scheme, folder)
    server = Server(router_of("farm"), [cable.listen_url])
    await server.start()
    await cable.lay(server)
    connection = Connection(cable.url, "farm")
    async with await Session.over(server.attach_local("hub"), "farm") as hub, connection:
        yield cable, connection, hub
        cable.cut()
    await cable.take_up()
    await server.stop()


@pytest.mark.parametrize("cut_after_s", [0.5, 9.9, 10.1, 14.0])
@pytest.mark.parametrize("scheme", ["ws", "rs", "unix"])
@virtual
async def test_both_sides_find_a_link_that_carries_nothing_in_15_s_and_calls_fail_with_it(
    scheme: str, cut_after_s: float, tmp_path: Path
) -> None:
    """Issue 6, healing: half-open found, and pending calls answered, on both sides."""
    loop = asyncio.get_running_loop()
    left, hang = asyncio.Event(), asyncio.Event()
    async with at_both_ends(scheme, tmp_path) as (cable, connection, hub):
        connection.register("board.hang", hang.wait)
        await hub.register("hub.hang", hang.wait)
        await hub.subscribe("wamp.session.on_leave", lambda *_, **__: left.set())
        session = await connection.wait_joined()
        await connection.wait_restored()
        up = asyncio.ensure_future(session.call("hub.hang"))
        down = asyncio.ensure_future(hub.call("board.hang"))
        await asyncio.sleep(cut_after_s)
        cable.cut()
        cut_at = loop.time()

        async with asyncio.timeout(2 * DETECTION_S):
            ends = await asyncio.gather(up, down, left.wait(), return_exceptions=True)

        assert loop.time() - cut_at <= DETECTION_S + 0.01
        assert isinstance(ends[0], ConnectionLostError)
        assert isinstance(ends[1], ApplicationError)
        assert ends[1].uri == "wamp.error.canceled"
        assert connection.status.state is not ConnectionState.JOINED
