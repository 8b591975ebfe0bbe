"""Several routers in one process, each a node that others may join."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.uplink.rig import router_of
from wampedge.client import Connection, Session
from wampedge.server import Server
from wampedge.uplink import Uplink
from wampedge.uplink.forwarding import Forwarder
from wampedge.uplink.names import NameMap
from wampedge.uplink.relaying import Relay

__all__ = ["Station", "heard", "stations"]


class Station:
    """A node with a router that others may join, and a link to the one above it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.url = f"unix:{folder}/{name}.sock"
        self.router = router_of("edge")
        self.server = Server(self.router, [self.url])
        self.stack = AsyncExitStack()

    async def start(self) -> None:
        await self.server.start()
        self.stack.push_async_callback(self.server.stop)

    async def join(
        self, url: str, *, up: Sequence[str], down: Sequence[str], **more: Any
    ) -> Uplink:
        """Link up with the router at *url*."""
        local = await Session.over(self.server.attach_local("uplink"), "edge")
        connection = Connection(url, "edge", random=lambda: 0.5)
        names = NameMap(more.get("names", ()))
        relay = Relay(self.name, more.get("max_hops", 4))
        uplink = Uplink(connection, local, names=names, relay=relay)
        uplink.linked = self.router.linked("edge")
        forwarder = Forwarder(
            uplink, up=up, down=down, is_own=lambda _: False, prefix=f"{self.name}."
        )
        await forwarder.start()
        uplink.start()
        await connection.wait_joined()
        self.stack.push_async_callback(local.leave)
        self.stack.push_async_callback(uplink.stop)
        self.stack.push_async_callback(forwarder.stop)
        return uplink

    async def client(self) -> Session:
        """Join as somebody of this site."""
        session = await Session.over(self.server.attach_local(f"at-{self.name}"), "edge")
        self.stack.push_async_callback(session.leave)
        return session


@asynccontextmanager
async def stations(folder: Path, *names: str) -> AsyncIterator[list[Station]]:
    """Run a router for each name, none linked to another."""
    found = [Station(folder, name) for name in names]
    for station in found:
        await station.start()
    try:
        yield found
    finally:
        for station in found:
            await station.stack.aclose()


async def heard(session: Session, topic: str, **options: Any) -> list[Any]:
    """Return a list that gets what is published, by topic and value."""
    events: list[Any] = []
    await session.subscribe(
        topic,
        lambda value, details: events.append((details.topic, value)),
        options=options,
        wants_details=True,
    )
    return events
