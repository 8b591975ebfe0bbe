"""A cable between a client and a router of the test, over real sockets, that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from wampedge.server import Server

__all__ = ["Cable"]


class Cable:
    """Passes bytes on between a client and the router, until it is cut.

    Connections that are open when the cable is cut carry nothing from then on, and nobody is told;
    new ones are closed at once until it is mended.

    Attributes:
        url: where the client finds it.
    """

    def __init__(self, scheme: str, folder: Path) -> None:
        self.url = ""
        self._is_cut = False
        self._cuts = 0
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

    def cut(self) -> None:
        """Let everything that is open hang."""
        self._is_cut = True
        self._cuts += 1

    def mend(self) -> None:
        """Let new connections through."""
        self._is_cut = False

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
        if self._is_cut:
            writer.close()
            return
        far_reader, far_writer = await self._far()
        self._writers += [writer, far_writer]
        for pair in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.ensure_future(self._pump(*pair, cuts=self._cuts)))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, cuts: int
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(65536):
                if self._cuts == cuts:
                    writer.write(some)
        if self._cuts == cuts:
            writer.close()
