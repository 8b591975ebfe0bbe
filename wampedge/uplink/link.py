"""The node's presence at its upstream router, as a plain client session there.

::

    upstream router ◀── INVOCATION, EVENT ──▶ Connection ── Uplink ── Session ◀──▶ local router

- A call of an offered procedure becomes a call to the **local** router, so that its rules and
  limits apply once, to everybody. Arguments, results, progressive results and errors pass as they
  are, undecoded where both sides use the same serializer.
- An event of a shared topic is published upstream as it is; what becomes of it while the link is
  down is for ``wampedge.uplink.sending``.
- A name that the ghost of our last session still holds is taken over with ``force_reregister``
  where the router allows it, and asked for every second until it is free where it does not.

Coming back quickly: a router that was killed refuses connects for as long as it takes to start
(Crossbar about 20 s), and plain exponential backoff with full jitter would then let up to 30 s
pass after it is back. A refused connect on a LAN costs some 0.1 ms on either side, so for the first
minute of refusals the delay stays below 0.7 s: the node is back within a second of the upstream's
``listen``. After that minute, and after every failure that costs more than a refused connect, the
delays grow with full jitter up to 30 s (``wampedge.client.backoff``).

Nothing here waits for the upstream: an event is handed to the transport or dropped, and a slow
upstream overruns its bounded queue, which closes that connection and no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from wampedge.client import (
    CallInput,
    CallResult,
    Connection,
    ConnectionState,
    ConnectionStatus,
    EventDetails,
    RegistrationWish,
    Session,
    Subscription,
)
from wampedge.records import Record
from wampedge.router.linked import Linked
from wampedge.uplink.names import SAME_NAMES, NameMap, Pattern, intersection
from wampedge.uplink.relaying import Relay
from wampedge.uplink.safety import Safety
from wampedge.uplink.sending import Sending
from wampedge.uplink.sending_box import WaitingEvent
from wampedge.wamp.hops import MAX_HOPS
from wampedge.wamp.marking import INGEST_FEATURE
from wampedge.wamp.payload import Payload

__all__ = ["Uplink", "UplinkStatus"]

_NONE: Mapping[str, Any] = {}


class UplinkStatus(Record, kw_only=True):
    """What the node can tell about its link.

    Args:
        state: ``connecting``, ``joined``, ``waiting`` or ``stopped``.
        session_id: our session at the upstream router, 0 when there is none.
        joined_at: wall-clock time of the present join as Unix seconds, None when not joined.
        joins: how often the link came up.
        failures: attempts that failed since it was up last.
        last_error: why it is not up, or why it went down last; empty at first.
        is_rejected: the upstream router does not want us; somebody has to change something.
        procedures: how many procedures are offered.
        procedures_registered: how many of them the upstream router has granted.
        published: events published upstream.
        dropped: events that came while the link was down.
        refused: events that could not be encoded or were too long.
        calls: calls taken from upstream.
    """

    state: str
    session_id: int
    joined_at: float | None
    joins: int
    failures: int
    last_error: str
    is_rejected: bool
    procedures: int
    procedures_registered: int
    published: int
    dropped: int
    refused: int
    calls: int


class Uplink:
    """Mirrors procedures and topics of the local router at another router.

    Owns *connection*, which it starts and stops; uses *local*, which its owner keeps open longer.
    Belongs to one event loop.

    Args:
        connection: to the upstream router, not started.
        local: a session at the local router, for calls and subscriptions.
        procedures: what to offer: upstream URI -> local URI.
        wall_clock: gives Unix seconds.
        sending: where events go; without it they are dropped while the link is down.
        names: what is called otherwise upstream.
        relay: what happens to calls that pass; one of no node unless given.

    Attributes:
        sending: where every event goes.
        names: what is called otherwise upstream.
        relay: what happens to calls and events of others that pass.
    """

    def __init__(
        self,
        connection: Connection,
        local: Session,
        procedures: Mapping[str, str] | None = None,
        *,
        wall_clock: Callable[[], float] = time.time,
        sending: Sending | None = None,
        names: NameMap = SAME_NAMES,
        relay: Relay | None = None,
    ) -> None:
        self._connection = connection
        self._local = local
        self._wall_clock = wall_clock
        self.names, self.relay = names, relay or Relay("", MAX_HOPS)
        self._wish_by_pattern: dict[Pattern, RegistrationWish] = {}
        self._subscription_by_topic: dict[str, Subscription] = {}
        self._knows_ways = False
        self._joined_at: float | None = None
        self._calls = 0
        self.sending = sending or Sending(connection)
        self.safety: Safety | None = None
        """Where publishers wait until their events are stored; set by the owner."""
        self.linked: Linked | None = None
        """Where the local router tells what is retained, and asked for; set by the owner."""
        connection.on_status(self._on_status)
        for upstream, procedure in (procedures or {}).items():
            self.offer(procedure, upstream=upstream)

    @property
    def connection(self) -> Connection:
        """The connection to the upstream router."""
        return self._connection

    @property
    def local(self) -> Session:
        """The session at the local router."""
        return self._local

    @property
    def status(self) -> UplinkStatus:
        """How the link does."""
        status = self._connection.status
        wishes = self._wish_by_pattern.values()
        return UplinkStatus(
            state=status.state.value,
            session_id=status.session_id,
            joined_at=self._joined_at,
            joins=status.joins,
            failures=status.failures,
            last_error=str(status.error or ""),
            is_rejected=status.is_rejected,
            procedures=len(wishes),
            procedures_registered=sum(wish.is_established for wish in wishes),
            published=self.sending.published,
            dropped=self.sending.dropped,
            refused=self.sending.refused,
            calls=self._calls,
        )

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._connection.start()

    async def stop(self) -> None:
        """Listen to local topics no more and leave the upstream router; takes a few seconds."""
        for topic in list(self._subscription_by_topic):
            await self.unshare(topic)
        await self._connection.stop()

    def offer(
        self,
        procedure: str,
        *,
        match: str = "exact",
        invoke: str = "single",
        upstream: str | None = None,
    ) -> None:
        """Offer a local procedure upstream, now and after each join.

        Args:
            procedure: URI to call here, or pattern; offering it again changes nothing.
            match: how it matches.
            invoke: how those who offer it share its calls, here and upstream.
            upstream: URI to register there; None for what ``names`` say.
        """
        pattern = Pattern(match, procedure)
        if pattern in self._wish_by_pattern:
            return
        there = self.names.to_upstream(procedure) if upstream is None else upstream

        async def forward(call_input: CallInput) -> CallResult:
            target = procedure
            if match != "exact":
                target = self.names.to_local(call_input.details.procedure)
            return await self._forward(target, call_input)

        options = pattern.options
        if invoke != "single":
            options["invoke"] = invoke
        self._wish_by_pattern[pattern] = self._connection.register(
            there, forward, options=options, takes_input=True, is_forced=invoke == "single"
        )

    def offers(self, procedure: str) -> bool:
        """Tell whether a call upstream of *procedure*, as it is called here, may come to us."""
        if Pattern("exact", procedure) in self._wish_by_pattern:
            return True
        asked = Pattern("exact", procedure)
        return any(
            pattern.match != "exact" and intersection(pattern, asked)
            for pattern in self._wish_by_pattern
        )

    @property
    def knows_ways(self) -> bool:
        """Whether the upstream router, as far as we know it, passes the way of things on."""
        return self._knows_ways

    async def withdraw(self, procedure: str, *, match: str = "exact") -> None:
        """Offer *procedure* no more; does nothing when it is not offered."""
        wish = self._wish_by_pattern.pop(Pattern(match, procedure), None)
        if wish is not None:
            await self._connection.remove(wish)

    async def share(
        self, topic: str, upstream: str | None = None, *, is_state: bool = False
    ) -> None:
        """Publish upstream what is published here to *topic*.

        Args:
            topic: local topic; sharing it again changes nothing.
            upstream: topic there, the same one when None.
            is_state: its latest value is published again after each join.

        Raises:
            ApplicationError, SessionError, CallTimeoutError: the local router refuses.
        """
        if topic in self._subscription_by_topic:
            return

        def on_event(payload: Payload, details: EventDetails) -> None:
            self.publish(upstream or details.topic, payload, is_state=is_state)

        self._subscription_by_topic[topic] = await self._local.subscribe(
            topic, on_event, takes_payload=True
        )

    async def unshare(self, topic: str) -> None:
        """Publish *topic* upstream no more; does nothing when it is not shared."""
        subscription = self._subscription_by_topic.pop(topic, None)
        if subscription is not None:
            await subscription.unsubscribe()

    def publish(
        self,
        topic: str,
        payload: Payload,
        *,
        options: Mapping[str, Any] = _NONE,
        is_state: bool = False,
        is_own: bool = True,
        time: float | None = None,
    ) -> WaitingEvent | None:
        """Publish one event upstream, now or later; never waits and never raises.

        Args:
            topic: topic here; ``names`` say what it is called there.
            payload: arguments of the event.
            options: of its PUBLISH.
            is_state: keep the value and publish it again after each join.
            is_own: the node itself publishes it.
            time: when it was published, Unix seconds; None for now.

        Returns:
            The event, where it waits until the router has acknowledged it.
        """
        return self.sending.publish(
            self.names.to_upstream(topic),
            payload,
            local_topic=topic,
            options=options,
            is_state=is_state,
            is_own=is_own,
            time=time,
        )

    def forget(self, topic: str) -> None:
        """Drop the kept value of a state topic, such as when its device is gone."""
        self.sending.forget(self.names.to_upstream(topic))

    async def _forward(self, procedure: str, call_input: CallInput) -> CallResult:
        """Call *procedure* here for a caller there."""
        self._calls += 1
        return await self.relay.call(self._local, procedure, call_input, knows_ways=True)

    def _on_status(self, status: ConnectionStatus) -> None:
        if status.state is not ConnectionState.JOINED:
            self._joined_at = None
            return
        self._joined_at = self._wall_clock()
        self._knows_ways = self._connection.session.router_supports("broker", INGEST_FEATURE)
