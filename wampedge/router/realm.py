"""One realm: its sessions, its broker, its dealer, and which of them answers which message."""

from __future__ import annotations

from collections.abc import Callable

from wampedge.router.broker import Broker
from wampedge.router.counters import RouterCounters
from wampedge.router.dealer import Dealer
from wampedge.router.joining import router_roles
from wampedge.router.permissions import Authorizer, OpenAuthorizer, RoleAuthorizer
from wampedge.router.registrations import Registrations
from wampedge.router.sends import NOTHING, Sends
from wampedge.router.session import Reactions, RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    EventReceived,
    Publish,
    Register,
    Subscribe,
    Unregister,
    Unsubscribe,
    Yield,
)

__all__ = ["Realm"]


class Realm:
    """A name space of topics and procedures, and the sessions in it.

    Made and owned by the router; sessions of different realms never meet.

    Args:
        settings: the realm.
        random_id: gives session and publication ids, and chooses among callees.
        counters: where the router counts.
    """

    def __init__(
        self,
        settings: RealmSettings,
        *,
        random_id: Callable[[], int],
        counters: RouterCounters,
    ) -> None:
        authorizer = _authorizer(settings)
        self.name = settings.name
        self.roles = router_roles(settings)
        self.session_by_id: dict[int, RouterSession] = {}
        self._random_id = random_id
        self._broker = Broker(settings, authorizer=authorizer, random_id=random_id)
        self._registrations = Registrations(settings, authorizer=authorizer, random_id=random_id)
        self._dealer = Dealer(
            settings,
            registrations=self._registrations,
            authorizer=authorizer,
            counters=counters,
        )
        self.reactions: Reactions = {
            Subscribe: self._broker.on_subscribe,
            Unsubscribe: self._broker.on_unsubscribe,
            Publish: self._broker.on_publish,
            EventReceived: _ignore,
            Register: self._registrations.on_register,
            Unregister: self._registrations.on_unregister,
            Call: self._dealer.on_call,
            Cancel: self._dealer.on_cancel,
            Yield: self._dealer.on_yield,
            Error: self._dealer.on_error,
        }

    def join(self, session: RouterSession) -> None:
        """Take *session* in and give it an id no other session of the realm has."""
        session_id = self._random_id()
        while session_id in self.session_by_id:
            session_id = self._random_id()
        session.id = session_id
        session.realm = self
        self.session_by_id[session_id] = session

    def leave(self, session: RouterSession) -> Sends:
        """Free everything *session* holds here; tell those who waited for it."""
        del self.session_by_id[session.id]
        session.realm = None
        self._broker.forget(session)
        self._registrations.forget(session)
        return self._dealer.forget(session)


def _authorizer(settings: RealmSettings) -> Authorizer:
    """Choose who decides in the realm."""
    if settings.authorizer is not None:
        return settings.authorizer
    if settings.actions_by_role is not None:
        return RoleAuthorizer(settings.actions_by_role)
    return OpenAuthorizer()


def _ignore(_session: RouterSession, _receipt: EventReceived) -> Sends:
    """Take a receipt that nobody asked for."""
    return NOTHING
