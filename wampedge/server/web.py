"""The HTTP side of one server: its connections, what they are shown, its long-poll sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from wampedge.transports.front import Front, PlainRequest
from wampedge.transports.http.connection import HttpConnection
from wampedge.transports.http.exchange import Exchange
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.http.paths import HEALTH_PATH, LONGPOLL_PATH
from wampedge.transports.http.website import Website
from wampedge.transports.limits import TransportLimits
from wampedge.transports.longpoll import LongPollTransport
from wampedge.transports.longpoll_paths import LongPolls

__all__ = ["Web", "WebOwner"]

# Connections above the limit, for the watchers of the node and for the sessions there are.
_SPARE_CONNECTIONS = 8


class WebOwner(Protocol):
    """Who takes over what begins on HTTP connections."""

    def open_longpoll(self, front: Front, transport: LongPollTransport) -> str:
        """Take over a long-poll session; returns why it is refused, or empty.

        Args:
            front: how the connection came in that asked for it.
            transport: of the session.
        """
        ...

    def on_web_refusal(self, peer: str, text: str) -> None:
        """Hear that a request was refused, and why."""
        ...

    def on_web_closed(self) -> None:
        """Hear that a connection is gone."""
        ...


class Web:
    """Counts the HTTP connections of one server; belongs to it.

    Args:
        owner: the server.
        origins: which web pages may connect, and under which names.
        limits: bounds.
        web: folder to serve, if any.
        pages: further folders, by the path below which they are served.
        health: returns the state of the node.
    """

    def __init__(
        self,
        owner: WebOwner,
        origins: OriginRule,
        limits: TransportLimits,
        *,
        web: Path | None,
        pages: Mapping[str, Path],
        health: Callable[[], str],
    ) -> None:
        self._owner = owner
        self._limits = limits
        self._longpolls = LongPolls(LONGPOLL_PATH, origins, limits, self._open_longpoll)
        self._website = Website(
            origins, web=web, pages=pages, health=health, longpoll=self._longpolls
        )
        self._front_by_connection: dict[HttpConnection, Front] = {}

    @property
    def connection_count(self) -> int:
        """How many HTTP connections are open."""
        return len(self._front_by_connection)

    def take(self, front: Front, wire: asyncio.Transport, request: PlainRequest) -> str:
        """Take over a connection with its first request; returns why not, or empty."""
        is_spare = front.is_refused
        if not is_spare and self.connection_count >= self._limits.max_http_connections:
            self._close_an_idle_one()
            is_spare = self.connection_count >= self._limits.max_http_connections
        if is_spare:
            most = self._limits.max_http_connections + _SPARE_CONNECTIONS
            path = request.head.path
            is_served = path == HEALTH_PATH or self._longpolls.knows(path)
            if not is_served or self.connection_count >= most:
                return f"too many HTTP connections (at most {self._limits.max_http_connections})"
        connection = HttpConnection(
            self, self._website, self._limits, facts=request.facts, is_single=is_spare
        )
        self._front_by_connection[connection] = front
        connection.take_over(wire, request.head, request.leftover)
        return ""

    def abort(self) -> None:
        """Cut all connections and read no more files."""
        for connection in list(self._front_by_connection):
            connection.abort()
        self._website.close()

    def on_refusal(self, connection: HttpConnection, text: str) -> None:
        """Hear that a request was refused, and why."""
        self._owner.on_web_refusal(connection.peer, f"HTTP request refused: {text}")

    def on_http_closed(self, connection: HttpConnection) -> None:
        """Hear that a connection is gone."""
        self._front_by_connection.pop(connection, None)
        self._owner.on_web_closed()

    def _open_longpoll(self, transport: LongPollTransport, exchange: Exchange) -> str:
        connection = exchange.sink
        assert isinstance(connection, HttpConnection), "requests come over these"
        return self._owner.open_longpoll(self._front_by_connection[connection], transport)

    def _close_an_idle_one(self) -> None:
        """Make room: browsers keep connections open that they may never use again."""
        for connection in self._front_by_connection:
            if connection.is_idle:
                connection.abort()
                del self._front_by_connection[connection]
                return
