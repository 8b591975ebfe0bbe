"""A sending side, and a router that does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.scripted_router import ScriptedRouter
from tests.support.scripted_upstream import ScriptedUpstream, half
from tests.uplink.sending_rig import LoopClock, RecordedBox
from wampedge.client import Connection
from wampedge.config.buffering_model import BufferConfig
from wampedge.uplink.sending import Sending
from wampedge.wamp.messages import Error, Publish, Published
from wampedge.wamp.payload import Payload

__all__ = ["INGEST_ROLES", "Scripted", "are_historical", "scripted", "seqs"]

INGEST_ROLES = {"broker": {"features": {"x_wampedge_ingest": True}}, "dealer": {}}


class Scripted:
    """A sending side, and a router that does what a test says."""

    def __init__(
        self, roles: dict[str, Any] | None = None, buffer: BufferConfig | None = None
    ) -> None:
        self.upstream = ScriptedUpstream()
        self.opened = asyncio.Event()
        self._roles = roles
        self.upstream.set_up = self._set_up
        self.connection = Connection(self.upstream.open, "farm", random=half)
        self.box = RecordedBox(LoopClock())
        self.sending = Sending(self.connection, buffer, self.box, node="gh1", clock=self.box.clock)

    @property
    def router(self) -> ScriptedRouter:
        """The router of the present session."""
        return self.upstream.router

    def publish(self, *values: Any) -> None:
        """Publish one event for each value."""
        for value in values:
            self.sending.publish("edge.gh1.air", Payload((value,)))

    def _set_up(self, router: ScriptedRouter) -> None:
        if self._roles is not None:
            router.answers.update(ScriptedRouter(self._roles).answers)
        self.opened.set()

    async def cut(self) -> None:
        """Cut the connection, and wait for the next one."""
        self.opened.clear()
        self.router.cut()
        await self.opened.wait()

    async def received(self, count: int) -> list[Publish]:
        """Wait for so many publications."""
        return [await self.router.receive(Publish) for _ in range(count)]

    def take(self, *publishes: Publish) -> None:
        """Acknowledge publications."""
        self.router.send(*(Published(each.request_id, 1) for each in publishes))

    def refuse(self, publish: Publish, uri: str) -> None:
        """Refuse one."""
        self.router.send(Error(Publish.TYPE, publish.request_id, {}, uri))


@asynccontextmanager
async def scripted(
    roles: dict[str, Any] | None = None, buffer: BufferConfig | None = None
) -> AsyncIterator[Scripted]:
    """Join such a router."""
    node = Scripted(roles, buffer)
    node.connection.start()
    await node.connection.wait_joined()
    try:
        yield node
    finally:
        await node.connection.stop()


def seqs(publishes: list[Publish]) -> list[int]:
    """Return their numbers."""
    return [each.options["x_wampedge"]["seq"] for each in publishes]


def are_historical(publishes: list[Publish]) -> list[bool]:
    """Return which of them are marked as old."""
    return [each.options["x_wampedge"]["historical"] for each in publishes]
