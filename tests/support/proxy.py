"""A TCP proxy on loopback that can keep the far side open after the near side is gone."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

__all__ = ["HoldingProxy"]

_CHUNK_BYTES = 65_536


@dataclass
class HoldingProxy:
    """Forwards connections to *port*; what a router sees when a peer loses its power.

    While `is_holding`, a client that vanishes leaves its connection to the router open: nobody
    answers on it any more, and nobody closes it. Started and closed by its owner, on one loop.
    """

    port: int
    is_holding: bool = False
    _server: asyncio.Server | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _held: list[asyncio.StreamWriter] = field(default_factory=list, init=False)

    @property
    def own_port(self) -> int:
        """Where clients connect."""
        assert self._server is not None, "started before"
        own: int = self._server.sockets[0].getsockname()[1]
        return own

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        """Close everything, the held connections too."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._held:
            await _close(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "run by the server"
        self._tasks.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            await _close(writer)
            return
        forth = asyncio.ensure_future(_pump(reader, far_writer))
        back = asyncio.ensure_future(_pump(far_reader, writer))
        try:
            await asyncio.wait({forth, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_client_gone = forth.done() and not back.done()
            forth.cancel()
            back.cancel()
            await asyncio.gather(forth, back, return_exceptions=True)
            await _close(writer)
            if self.is_holding and is_client_gone:
                self._held.append(far_writer)
            else:
                await _close(far_writer)
            self._tasks.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
