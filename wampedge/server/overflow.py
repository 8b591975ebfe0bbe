"""What one peer that reads too slowly loses, who decides on it and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from wampedge.records import Record
from wampedge.router.realm import Realm
from wampedge.router.session import RouterSession
from wampedge.server.counters import ServerCounters
from wampedge.transports.outgoing import Outgoing
from wampedge.wamp.messages import Event
from wampedge.wamp.overflow import DISCONNECT
from wampedge.wamp.payload import Payload

__all__ = ["ON_OVERFLOW", "OverflowWatch", "QueueFacts"]

ON_OVERFLOW = "wampedge.session.on_overflow"
"""Topic of the events about slow sessions."""

_PERIOD_S = 1.0

_BEHIND, _CAUGHT_UP, _CLOSED = "behind", "caught_up", "closed"

PublishOwn = Callable[[Realm, str, Payload], None]


class QueueFacts(Record):
    """What waits for one session, and what it has lost since it joined.

    Attributes:
        session: its id.
        policy: what its events do when it is too slow; a subscription may say otherwise.
        waiting_messages: whole messages that wait; those the system holds do not count.
        waiting_bytes: what the system holds and what waits; 200 bytes more for each message.
        dropped: events it did not get because too much was waiting.
        conflated: events it did not get because a newer one of their topic took their place.
    """

    session: int
    policy: str
    waiting_messages: int
    waiting_bytes: int
    dropped: int
    conflated: int


class OverflowWatch:
    """Says what happens to each event its peer is too slow for, counts, and tells the realm.

    The first loss is told at once, those of the next second together, and so on; so is that the
    peer has caught up. Made and stopped by its peer.

    Args:
        session: of the peer.
        outgoing: what its transport has to write.
        counters: the totals of the server.
        publish: publishes for the router itself in a realm.
    """

    __slots__ = ("_backlog", "_counters", "_last_policy", "_outgoing", "_policy", "_publish",
                 "_session", "_state", "_timer", "_told")  # fmt: skip

    def __init__(
        self,
        session: RouterSession,
        outgoing: Outgoing,
        *,
        counters: ServerCounters,
        publish: PublishOwn,
    ) -> None:
        self._session = session
        self._outgoing = outgoing
        self._backlog = outgoing.backlog
        self._counters = counters
        self._publish = publish
        self._policy = DISCONNECT
        self._last_policy = DISCONNECT
        self._state = _CAUGHT_UP
        self._told: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Decide from now on: the session has joined."""
        assert self._session.realm is not None, "the session has joined"
        self._policy = self._session.realm.overflow.policy_of(self._session.authrole)
        self._backlog.policy_of = self._policy_of
        self._backlog.on_loss = self._on_loss

    def stop(self) -> None:
        """Tell no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def facts(self) -> QueueFacts:
        """What waits now and what was lost so far."""
        backlog = self._backlog
        return QueueFacts(
            session=self._session.id,
            policy=self._policy,
            waiting_messages=len(backlog),
            waiting_bytes=self._outgoing.progress[1] + backlog.size_bytes,
            dropped=backlog.dropped,
            conflated=backlog.conflated,
        )

    def on_caught_up(self) -> None:
        """Hear that nothing waits any more."""
        if self._state == _BEHIND:
            self._state = _CAUGHT_UP
            self._tell_soon()

    def on_cut(self) -> None:
        """Hear that the connection is cut because what must be kept was too much."""
        self._last_policy = DISCONNECT
        self._state = _CLOSED
        self._tell()
        self.stop()

    def _policy_of(self, event: Event) -> str:
        session = self._session
        subscription = session.subscriptions.get(event.subscription_id)
        chosen = subscription.sessions.get(session) if subscription is not None else None
        return chosen or self._policy

    def _on_loss(self, policy: str, is_replaced: bool) -> None:
        if is_replaced:
            self._counters.events_conflated += 1
        else:
            self._counters.events_overflowed += 1
        self._last_policy = policy
        self._state = _BEHIND
        self._tell_soon()

    def _tell_soon(self) -> None:
        """Tell once this turn is over, or when the second is."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(0, self._tell)

    def _tell(self) -> None:
        self._timer = None
        session, backlog = self._session, self._backlog
        facts = {
            "session": session.id,
            "authid": session.authid,
            "authrole": session.authrole,
            "policy": self._last_policy,
            "state": self._state,
            "dropped": backlog.dropped,
            "conflated": backlog.conflated,
        }
        if session.realm is None or facts == self._told:
            return
        self._told = facts
        self._publish(session.realm, ON_OVERFLOW, Payload([facts]))
        self._timer = asyncio.get_running_loop().call_later(_PERIOD_S, self._tell)
