"""Meta events: what the router publishes when sessions, subscriptions and registrations change.

Specification, "Session Meta API", "Registration Meta API", "Subscription Meta API". Most realms
have nobody who listens, so nothing is built before a subscriber is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wampedge.router.meta_facts import registration_facts, session_facts, subscription_facts
from wampedge.router.sends import NOTHING, Sends
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.broker import Broker, Subscription
    from wampedge.router.registration import Registration
    from wampedge.router.session import RouterSession

__all__ = ["ON_END", "MetaEvents"]

ON_END = "wampedge.session.on_end"
"""As ``wamp.session.on_leave``, and how. The keyword would be too much for those who take the three
arguments of the specification and no more."""


class MetaEvents:
    """A ``RealmObserver`` that publishes what it hears; owned by the realm.

    The session that a change comes from is not told of it: it has its answer, and the event could
    come before that. Nor does one event cause another: only what clients do is told.

    Args:
        broker: publishes.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._is_quiet = False

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Publish nothing about sessions meanwhile."""
        self._is_quiet = True
        try:
            yield
        finally:
            self._is_quiet = False

    def on_join(self, session: RouterSession) -> Sends:
        """Tell who joined, and how."""
        return self._tell("wamp.session.on_join", None, lambda: (session_facts(session),))

    def on_leave(self, session: RouterSession) -> Sends:
        """Tell who left, or was lost."""
        if self._is_quiet:
            return NOTHING
        who = (session.id, session.authid, session.authrole)
        sends = self._tell("wamp.session.on_leave", None, lambda: who)
        if not self._broker.has_subscribers(ON_END):
            return sends
        how = Payload(who, {"reason": session.ending})
        return [*sends, *self._broker.publish_own(ON_END, how)]

    def on_subscribe(
        self, session: RouterSession, subscription: Subscription, *, is_new: bool
    ) -> Sends:
        """Tell who subscribed; first of the subscription itself, if it is new."""
        sends: Sends = NOTHING
        if is_new:
            sends = self._tell(
                "wamp.subscription.on_create",
                session,
                lambda: (session.id, subscription_facts(subscription)),
            )
        ids = (session.id, subscription.id)
        return [*sends, *self._tell("wamp.subscription.on_subscribe", session, lambda: ids)]

    def on_unsubscribe(
        self, session: RouterSession, subscription: Subscription, *, is_gone: bool
    ) -> Sends:
        """Tell who unsubscribed; then of the end of the subscription, if it was the last."""
        ids = (session.id, subscription.id)
        sends = self._tell("wamp.subscription.on_unsubscribe", session, lambda: ids)
        if not is_gone:
            return sends
        return [*sends, *self._tell("wamp.subscription.on_delete", session, lambda: ids)]

    def on_register(
        self, session: RouterSession, registration: Registration, *, is_new: bool
    ) -> Sends:
        """Tell who registered; first of the registration itself, if it is new."""
        sends: Sends = NOTHING
        if is_new:
            sends = self._tell(
                "wamp.registration.on_create",
                session,
                lambda: (session.id, registration_facts(registration)),
            )
        ids = (session.id, registration.id)
        return [*sends, *self._tell("wamp.registration.on_register", session, lambda: ids)]

    def on_unregister(
        self, session: RouterSession, registration: Registration, *, is_gone: bool
    ) -> Sends:
        """Tell who unregistered; then of the end of the registration, if it was the last."""
        ids = (session.id, registration.id)
        sends = self._tell("wamp.registration.on_unregister", session, lambda: ids)
        if not is_gone:
            return sends
        return [*sends, *self._tell("wamp.registration.on_delete", session, lambda: ids)]

    def _tell(
        self, topic: str, cause: RouterSession | None, args: Callable[[], Sequence[Any]]
    ) -> Sends:
        """Publish *args* to all subscribers but *cause*, if there are any."""
        if not self._broker.has_subscribers(topic):
            return NOTHING
        return self._broker.publish_own(topic, Payload(args()), exclude=cause)
