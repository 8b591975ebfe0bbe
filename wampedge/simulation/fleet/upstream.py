"""The router that a fleet joins: one in the process that can die, or a real one out there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Protocol

from wampedge.client import Session
from wampedge.config.model import UpstreamConfig
from wampedge.errors import ConnectError
from wampedge.router import RealmSettings, Router
from wampedge.runtime.logins import identity_of
from wampedge.runtime.upstream import dial
from wampedge.server import Server
from wampedge.transports.base import Transport

__all__ = ["FleetRouter", "RealRouter", "RouterUpstream"]

_FIRST_ID = 2**52
_ROLE = "anonymous"


class RouterUpstream(Protocol):
    """What a fleet needs of the router upstream."""

    async def open(self) -> Transport:
        """Open a connection to it; raises ConnectError."""
        ...

    async def session(self) -> Session:
        """Join it as somebody else than a node; raises WampedgeError."""
        ...


class FleetRouter:
    """A router in the process, without listeners: it lets everybody in, and can die.

    Args:
        realm: its realm.
    """

    def __init__(self, realm: str) -> None:
        self._realm = realm
        self._ids = itertools.count(_FIRST_ID)
        self.first_guest: Callable[[], Awaitable[None]] | None = None
        """Joins before any node does, each time the router has started."""
        self._server: Server | None = None
        self._is_open = False
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def is_up(self) -> bool:
        """Whether it takes connections of nodes."""
        return self._is_open

    async def start(self) -> None:
        """Take connections; knows nothing of what was before."""
        router = Router(
            [RealmSettings(self._realm)],
            random_id=self._ids.__next__,
            monotonic_s=asyncio.get_running_loop().time,
        )
        self._server = Server(router)
        if self.first_guest is not None:
            await self.first_guest()
        self._is_open = True

    def die(self) -> None:
        """Be gone without goodbye; whose connections end is the matter of their links."""
        server, self._server, self._is_open = self._server, None, False
        if server is not None:
            farewell = asyncio.get_running_loop().create_task(server.stop())
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)

    async def open(self) -> Transport:
        """Open a connection of a node to it; raises ConnectError."""
        if not self._is_open:
            raise _refused()
        return self._attached()

    async def session(self) -> Session:
        """Join it; raises WampedgeError."""
        return await Session.over(self._attached(), self._realm)

    def _attached(self) -> Transport:
        if self._server is None:
            raise _refused()
        return self._server.attach_local("fleet", _ROLE)

    async def stop(self) -> None:
        """Be gone for good."""
        self.die()
        if self._farewells:
            await asyncio.wait(self._farewells)


def _refused() -> ConnectError:
    text = "connection refused (is the router running?)"
    error = ConnectError(text)
    error.__cause__ = ConnectionRefusedError(text)  # by it the uplink knows that nobody listens
    return error


class RealRouter:
    """A router outside of the process; nothing can be done to it.

    Args:
        config: where it is and how to join it.
    """

    def __init__(self, config: UpstreamConfig) -> None:
        self._config = config

    async def open(self) -> Transport:
        """Open a connection to it; raises ConnectError."""
        return await dial(self._config)

    async def session(self) -> Session:
        """Join it; raises WampedgeError."""
        config = self._config
        return await Session.over(await self.open(), config.realm, identity_of(config.auth))
