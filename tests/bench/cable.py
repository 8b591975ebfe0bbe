"""A TCP cable on loopback that can be cut, stalled, and torn off at one end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

__all__ = ["Cable"]

_CHUNK_BYTES = 65_536


@dataclass
class Cable:
    """Forwards connections to *port*; started and closed by its owner, on one loop.

    Attributes:
        is_up: new connections are taken; else they are closed at once.
        keeps_far_end: when the near side goes, the far side is not told, as when a power plug is
            pulled.
    """

    port: int
    is_up: bool = True
    keeps_far_end: bool = False
    _flows: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _server: asyncio.Server | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set, init=False)

    @property
    def own_port(self) -> int:
        """Where clients connect."""
        assert self._server is not None, "started before"
        own: int = self._server.sockets[0].getsockname()[1]
        return own

    async def start(self) -> None:
        """Listen on a free port."""
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    def cut(self) -> None:
        """Reset every connection at both ends."""
        for writer in self._writers:
            writer.transport.abort()

    def stall(self) -> None:
        """Let nothing through any more, and tell nobody."""
        self._flows.clear()

    def flow(self) -> None:
        """Let everything through again."""
        self._flows.set()

    async def close(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "run by the server"
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not self.is_up:
            writer.transport.abort()
            return
        await self._flows.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        ends = {writer, far_writer}
        self._writers |= ends
        forth = asyncio.ensure_future(self._pump(reader, far_writer))
        back = asyncio.ensure_future(self._pump(far_reader, writer))
        try:
            await asyncio.wait({forth, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_kept = self.keeps_far_end and forth.done() and not back.done()
            for pump in (forth, back):
                pump.cancel()
            await asyncio.gather(forth, back, return_exceptions=True)
            writer.transport.abort()
            self._writers.discard(writer)
            if not is_kept:
                far_writer.transport.abort()
                self._writers.discard(far_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK_BYTES):
                await self._flows.wait()
                writer.write(chunk)
                await writer.drain()
