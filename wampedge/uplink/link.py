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

from wampedge.client import (
    CallDetails,
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
from wampedge.uplink.sending import Sending
from wampedge.wamp.payload import Payload

__all__ = ["Uplink", "UplinkStatus"]


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

    Attributes:
        sending: where every event goes.
    """

    def __init__(
        self,
        connection: Connection,
        local: Session,
        procedures: Mapping[str, str] | None = None,
        *,
        wall_clock: Callable[[], float] = time.time,
        sending: Sending | None = None,
    ) -> None:
        self._connection = connection
        self._local = local
        self._wall_clock = wall_clock
        self._wish_by_procedure: dict[str, RegistrationWish] = {}
        self._subscription_by_topic: dict[str, Subscription] = {}
        self._joined_at: float | None = None
        self._calls = 0
        self.sending = sending or Sending(connection)
        connection.on_status(self._on_status)
        for upstream, procedure in (procedures or {}).items():
            self.offer(upstream, procedure)

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
        wishes = self._wish_by_procedure.values()
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

    def offer(self, upstream: str, procedure: str | None = None) -> None:
        """Offer a local procedure upstream, now and after each join.

        Args:
            upstream: URI to register there; offering it again changes nothing.
            procedure: URI to call here, the same one when None.
        """
        if upstream in self._wish_by_procedure:
            return
        target = upstream if procedure is None else procedure

        async def forward(payload: Payload, details: CallDetails) -> CallResult:
            return await self._forward(target, payload, details)

        self._wish_by_procedure[upstream] = self._connection.register(
            upstream, forward, takes_payload=True, is_forced=True
        )

    async def withdraw(self, upstream: str) -> None:
        """Offer *upstream* no more; does nothing when it is not offered."""
        wish = self._wish_by_procedure.pop(upstream, None)
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
        self, topic: str, payload: Payload, *, is_state: bool = False, is_own: bool = True
    ) -> None:
        """Publish one event upstream, now or later; never waits and never raises.

        Args:
            topic: topic there.
            payload: arguments of the event.
            is_state: keep the value and publish it again after each join.
            is_own: the node itself publishes it.
        """
        self.sending.publish(topic, payload, is_state=is_state, is_own=is_own)

    def forget(self, topic: str) -> None:
        """Drop the kept value of a state topic, such as when its device is gone."""
        self.sending.forget(topic)

    async def _forward(self, procedure: str, payload: Payload, details: CallDetails) -> CallResult:
        """Call *procedure* here for a caller there."""
        self._calls += 1
        if not details.wants_progress:
            return await self._local.call_payload(procedure, payload)
        return await self._local.call_payload(
            procedure, payload, on_progress=lambda part: details.send_progress(part.payload)
        )

    def _on_status(self, status: ConnectionStatus) -> None:
        if status.state is not ConnectionState.JOINED:
            self._joined_at = None
            return
        self._joined_at = self._wall_clock()
