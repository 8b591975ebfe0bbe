"""A line between two programs that does what lines do: breaks, hangs, crawls, and garbles."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from dataclasses import dataclass, field

__all__ = ["BadLine"]

_CHUNK = 16_384
_RESET = struct.pack("ii", 1, 0)


@dataclass
class BadLine:
    """Forwards TCP connections on loopback to *port*; started and closed by its owner.

    Attributes:
        port: where the far end listens.
        is_up: new connections are taken; else they are refused, as where nothing listens.
        is_flowing: bytes pass; else they are held back, and nobody is told.
        latency_s: how long each piece is on its way.
        rate_bps: bits a second in each direction; None for as many as come.
        slice_bytes: the longest piece that passes at once.
        flip_share: share of pieces in which one bit is turned.
    """

    port: int
    is_up: bool = True
    latency_s: float = 0.0
    rate_bps: float | None = None
    slice_bytes: int = _CHUNK
    flip_share: float = 0.0
    _flow: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _server: asyncio.Server | None = field(default=None, init=False)
    _listener: socket.socket | None = field(default=None, init=False)
    _own_port: int = field(default=0, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set, init=False)
    _luck: random.Random = field(default_factory=lambda: random.Random(1), init=False)

    @property
    def own_port(self) -> int:
        """Where the near end connects."""
        return self._own_port

    async def start(self) -> None:
        """Listen; on the same port each time."""
        self._flow.set()
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self._own_port, reuse_address=True
        )
        self._own_port = self._server.sockets[0].getsockname()[1]

    def hold(self) -> None:
        """Let nothing pass any more; nobody is told."""
        self._flow.clear()

    def go_on(self) -> None:
        """Let everything pass again, what was held back too."""
        self._flow.set()

    def reset(self) -> None:
        """End every connection with RST at both ends."""
        for writer in list(self._writers):
            connection = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):  # closed already
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    def finish(self) -> None:
        """End every connection with FIN at both ends."""
        for writer in list(self._writers):
            with contextlib.suppress(OSError):
                writer.write_eof()
            writer.close()

    async def refuse(self) -> None:
        """Listen no more: who connects is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """Close everything."""
        await self.refuse()
        self.reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "run by the server"
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(far_writer)
        pumps = [
            asyncio.ensure_future(self._pump(reader, far_writer)),
            asyncio.ensure_future(self._pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, far_writer):
                end.transport.abort()
                self._writers.discard(end)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1000)
        sender = asyncio.ensure_future(self._send(pieces, writer))
        try:
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(self.slice_bytes):
                    await pieces.put((loop.time() + self.latency_s, piece))
                await pieces.join()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(
        self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while True:
                due_s, piece = await pieces.get()
                await asyncio.sleep(max(0.0, due_s - loop.time()))
                if self.rate_bps is not None:
                    await asyncio.sleep(8 * len(piece) / self.rate_bps)
                await self._flow.wait()
                writer.write(self._garbled(piece))
                await writer.drain()
                pieces.task_done()

    def _garbled(self, piece: bytes) -> bytes:
        if self._luck.random() >= self.flip_share:
            return piece
        garbled = bytearray(piece)
        garbled[self._luck.randrange(len(piece))] ^= 1 << self._luck.randrange(8)
        return bytes(garbled)
