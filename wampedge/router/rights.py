"""Taking from sessions what they may have no more.

Rights can change while a session lives: a dynamic authorizer changes its mind, or the rules are
replaced. What was subscribed or registered under the old ones ends then; the peer is told where it
understands that (specification, "Subscription Revocation" and "Registration Revocation").
"""

from __future__ import annotations

from collections import OrderedDict
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

__all__ = ["MAX_QUESTIONS", "Rights"]

MAX_QUESTIONS = 64
"""Questions of one realm that may wait for an answer at once. All of them together would be more
than a connection may hold, and who asks is cut off then: everybody would lose everything."""

_Held = tuple["RouterSession", "Action", int]
"""A session, how it uses what it holds, and the id of that."""


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
        self._waiting: OrderedDict[_Held, None] = OrderedDict()
        """What is still to be looked at; of each only once, however often that is asked for."""
        self._questions = 0
        self._is_going = False

    def forget(self, sessions: Iterable[RouterSession]) -> None:
        """Forget what was decided about *sessions*: the rules are others, or may be."""
        for session in sessions:
            session.permissions = None
            session.verdicts.clear()

    def recheck(self, sessions: Iterable[RouterSession]) -> Sends:
        """Look at all that *sessions* hold; those the node itself owns may keep everything."""
        for session in sessions:
            if not session.is_trusted:
                for number in session.subscriptions:
                    self._waiting[session, "subscribe", number] = None
                for number in session.registrations:
                    self._waiting[session, "register", number] = None
        return self._go_on()

    def _go_on(self) -> Sends:
        """Look at what waits, for as long as not too many questions are out."""
        if self._is_going:
            return NOTHING  # answered at once: the loop below goes on
        self._is_going = True
        sends: list[Send] = []
        while self._waiting and self._questions < MAX_QUESTIONS:
            held, _ = self._waiting.popitem(last=False)
            sends += self._check(held)
        self._is_going = False
        return sends

    def _check(self, held: _Held) -> Sends:
        """Let go of one thing if it is not allowed any more; maybe only after asking."""
        session, action, number = held
        revoke: Callable[[], Sends]
        if action == "register":
            registration = session.registrations.get(number)
            if registration is None:
                return NOTHING
            authorizer, uri, policy = (
                self._may_register,
                registration.procedure,
                registration.policy,
            )
            revoke = partial(self._registrations.revoke, session, registration, NOT_AUTHORIZED)
        else:
            subscription = session.subscriptions.get(number)
            if subscription is None:
                return NOTHING
            authorizer, uri, policy = self._may_subscribe, subscription.topic, subscription.policy
            revoke = partial(self._broker.revoke, session, subscription, NOT_AUTHORIZED)
        try:
            is_allowed = authorizer.allows(session, action, uri, policy)
        except Undecided as question:
            self._questions += 1
            return question.ask(partial(self._on_answer, held))
        return NOTHING if is_allowed else revoke()

    def _on_answer(self, held: _Held) -> Sends:
        self._questions -= 1
        return [*self._check(held), *self._go_on()]
