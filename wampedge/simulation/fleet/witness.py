"""Somebody at the router upstream who hears all nodes of a fleet, and who orders outputs about."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Iterable, Mapping, Sequence

from wampedge.client import EventDetails, Session
from wampedge.errors import WampedgeError
from wampedge.simulation.fleet.node import FleetNode
from wampedge.simulation.fleet.upstream import RouterUpstream
from wampedge.uplink.presence import LOST
from wampedge.wamp.payload import Payload

__all__ = ["Operator", "Witness"]

_AGAIN_S = 1.0
_CALL_LIMIT_S = 30.0
"""How often to try to come back to a router that has gone."""


class Witness:
    """Listens at the router, from ``start`` to ``close``, and comes back when it was gone.

    Args:
        upstream: the router.
        nodes: whom to hear.
        is_invited: whether the router lets it ``join`` first when it has started again; else it
            comes back by itself.
    """

    def __init__(
        self, upstream: RouterUpstream, nodes: Iterable[FleetNode], *, is_invited: bool
    ) -> None:
        self.events = 0
        """How many have come."""
        self.digest = 0
        """A checksum of all of them and their times."""
        self.session: Session | None = None
        """At the router; None while it is away."""
        self._upstream, self._is_invited = upstream, is_invited
        self._joined = asyncio.Event()
        self._nodes = tuple(nodes)
        self._node_by_prefix: Mapping[str, FleetNode] = {n.prefix: n for n in self._nodes}
        self._depth = self._nodes[0].prefix.count(".") + 1
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join and listen, unless it was let in already; raises WampedgeError."""
        if self.session is None:
            await self.join()
        self._task = asyncio.get_running_loop().create_task(self._stay())

    async def close(self) -> None:
        """Leave."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        if self.session is not None:
            await self.session.leave()

    async def join(self) -> None:
        """Join and listen on a new session; raises WampedgeError."""
        session = await self._upstream.session()
        for topic in self._topics():
            await session.subscribe(
                topic, self._hear, options={"match": "prefix"}, takes_payload=True
            )
        self.session = session
        self._joined.set()
        self._tell_nodes(is_blind=False)

    async def _stay(self) -> None:
        """Notice when the router has gone; come back unless somebody else brings us back."""
        while True:
            while (session := self.session) is None:
                await self._come_back()
            await session.wait_closed()
            if self.session is session:
                self.session = None
                self._joined.clear()
                self._tell_nodes(is_blind=True)

    async def _come_back(self) -> None:
        if self._is_invited:
            await self._joined.wait()
            return
        try:
            await self.join()
        except WampedgeError:
            await asyncio.sleep(_AGAIN_S)

    def _tell_nodes(self, *, is_blind: bool) -> None:
        for node in self._nodes:
            if is_blind:
                node.book.events.witness_lost()
            node.book.events.is_blind = is_blind

    def _topics(self) -> list[str]:
        """Return one prefix of all nodes where there is one, else that of each."""
        places = {node.prefix.rpartition(".")[0] for node in self._nodes}
        is_common = len(places) == 1 and "" not in places
        return [f"{place}." for place in places] if is_common else self._prefixes()

    def _prefixes(self) -> list[str]:
        return [f"{prefix}." for prefix in self._node_by_prefix]

    def _hear(self, payload: Payload, details: EventDetails) -> None:
        topic = details.topic
        node = self._node_by_prefix.get(".".join(topic.split(".", self._depth)[: self._depth]))
        if node is None or (topic == f"{node.prefix}.status" and payload.value == LOST):
            return  # a testament is what the router says
        self.events += 1
        now_s = asyncio.get_running_loop().time()
        text = f"{now_s:.6f} {topic} {payload.args!r}"
        self.digest = zlib.crc32(text.encode(), self.digest)
        node.book.events.came(topic, payload)


class Operator:
    """Switches an output of some node on or off, again and again; started and closed by the fleet.

    Args:
        witness: whose session is used.
        nodes: whose outputs.
        every_s: how often each node gets an order, in the mean, in seconds.
        seed: another one, other orders.
    """

    def __init__(
        self, witness: Witness, nodes: Sequence[FleetNode], *, every_s: float, seed: int
    ) -> None:
        self.orders = 0
        self.refused = 0
        """Orders that came to nothing: a policy forbids it, or the node is away."""
        self._witness = witness
        self._outputs = [
            f"{node.prefix}.{name}"
            for node in nodes
            for name, device in node.config.devices.items()
            if {"on", "off"} <= set(device.commands) and device.is_enabled
        ]
        self._pause_s = every_s / len(nodes)
        self._draws = random.Random(f"{seed}/orders")  # noqa: S311 # no secret
        self._calls: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; does nothing where there is no output."""
        if self._outputs:
            self._task = asyncio.get_running_loop().create_task(self._order_about())

    async def close(self) -> None:
        """Give no more orders."""
        tasks = [*self._calls, *([self._task] if self._task is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _order_about(self) -> None:
        draws = self._draws
        while True:
            await asyncio.sleep(draws.expovariate(1.0) * self._pause_s)
            uri = f"{draws.choice(self._outputs)}.{draws.choice(('on', 'off'))}"
            call = asyncio.get_running_loop().create_task(self._call(uri))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self, uri: str) -> None:
        self.orders += 1
        session = self._witness.session
        try:
            if session is not None:
                await session.call(uri, timeout_s=_CALL_LIMIT_S)
                return
        except WampedgeError:
            pass  # counted: an order may be refused, or come to nobody
        self.refused += 1
