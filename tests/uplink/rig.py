"""A node's local router, an upstream router on a Unix socket, and the uplink between them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.scripted_upstream import half
from wampedge.client import Connection, Session
from wampedge.router.router import Router
from wampedge.router.settings import RealmSettings
from wampedge.server import Server
from wampedge.uplink import Uplink

__all__ = ["Node", "UpstreamRouter", "node_with", "router_of"]


def router_of(realm: str) -> Router:
    """Make a router with one realm."""
    ids = itertools.count(2**53 - 1000)
    return Router(
        [RealmSettings(realm)],
        random_id=lambda: next(ids),
        monotonic_s=asyncio.get_running_loop().time,
    )


class UpstreamRouter:
    """An upstream router that can be started and stopped again on the same socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "upstream.sock"
        self.url = f"unix:{self.path}"
        self._server: Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = Server(router_of("farm"), [self.url])
        await self._server.start()

    async def stop(self) -> None:
        """Be gone; does nothing when it is."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def client(self) -> Session:
        """Join as somebody else."""
        return await Session.connect(self.url, "farm")


@dataclass
class Node:
    """A local router with one session for the devices and one for the uplink."""

    server: Server
    devices: Session
    uplink: Uplink


@asynccontextmanager
async def node_with(url: str, procedures: dict[str, str] | None = None) -> AsyncIterator[Node]:
    """Run a node whose uplink is not started yet."""
    router = router_of("edge")
    server = Server(router)
    async with (
        await Session.over(server.attach_local("devices"), "edge") as devices,
        await Session.over(server.attach_local("uplink"), "edge") as local,
    ):
        connection = Connection(url, "farm", random=half)
        uplink = Uplink(connection, local, procedures, wall_clock=lambda: 1_000_000.0)
        uplink.linked = router.linked("edge")
        try:
            yield Node(server, devices, uplink)
        finally:
            await uplink.stop()
    await server.stop()
