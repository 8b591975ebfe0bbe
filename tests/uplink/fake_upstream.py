"""A hostile upstream on a Unix socket: raw-socket frames of JSON, written without our code."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

__all__ = ["FakePeer", "FakeUpstream"]

_ROLES: dict[str, Any] = {"broker": {}, "dealer": {}}


class FakePeer:
    """One connection of a client, after the raw-socket handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def shake_hands(self) -> None:
        """Take whatever serializer the client wants, if it is JSON."""
        wanted = await self._reader.readexactly(4)
        assert (wanted[0], wanted[1] & 0x0F, wanted[2:]) == (0x7F, 1, b"\x00\x00")
        self._writer.write(b"\x7f\xf1\x00\x00")

    async def receive(self) -> list[Any]:
        """Return the next message; raises IncompleteReadError when the client is gone."""
        while True:
            head = await self._reader.readexactly(4)
            body = await self._reader.readexactly(int.from_bytes(head[1:], "big"))
            if head[0] == 0:
                message: list[Any] = json.loads(body)
                return message

    def send(self, message: list[Any]) -> None:
        """Send one message."""
        body = json.dumps(message).encode()
        self._writer.write(len(body).to_bytes(4, "big") + body)

    async def welcome(self, session_id: int = 1) -> None:
        """Let the client join."""
        hello = await self.receive()
        assert hello[:2] == [1, "farm"]
        self.send([2, session_id, {"roles": _ROLES}])

    async def grant(self) -> int:
        """Grant the next registration as 500; returns the id of its request."""
        register = await self.receive()
        assert register[0] == 64
        self.send([65, register[1], 500])
        request_id: int = register[1]
        return request_id

    async def wait_gone(self) -> list[Any]:
        """Read until the client is gone; returns the last message it sent."""
        last: list[Any] = []
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                last = await self.receive()
        return last

    def close(self) -> None:
        """Close without a word."""
        self._writer.close()


class FakeUpstream:
    """Listens on a Unix socket and plays a script to every client, the n-th time the n-th one.

    Args:
        folder: where to make the socket.
        scripts: what to do with each connection; the last one is repeated.

    Attributes:
        connections: how many clients have connected.
        thousandth: set at the thousandth of them.
    """

    def __init__(self, folder: Path, *scripts: Callable[[FakePeer], Awaitable[None]]) -> None:
        self.url = f"unix:{folder}/fake.sock"
        self.connections = 0
        self.thousandth = asyncio.Event()
        self._failures: list[AssertionError] = []
        self._path = folder / "fake.sock"
        self._scripts = scripts
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None, "entered before"
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)
        if self._failures:
            raise self._failures[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "run by the server"
        self._tasks.add(task)
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        if self.connections == 1000:
            self.thousandth.set()
        try:
            await script(FakePeer(reader, writer))
        except AssertionError as failure:
            self._failures.append(failure)
        finally:
            self._tasks.discard(task)
            writer.close()
