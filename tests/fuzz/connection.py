"""A connection to a whole server, whatever is said over it: first bytes, handshakes, messages.

The bytes come in several reads where they hold ``~|~``; ``/lp/S/`` is the path of the long-poll
session that was opened last.
"""

from __future__ import annotations

import asyncio
import logging
from itertools import count
from typing import Any, Final

from wampedge.router import RealmSettings, Router, User
from wampedge.server import Server
from wampedge.transports.front import Front
from wampedge.transports.url import parse_url
from wampedge.wamp.auth_proofs import TicketProof

__all__ = ["SEPARATOR", "say_anything"]

SEPARATOR: Final = b"~|~"
_SESSION_PATH: Final = b"/lp/S/"
_MOST_TURNS: Final = 1_000
_URL: Final = parse_url("ws://127.0.0.1:0/ws")


class _Wire(asyncio.Transport):
    """Stands for a socket whose peer says what it is told to."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any) -> None:
        super().__init__()
        self.written = bytearray()
        self._loop = loop
        self._protocol = protocol
        self._unread: list[bytes] = []
        self._is_reading = True
        self._is_closing = False
        protocol.connection_made(self)

    def feed(self, data: bytes) -> None:
        """Let the peer say *data*."""
        self._unread.append(data)
        self._read()

    def _read(self) -> None:
        while self._unread and self._is_reading and not self._is_closing:
            data = self._unread.pop(0)
            if isinstance(self._protocol, asyncio.BufferedProtocol):
                memory = memoryview(self._protocol.get_buffer(len(data)))
                memory[: len(data)] = data
                self._protocol.buffer_updated(len(data))
            elif data:
                self._protocol.data_received(data)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        assert not self._is_closing, "written after the end"
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        return

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        self._is_reading = True
        self._loop.call_soon(self._read)

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()


class _Complaints(logging.Handler):
    """Keeps what was logged with a traceback, which no peer may cause."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.records.append(record)


class _Stage:
    """A server without listeners, for one peer."""

    def __init__(self) -> None:
        ids = count(1)
        tom = User("tom", "local", TicketProof("tomato"))
        self._loop = asyncio.get_running_loop()
        self._router = Router(
            [RealmSettings("realm1", users=(tom,))],
            random_id=lambda: next(ids),
            monotonic_s=self._loop.time,
            cookies_keep_s=60.0,
        )
        self._server = Server(self._router, allowed_origins=["http://a.example"])

    @property
    def _longpolls(self) -> dict[str, Any]:
        web = self._server._web  # made for the first request
        return {} if web is None else web._longpolls._session_by_id

    async def play(self, data: bytes) -> bytes:
        """Let a peer say *data* and go; return what it heard."""
        front: Front = self._server._front_maker(_URL)()
        wire = _Wire(self._loop, front)
        for piece in data.split(SEPARATOR):
            session = next(reversed(self._longpolls), "S")
            wire.feed(piece.replace(_SESSION_PATH, f"/lp/{session}/".encode()))
            await _turns(4)
        wire.close()
        for opened in list(self._longpolls.values()):
            opened.wire.close()
        for _turn in range(_MOST_TURNS):
            if not (self._server.connection_count or self._router.sessions):
                break
            await _turns(1)
        assert not self._server.connection_count, "a connection that nobody has is counted"
        assert not self._router.sessions, "a session that nobody has is kept"
        await self._server.stop()
        return bytes(wire.written)


async def _turns(turns: int) -> None:
    for _turn in range(turns):
        await asyncio.sleep(0)


async def _play(data: bytes) -> bytes:
    faults: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: faults.append(context))
    heard = await _Stage().play(data)
    for fault in faults:
        raise fault.get("exception") or AssertionError(fault["message"])
    return heard


def say_anything(data: bytes) -> None:
    """Say *data* over one connection to a server; nothing may be raised, and nothing be left."""
    complaints = _Complaints()
    log = logging.getLogger("wampedge")
    log.addHandler(complaints)
    try:
        heard = asyncio.run(_play(data))
    finally:
        log.removeHandler(complaints)
    for record in complaints.records:
        raise AssertionError(f"a traceback in the log: {record.getMessage()}")
    assert b"Traceback" not in heard
