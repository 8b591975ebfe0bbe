"""A hub in the process, a link to it that can be cut, and the sending side of a node."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Any

from tests.support.scripted_upstream import half
from wampedge.client import Connection, EventDetails, Session
from wampedge.config.buffering_model import BufferConfig, StorePolicy
from wampedge.records import Record
from wampedge.router.router import Router
from wampedge.router.settings import RealmSettings
from wampedge.server import Server
from wampedge.simulation.fleet.link import FleetLink
from wampedge.uplink.sending import Sending
from wampedge.uplink.sending_box import EventBox
from wampedge.wamp.messages import Message
from wampedge.wamp.payload import Payload

__all__ = ["EPOCH", "START_S", "Boxed", "Heard", "Hub", "LoopClock", "RecordedBox", "Site", "site"]

EPOCH = 77
START_S = 1_700_000_000.0


class LoopClock:
    """The clock of the event loop."""

    def time(self) -> float:
        """Return Unix seconds."""
        return START_S + asyncio.get_running_loop().time()

    def monotonic(self) -> float:
        """Return seconds."""
        return asyncio.get_running_loop().time()

    def spend(self, seconds: float) -> None:
        """Refuse: nothing blocks here."""
        raise NotImplementedError


class Boxed(Record):
    """An event in the box."""

    epoch: int
    lane: int
    seq: int
    time: float
    monotonic: float
    topic: str
    payload: Payload
    options: Mapping[str, Any]
    is_own: bool
    has_waited: bool


class RecordedBox:
    """Keeps events in memory, for as long as the process.

    Attributes:
        is_on_disk: the events are not in memory: they have to be fetched.
        given_up: numbers that the upstream router refused for good.
        acknowledged: how far each lane is.
    """

    def __init__(self, clock: LoopClock) -> None:
        self.is_on_disk = False
        self.epoch = EPOCH
        self.given_up: list[tuple[int, int]] = []
        self.acknowledged = {0: 0, 1: 0}
        self.events: dict[int, list[Boxed]] = {0: [], 1: []}
        self.takes = True
        self.clock = clock
        self._ids = {0: itertools.count(1), 1: itertools.count(1)}

    def append(
        self,
        topic: str,
        payload: Payload,
        policy: StorePolicy,
        *,
        options: Mapping[str, Any],
        time: float | None,
        is_own: bool,
        waited: bool,
    ) -> Boxed | None:
        """Keep an event."""
        if not self.takes:
            return None
        lane = 1 if policy.overtake and not waited else 0
        event = Boxed(
            epoch=self.epoch,
            lane=lane,
            seq=next(self._ids[lane]),
            time=self.clock.time() if time is None else time,
            monotonic=self.clock.monotonic(),
            topic=topic,
            payload=payload,
            options=options,
            is_own=is_own,
            has_waited=waited,
        )
        self.events[lane].append(event)
        return event

    def next(self, lane: int, after_seq: int, limit: int) -> Sequence[Boxed]:
        """Return the next events."""
        return [] if self.is_on_disk else self._after(lane, after_seq)[:limit]

    async def fetch(self, lane: int, after_seq: int, limit: int) -> Sequence[Boxed]:
        """Return the next events, a moment later."""
        await asyncio.sleep(0.01)
        return self._after(lane, after_seq)[:limit]

    def has_after(self, lane: int, seq: int) -> bool:
        """Tell whether there are any."""
        return bool(self._after(lane, seq))

    def acknowledge(self, lane: int, seq: int) -> None:
        """Drop what the upstream router has."""
        assert seq > self.acknowledged[lane], "each is acknowledged once"
        self.acknowledged[lane] = seq
        self.events[lane] = self._after(lane, seq)

    def give_up(self, lane: int, seq: int) -> None:
        """Note what it refuses."""
        self.given_up.append((lane, seq))

    def when_safe(self, entry: Any, within_s: float | None = None) -> asyncio.Future[bool] | None:
        """Tell that it is safe."""
        return None

    def _after(self, lane: int, seq: int) -> list[Boxed]:
        events = self.events[lane]
        if not events or seq < events[0].seq:
            return list(events)
        return events[seq + 1 - events[0].seq :]


class Heard(Record):
    """What a subscriber of the hub got."""

    topic: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    details: Mapping[str, Any]

    @property
    def value(self) -> Any:
        """The first argument."""
        return self.args[0]

    @property
    def is_historical(self) -> bool:
        """Whether it waited."""
        return self.details.get("x_historical") is True


class Hub:
    """A router that can lose its memory, with a subscriber of all topics."""

    def __init__(self, settings: RealmSettings | None = None) -> None:
        self.heard: list[Heard] = []
        self.server: Server
        self._settings = settings or RealmSettings("farm")

    async def start(self) -> None:
        """Begin with nothing in memory."""
        ids = itertools.count(1)
        router = Router(
            [self._settings],
            random_id=lambda: next(ids),
            monotonic_s=asyncio.get_running_loop().time,
        )
        self.server = Server(router)
        self._reader = await Session.over(self.server.attach_local("reader"), "farm")
        await self._reader.subscribe(
            "edge", self._hear, options={"match": "prefix"}, takes_payload=True
        )

    async def stop(self) -> None:
        """End all sessions."""
        await self._reader.leave()
        await self.server.stop()

    @property
    def values(self) -> list[Any]:
        """The first arguments of all that was heard, in order."""
        return [each.value for each in self.heard]

    def _hear(self, payload: Payload, details: EventDetails) -> None:
        self.heard.append(Heard(details.topic, payload.args, payload.kwargs, details.options))


class _Observer:
    """Writes down what the node sends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def said(self, message: Message) -> None:
        """Hear a message of the node."""
        self.messages.append(message)

    def heard(self, message: Message) -> None:
        """Hear a message for the node."""

    def broken(self) -> None:
        """Hear that the connection is gone."""


class Site:
    """The sending side of a node, its box and its link to a hub."""

    def __init__(self, hub: Hub, buffer: BufferConfig | None, *, role: str | None = "node") -> None:
        self.hub = hub
        self.observer = _Observer()
        self.clock = LoopClock()
        self.box = RecordedBox(self.clock)

        async def open_far() -> Any:
            return hub.server.attach_local("gh1", role)

        self.link = FleetLink(open_far, self.observer, context=copy_context(), random_draw=half)
        self.connection = Connection(self.link.dial, "farm", random=half)
        box: EventBox = self.box
        self.sending = Sending(self.connection, buffer, box, node="gh1", clock=self.clock)

    async def join(self) -> None:
        """Wait until the link is up."""
        self.connection.start()
        await self.connection.wait_joined()

    async def settle(self, within_s: float = 30.0) -> None:
        """Wait until the hub has everything."""
        assert await self.sending.flush(within_s), "the hub does not get everything"
        for _ in range(10):
            await asyncio.sleep(0)

    def publish(self, value: Any, topic: str = "edge.gh1.air", **details: Any) -> None:
        """Publish an event of the node itself."""
        self.sending.publish(topic, Payload((value,), details))


@asynccontextmanager
async def site(
    buffer: BufferConfig | None = None,
    settings: RealmSettings | None = None,
    *,
    role: str | None = "node",
) -> AsyncIterator[Site]:
    """Run a hub and a node whose link is not up yet."""
    hub = Hub(settings)
    await hub.start()
    node = Site(hub, buffer, role=role)
    try:
        yield node
    finally:
        await node.connection.stop()
        await hub.stop()
