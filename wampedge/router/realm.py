"""One realm: its sessions, its broker, its dealer, and which of them answers which message."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wampedge.router.authenticator import RegistrationGuard
from wampedge.router.broker import Broker
from wampedge.router.counters import RouterCounters
from wampedge.router.deadlines import Deadline, Deadlines
from wampedge.router.dealer import Dealer, OnAnswer
from wampedge.router.dynamic import DynamicAuthorization, DynamicAuthorizer
from wampedge.router.identity import Origin
from wampedge.router.ingest import Ingest
from wampedge.router.joining import router_roles
from wampedge.router.limits import Limits
from wampedge.router.meta_events import MetaEvents
from wampedge.router.meta_procedures import meta_procedures
from wampedge.router.observer import RealmObserver
from wampedge.router.permissions import Authorizer, OpenAuthorizer, RoleAuthorizer
from wampedge.router.registrations import Registrations
from wampedge.router.rights import Rights
from wampedge.router.sends import NOTHING, Sends
from wampedge.router.session import Reactions, RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.router.statistics import Statistics
from wampedge.router.testaments import Testaments
from wampedge.wamp.marking import INGEST_PROCEDURE
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
from wampedge.wamp.payload import Payload

__all__ = ["EndSession", "Realm"]

EndSession = Callable[[RouterSession, str, str | None], Sends]
"""Ends a session with a GOODBYE that has this reason and, unless it is None, this message."""


class Realm:
    """A name space of topics and procedures, and the sessions in it.

    Made and owned by the router; sessions of different realms never meet.

    Args:
        settings: the realm.
        random_id: gives session and publication ids, and chooses among callees.
        counters: where the router counts.
        deadlines: where the router keeps what it does later.
        end_session: ends sessions for clients that may.
        time_s: tells the time, in seconds since 1970.
        now_s: tells the time, in seconds since any moment; rates are measured by it.
    """

    observer: RealmObserver
    _next_recheck: Deadline | None = None

    def __init__(
        self,
        settings: RealmSettings,
        *,
        random_id: Callable[[], int],
        counters: RouterCounters,
        deadlines: Deadlines,
        end_session: EndSession,
        time_s: Callable[[], float],
        now_s: Callable[[], float],
    ) -> None:
        authorizer = self._authorizer(settings, deadlines)
        self.name = settings.name
        self.overflow = settings.overflow
        self.roles = router_roles(settings)
        self.open_roles_may_kill = settings.open_roles_may_kill
        self.end_session = end_session
        self.session_by_id: dict[int, RouterSession] = {}
        self._random_id = random_id
        self.broker = self._make_broker(settings, authorizer, deadlines, time_s)
        guard = _guarded(authorizer, settings)
        self.registrations = Registrations(
            settings, authorizer=guard, random_id=random_id, time_s=time_s, deadlines=deadlines
        )
        self.dealer = Dealer(
            settings,
            registrations=self.registrations,
            authorizer=authorizer,
            counters=counters,
            deadlines=deadlines,
        )
        self._rights = Rights(
            self.broker, self.registrations, may_subscribe=authorizer, may_register=guard
        )
        self._deadlines = deadlines
        self._dynamic = settings.dynamic
        self.testaments = self._testaments(settings, authorizer, counters)
        self.statistics = Statistics(self, counters=counters, now_s=now_s)
        self.events = self._serve_meta_api()
        self.reactions = self._reactions(settings, authorizer)

    def observe(self, observer: RealmObserver) -> None:
        """Tell *observer* of each change from now on."""
        self.observer = self.broker.observer = self.registrations.observer = observer

    def call(
        self, procedure: str, payload: Payload, on_answer: OnAnswer, *, timeout_s: float
    ) -> Sends:
        """Call *procedure* of a client for the router itself; see ``Dealer.call_own``."""
        return self.dealer.call_own(procedure, payload, on_answer, timeout_s=timeout_s)

    def join(self, session: RouterSession, session_id: int = 0) -> Sends:
        """Take *session* in and give it an id no other session of the realm has.

        Args:
            session: it has not joined yet.
            session_id: the id that a challenge promised it; 0 for any.

        Returns:
            What the others are told; the WELCOME is up to the caller and goes first.
        """
        while session_id == 0 or session_id in self.session_by_id:
            session_id = self._random_id()
        session.id = session_id
        session.realm = self
        self.session_by_id[session_id] = session
        self.statistics.sessions_joined += 1
        if self._dynamic is not None and session.authrole in self._dynamic.procedure_by_role:
            self._recheck_later(self._dynamic)
        return self.observer.on_join(session)

    def recheck(self, authid: str | None = None) -> Sends:
        """Look again at what sessions may have, by the rules and authorizers of now.

        Args:
            authid: whose sessions; None for those of everybody.
        """
        sessions = [
            session
            for session in self.session_by_id.values()
            if authid is None or session.authid == authid
        ]
        self._rights.forget(sessions)
        return self._rights.recheck(sessions)

    def leave(self, session: RouterSession) -> Sends:
        """Free everything *session* holds here; tell those who waited for it."""
        del self.session_by_id[session.id]
        session.realm = None
        self.statistics.calls_of_gone += session.invocation_ids.last
        return [
            *self.broker.forget(session),
            *self.registrations.forget(session),
            *self.dealer.forget(session),
            *self.testaments.carry_out(session),
            *self.observer.on_leave(session),
        ]

    def _make_broker(
        self,
        settings: RealmSettings,
        authorizer: Authorizer,
        deadlines: Deadlines,
        time_s: Callable[[], float],
    ) -> Broker:
        return Broker(
            settings,
            authorizer=authorizer,
            random_id=self._random_id,
            time_s=time_s,
            deadlines=deadlines,
        )

    def _recheck_later(self, dynamic: DynamicAuthorization) -> None:
        """See to it that no answer of a procedure holds on after its time."""
        if self._next_recheck is None:
            act = partial(self._recheck_asked, dynamic)
            self._next_recheck = self._deadlines.after(dynamic.holds_s, act)

    def _recheck_asked(self, dynamic: DynamicAuthorization) -> Sends:
        self._next_recheck = None
        asked = [
            session
            for session in self.session_by_id.values()
            if session.authrole in dynamic.procedure_by_role
        ]
        if asked:
            self._recheck_later(dynamic)
        return self._rights.recheck(asked)

    def _testaments(
        self, settings: RealmSettings, authorizer: Authorizer, counters: RouterCounters
    ) -> Testaments:
        """Make the place for what sessions leave behind."""
        origin = Origin("publisher", settings)
        return Testaments(
            self.broker.on_publish, authorizer=authorizer, origin=origin, counters=counters
        )

    def _serve_meta_api(self) -> MetaEvents:
        """Tell of each change, and answer for what is there."""
        for uri, answer in meta_procedures(self).items():
            self.registrations.offer_built_in(uri, answer)
        events = MetaEvents(self.broker)
        self.observe(events)
        return events

    def _reactions(self, settings: RealmSettings, authorizer: Authorizer) -> Reactions:
        """Say who answers which message; limits stand before those that have any."""
        on_call, on_publish = self.dealer.on_call, self.broker.on_publish
        on_ingest = self.broker.on_ingest
        if settings.limits_by_role or settings.procedure_limits:
            bounds = Limits(
                settings.limits_by_role,
                settings.procedure_limits,
                monotonic_s=self._deadlines.monotonic_s,
                on_call=on_call,
                on_publish=on_publish,
                on_ingest=on_ingest,
            )
            on_call, on_publish = bounds.on_call, bounds.on_publish
            on_ingest = bounds.on_ingest
        ingest = Ingest(authorizer, on_ingest, self.broker.holding, self._deadlines)
        self.registrations.offer_built_in(INGEST_PROCEDURE, ingest)
        return {
            Subscribe: self.broker.on_subscribe,
            Unsubscribe: self.broker.on_unsubscribe,
            Publish: on_publish,
            EventReceived: _ignore,
            Register: self.registrations.on_register,
            Unregister: self.registrations.on_unregister,
            Call: on_call,
            Cancel: self.dealer.on_cancel,
            Yield: self.dealer.on_yield,
            Error: self.dealer.on_error,
        }

    def _authorizer(self, settings: RealmSettings, deadlines: Deadlines) -> Authorizer:
        """Choose who decides in the realm."""
        rules = _rules(settings)
        if settings.dynamic is None:
            return rules
        return DynamicAuthorizer(
            rules, settings.dynamic, call=self.call, monotonic_s=deadlines.monotonic_s
        )


def _guarded(authorizer: Authorizer, settings: RealmSettings) -> Authorizer:
    """Say who decides on registrations."""
    if settings.authenticator is None:
        return authorizer
    return RegistrationGuard(authorizer, settings.authenticator)


def _rules(settings: RealmSettings) -> Authorizer:
    if settings.authorizer is not None:
        return settings.authorizer
    if settings.actions_by_role is not None:
        return RoleAuthorizer(settings.actions_by_role)
    return OpenAuthorizer()


def _ignore(_session: RouterSession, _receipt: EventReceived) -> Sends:
    """Take a receipt that nobody asked for."""
    return NOTHING
