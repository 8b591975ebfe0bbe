"""Links that carry nothing any more, and nobody says so: both sides find out in 15 s.

Real sockets, the times the product has, and virtual time: what passes between client and router
is dropped from a moment on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual import virtual
from tests.uplink.rig import router_of
from wampedge.client import Connection, ConnectionState, Session
from wampedge.errors import ApplicationError, ConnectionLostError
from wampedge.server import Server

DETECTION_S = 15.0


class Cable:
    """Passes bytes on between a client and the router, until it is cut.

    Attributes:
        url: where the client finds it.
    """

    def __init__(self, scheme: str, folder: Path) -> None:
        self.is_cut = False
        self.url = ""
        self._scheme = scheme
        self._paths = folder / "near.sock", folder / "far.sock"
        self._far: Any = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def listen_url(self) -> str:
        """Where the router is to listen."""
        path = "/ws" if self._scheme == "ws" else ""
        is_unix = self._scheme == "unix"
        return f"unix:{self._paths[1]}" if is_unix else f"{self._scheme}://127.0.0.1:0{path}"

    async def lay(self, server: Server) -> None:
        """Connect to the router, which listens by now."""
        if self._scheme == "unix":
            near, far = self._paths
            self._far = lambda: asyncio.open_unix_connection(far)
            self._server = await asyncio.start_unix_server(self._serve, near)
            self.url = f"unix:{near}"
            return
        port = server.addresses[0].port
        self._far = lambda: asyncio.open_connection("127.0.0.1", port)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        own = self._server.sockets[0].getsockname()[1]
        self.url = f"{self._scheme}://127.0.0.1:{own}" + ("/ws" if self._scheme == "ws" else "")

    async def take_up(self) -> None:
        """Let go of everything."""
        assert self._server is not None, "laid before"
        self._server.close()
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.close()
            return
        far_reader, far_writer = await self._far()
        self._writers += [writer, far_writer]
        for pair in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.ensure_future(self._pump(*pair))
            self._tasks.add(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(65536):
                if not self.is_cut:
                    writer.write(some)
        if not self.is_cut:
            writer.close()


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
        cable.is_cut = True
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
        cable.is_cut = True
        cut_at = loop.time()

        async with asyncio.timeout(2 * DETECTION_S):
            ends = await asyncio.gather(up, down, left.wait(), return_exceptions=True)

        assert loop.time() - cut_at <= DETECTION_S + 0.01
        assert isinstance(ends[0], ConnectionLostError)
        assert isinstance(ends[1], ApplicationError)
        assert ends[1].uri == "wamp.error.canceled"
        assert connection.status.state is not ConnectionState.JOINED
