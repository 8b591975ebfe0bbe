"""Connections that tests can cut: a TCP relay on loopback between clients and a router.

Each connection of a client is a ``Link`` of two sockets, so that either end can lose it alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Literal, get_args

__all__ = ["CUTS", "Cut", "Link", "Relay"]

Cut = Literal["reset", "close", "ghost", "orphan", "stall"]
"""How a link is cut.

- ``reset``: both ends see the connection reset, as when a program crashes.
- ``close``: both ends see it closed in order.
- ``ghost``: the client is cut off and the router does not notice, as when the client's power fails.
- ``orphan``: the router is cut off and the client does not notice.
- ``stall``: nothing passes any more and nobody notices, until it heals.
"""

CUTS: tuple[Cut, ...] = get_args(Cut)
_HOST = "127.0.0.1"
_LINGER_0 = struct.pack("ii", 1, 0)


class Relay:
    """Listens for clients and passes what they say on to a router; used in one event loop.

    Started and stopped by its owner, any number of times: it keeps its port.

    Attributes:
        port: where clients connect; 0 until it has started once.
        links: the connections it carries.
    """

    def __init__(self) -> None:
        self.port = 0
        self.links: set[Link] = set()
        self._router_port = 0
        self._server: asyncio.Server | None = None
        self._is_stalled = False

    async def start(self, router_port: int) -> None:
        """Pass connections on to *router_port* from now on."""
        self._router_port = router_port
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, _HOST, self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Take no more connections; those that are there go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def stall(self) -> None:
        """Let nothing pass any more, on new connections neither, until ``heal``."""
        self._is_stalled = True
        for link in self.links:
            link.stall()

    def heal(self) -> None:
        """Let everything pass again, what was said meanwhile first."""
        self._is_stalled = False
        for link in self.links:
            link.heal()

    def _accept(self) -> asyncio.Protocol:
        return Link(self, self._router_port, is_stalled=self._is_stalled).near


class Link:
    """One connection of a client; lives until both its sockets are closed.

    Args:
        relay: forgets it when it has ended.
        router_port: where its far end goes.
        is_stalled: nothing passes until it heals.
    """

    def __init__(self, relay: Relay, router_port: int, *, is_stalled: bool) -> None:
        self.near = _End(self)
        self.far = _End(self)
        self.far_port = 0
        self.is_stalled = is_stalled
        self._relay = relay
        self._router_port = router_port
        self._opening: asyncio.Task[None] | None = None
        self._alone = False

    def cut(self, how: Cut) -> None:
        """Cut the connection in one of the ways of ``Cut``."""
        if how == "stall":
            self.stall()
        elif how == "close":
            self.near.close()
            self.far.close()
        elif how == "ghost":
            self._alone = True
            self.near.reset()
        elif how == "orphan":
            self._alone = True
            self.far.reset()
        else:
            self.near.reset()
            self.far.reset()

    def stall(self) -> None:
        """Let nothing pass any more."""
        self.is_stalled = True
        self.near.update_reading()
        self.far.update_reading()

    def heal(self) -> None:
        """Let everything pass again."""
        self.is_stalled = False
        self.near.update_reading()
        self.far.update_reading()

    def other(self, end: _End) -> _End:
        """Return the end that is not *end*."""
        return self.far if end is self.near else self.near

    def on_open(self, end: _End) -> None:
        """Hear that a socket of it is open."""
        if end is self.near:
            self._relay.links.add(self)
            self._opening = asyncio.get_running_loop().create_task(self._open())
        elif self.near.wire is None:
            end.reset()
        else:
            self.near.update_reading()

    def on_closed(self, end: _End, error: Exception | None) -> None:
        """Hear that a socket of it is closed: so is the other, unless only one was cut off."""
        if end is self.near and self._opening is not None:
            self._opening.cancel()
        other = self.other(end)
        if other.wire is None:
            self._relay.links.discard(self)
        elif not self._alone:
            other.close() if error is None else other.reset()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            wire, _ = await loop.create_connection(lambda: self.far, _HOST, self._router_port)
            self.far_port = wire.get_extra_info("sockname")[1]
            return
        self.near.reset()


class _End(asyncio.Protocol):
    """One of the two sockets of a link."""

    def __init__(self, link: Link) -> None:
        self.wire: asyncio.Transport | None = None
        self._link = link
        self._is_full = False
        self._has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "streams are asked for"
        self.wire = transport
        self.update_reading()
        self._link.on_open(self)

    def data_received(self, data: bytes) -> None:
        other = self._link.other(self).wire
        if other is not None:
            other.write(data)

    def eof_received(self) -> bool:
        self._has_ended = True
        other = self._link.other(self)
        if other._has_ended:
            other.close()
            return False
        if other.wire is not None and not other.wire.is_closing():
            other.wire.write_eof()
        return True

    def pause_writing(self) -> None:
        self._is_full = True
        self._link.other(self).update_reading()

    def resume_writing(self) -> None:
        self._is_full = False
        self._link.other(self).update_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.wire = None
        self._link.on_closed(self, exc)

    def update_reading(self) -> None:
        """Read while the link is not stalled and the other end can take what is read."""
        wire = self.wire
        if wire is None or wire.is_closing():
            return
        other = self._link.other(self)
        is_waiting = other.wire is None and self is self._link.near and not self._link.far_port
        if self._link.is_stalled or other._is_full or is_waiting:
            wire.pause_reading()
        else:
            wire.resume_reading()

    def close(self) -> None:
        """Close in order, after what was written."""
        if self.wire is not None:
            self.wire.close()

    def reset(self) -> None:
        """Close so that the other side sees a reset."""
        if self.wire is not None and not self.wire.is_closing():
            sock: socket.socket = self.wire.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            self.wire.abort()
