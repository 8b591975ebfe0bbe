"""Taking from sessions what they may have no more.

Rights can change while a session lives: a dynamic authorizer changes its mind, or the rules are
replaced. What was subscribed or registered under the old ones ends then; the peer is told where it
understands that (specification, "Subscription Revocation" and "Registration Revocation").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from wampedge.router.names import NOT_AUTHORIZED
from wampedge.router.parking import Undecided
from wampedge.router.sends import NOTHING, Send, Sends

if TYPE_CHECKING:
    from wampedge.router.broker import Broker
    from wampedge.router.permissions import Action, Authorizer
    from wampedge.router.registrations import Registrations
    from wampedge.router.session import RouterSession

__all__ = ["Rights"]


class Rights:
    """Looks again at what the sessions of one realm hold; owned by the realm.

    Args:
        broker: takes subscriptions away.
        registrations: takes registrations away.
        may_subscribe: decides on subscriptions.
        may_register: decides on registrations.
    """

    def __init__(
        self,
        broker: Broker,
        registrations: Registrations,
        *,
        may_subscribe: Authorizer,
        may_register: Authorizer,
    ) -> None:
        self._broker = broker
        self._registrations = registrations
        self._may_subscribe = may_subscribe
        self._may_register = may_register

    def forget(self, sessions: Iterable[RouterSession]) -> None:
        """Forget what was decided about *sessions*: the rules are others, or may be."""
        for session in sessions:
            session.permissions = None
            session.verdicts.clear()

    def recheck(self, sessions: Iterable[RouterSession]) -> Sends:
        """Look at all that *sessions* hold; those the node itself owns may keep everything."""
        sends: list[Send] = []
        for session in list(sessions):
            if session.is_trusted:
                continue
            for subscription in list(session.subscriptions.values()):
                revoke = partial(self._broker.revoke, session, subscription, NOT_AUTHORIZED)
                uri, policy = subscription.topic, subscription.policy
                sends += self._check(session, "subscribe", uri, policy, revoke)
            for registration in list(session.registrations.values()):
                revoke = partial(self._registrations.revoke, session, registration, NOT_AUTHORIZED)
                uri, policy = registration.procedure, registration.policy
                sends += self._check(session, "register", uri, policy, revoke)
        return sends

    def _check(
        self,
        session: RouterSession,
        action: Action,
        uri: str,
        policy: str,
        revoke: Callable[[], Sends],
    ) -> Sends:
        """Let go of one thing if it is not allowed any more; maybe only after asking."""
        if session.realm is None:
            return NOTHING
        authorizer = self._may_register if action == "register" else self._may_subscribe
        try:
            is_allowed = authorizer.allows(session, action, uri, policy)
        except Undecided as question:
            return question.ask(lambda: self._check(session, action, uri, policy, revoke))
        return NOTHING if is_allowed else revoke()
