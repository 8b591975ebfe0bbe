"""Who offers which procedure in a realm: REGISTER, UNREGISTER and taking a procedure over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from wampedge.errors import ApplicationError
from wampedge.router.contests import Contests
from wampedge.router.deadlines import Deadlines
from wampedge.router.matchers import MATCHERS
from wampedge.router.matching import Route, Routes, quoted
from wampedge.router.names import (
    DISCLOSE_ME_DISALLOWED,
    INVOCATION_POLICY_CONFLICT,
    LIMIT,
    NO_SUCH_REGISTRATION,
    NOT_AUTHORIZED,
    PROCEDURE_ALREADY_EXISTS,
    REPLACED,
)
from wampedge.router.observer import RealmObserver, Unobserved
from wampedge.router.options import check_options
from wampedge.router.parking import Undecided
from wampedge.router.permissions import Authorizer, check_not_reserved, not_authorized
from wampedge.router.quotas import ShapeQuota
from wampedge.router.registration import BuiltIn, CalleeWishes, Registration
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.wamp.ids import RequestIds
from wampedge.wamp.messages import Register, Registered, Unregister, Unregistered
from wampedge.wamp.uris import is_reserved_uri

__all__ = ["Registrations"]


class Registrations:
    """All registrations of one realm; part of its dealer.

    Args:
        settings: the realm.
        authorizer: asked before each REGISTER.
        random_id: chooses callees where they share a procedure at random.
        time_s: tells the time, in seconds since 1970.
        deadlines: where a REGISTER waits until it is known whether who is in its way is alive.
    """

    def __init__(
        self,
        settings: RealmSettings,
        *,
        authorizer: Authorizer,
        random_id: Callable[[], int],
        time_s: Callable[[], float],
        deadlines: Deadlines,
    ) -> None:
        self._max_registrations = settings.limits.registrations
        self._shapes = ShapeQuota(settings.limits.wildcard_shapes)
        self._may_disclose = settings.may_disclose
        self._has_details = settings.tells_always
        self._allows = authorizer.allows
        self._random_id = random_id
        self._time_s = time_s
        self._routes: Routes[Registration] = Routes(
            [make() for make in MATCHERS], may_lead=_may_answer
        )
        self._fallbacks: Routes[Registration] = Routes(
            [make() for make in MATCHERS], may_lead=_may_answer
        )
        """What the node offers where nobody else does; clients cannot, and are not told of it."""
        self._ids = RequestIds()
        self.registration_by_id: dict[int, Registration] = {}
        """What clients have registered, first come first; nothing of the router itself."""
        self._contests = Contests(deadlines, offer=self._offer_late, revoke=self._revoke)
        self.observer: RealmObserver = Unobserved()
        """Hears of registrations; set by the realm."""

    def find(self, procedure: str) -> Route[Registration]:
        """Return what is registered for a call to *procedure*, the one to call first.

        Raises:
            ApplicationError: *procedure* is no URI.
        """
        route = self._routes.find(procedure)
        return route if route.entries else self._fallbacks.find(procedure)

    def lookup(self, policy: str, pattern: str) -> Registration | None:
        """Return what a client registered as this very *pattern*; see ``Routes.get``."""
        registration = self._routes.get(policy, pattern)
        return None if registration is None or registration.answer else registration

    def match(self, procedure: str) -> Registration | None:
        """Return the registration of a client that a call to *procedure* goes to; see ``find``."""
        entries = self._routes.find(procedure).entries
        return None if not entries or entries[0].answer else entries[0]

    def offer_built_in(self, procedure: str, answer: BuiltIn) -> None:
        """Let the router itself answer calls to *procedure*, for as long as the realm lives."""
        registration = Registration(
            0, policy="exact", procedure=procedure, invoke="single", random_id=self._random_id
        )
        registration.answer = answer
        self._routes.add("exact", procedure, registration)

    def on_register(self, session: RouterSession, register: Register) -> Sends:
        """Let *session* offer a procedure: alone, together with others, or in their place."""
        options, procedure = register.options, register.procedure
        check_options(register)
        policy, is_forced = options.get("match") or "exact", options.get("force_reregister")
        incumbent = self._routes.get(policy, procedure)
        check_not_reserved(session, procedure)
        if not self._allows(session, "register", procedure, policy):
            raise not_authorized("register", procedure)
        is_told = self._may_disclose or session.is_trusted
        if options.get("disclose_caller") and not is_told:
            raise ApplicationError(DISCLOSE_ME_DISALLOWED, ["this realm discloses no identities"])
        if options.get("x_fallback") and session.is_trusted:
            return self._offer_fallback(session, register)
        if incumbent is None:
            return self._offer(session, register)
        if is_forced:
            _check_takeover(session, incumbent)
            self._check_limit(session, incumbent)
            self._shapes.check(session, policy, procedure)
            revocation = self._revoke(incumbent)
            offered = self._offer(session, register)
            return [*revocation, *offered, *self._contests.on_gone(incumbent)]
        try:
            _check_sharing(session, incumbent, options.get("invoke") or "single")
        except ApplicationError as refusal:
            if self._contests.open(session, register, registration=incumbent, refusal=refusal):
                return NOTHING
            raise
        return self._offer(session, register)

    def on_unregister(self, session: RouterSession, unregister: Unregister) -> Sends:
        """End one registration of *session*; calls under way are still answered."""
        registration = session.registrations.pop(unregister.registration_id, None)
        if registration is None:
            text = f"this session has no registration {unregister.registration_id}"
            raise ApplicationError(NO_SUCH_REGISTRATION, [text])
        told = self._drop(session, registration)
        return (Send((session,), Unregistered(unregister.request_id)), *told)

    def revoke(self, session: RouterSession, registration: Registration, reason: str) -> Sends:
        """Take *registration* from *session*, which may have it no more; other callees keep it.

        Specification, "Registration Revocation": only those are told that announced it.

        Args:
            session: maybe a callee.
            registration: what it loses.
            reason: why, as a URI.
        """
        if session.registrations.pop(registration.id, None) is None:
            return NOTHING
        told = self._drop(session, registration)
        if not session.supports("callee", "registration_revocation"):
            return told
        details = {"registration": registration.id, "reason": reason}
        return (Send((session,), Unregistered(0, details)), *told)

    def forget(self, session: RouterSession) -> Sends:
        """End all registrations of *session*, which leaves the realm."""
        self._contests.forget(session)
        registrations = list(session.registrations.values())
        session.registrations.clear()
        return [send for each in registrations for send in self._drop(session, each)]

    def _offer(self, session: RouterSession, register: Register) -> Sends:
        """Let *session*, which may do so, offer a procedure: alone, or together with others.

        Raises:
            ApplicationError: it cannot be had, or is one too many.
        """
        options, procedure = register.options, register.procedure
        policy, invoke = options.get("match") or "exact", options.get("invoke") or "single"
        registration = self._routes.get(policy, procedure)
        is_new = registration is None
        if registration is not None:
            _check_sharing(session, registration, invoke)
        self._check_limit(session)
        self._shapes.take(session, policy, procedure)
        if registration is None:
            registration = self._create(policy, procedure, invoke)
        registration.add(session, CalleeWishes.of(options))
        session.registrations[registration.id] = registration
        registered = Send((session,), Registered(register.request_id, registration.id))
        return [registered, *self.observer.on_register(session, registration, is_new=is_new)]

    def _offer_fallback(self, session: RouterSession, register: Register) -> Sends:
        """Let *session*, of the node itself, answer calls that nobody else answers."""
        options, procedure = register.options, register.procedure
        policy = options.get("match") or "exact"
        if self._fallbacks.get(policy, procedure) is not None:
            text = f"already registered as a fallback: {quoted(procedure)}"
            raise ApplicationError(PROCEDURE_ALREADY_EXISTS, [text])
        registration = self._made(policy, procedure, "single")
        registration.is_fallback = True
        self._fallbacks.add(policy, procedure, registration)
        registration.add(session, CalleeWishes.of(options))
        session.registrations[registration.id] = registration
        return (Send((session,), Registered(register.request_id, registration.id)),)

    def _offer_late(self, session: RouterSession, register: Register) -> Sends:
        """Let *session* offer a procedure it had to wait for, unless the rules are others by now.

        Raises:
            ApplicationError: as ``_offer``, or *session* may not do so any more.
        """
        policy, procedure = register.options.get("match") or "exact", register.procedure
        with suppress(Undecided):  # then it was decided for this REGISTER, when it came
            if not self._allows(session, "register", procedure, policy):
                raise not_authorized("register", procedure)
        return self._offer(session, register)

    def _check_limit(self, session: RouterSession, lost: Registration | None = None) -> None:
        """Refuse one registration too many; *lost* is what *session* loses for it, if it has it."""
        if session.is_trusted:
            return  # the node itself: as many as its device file has use for
        if lost is not None and lost.id in session.registrations:
            return
        if len(session.registrations) >= self._max_registrations:
            text = f"a session may have {self._max_registrations} registrations at once"
            raise ApplicationError(LIMIT, [text])

    def _create(self, policy: str, procedure: str, invoke: str) -> Registration:
        registration = self._made(policy, procedure, invoke)
        self._routes.add(policy, procedure, registration)
        self.registration_by_id[registration.id] = registration
        return registration

    def _made(self, policy: str, procedure: str, invoke: str) -> Registration:
        return Registration(
            self._ids.next(),
            policy=policy,
            procedure=procedure,
            invoke=invoke,
            random_id=self._random_id,
            has_details=self._has_details,
            created_s=self._time_s(),
        )

    def _drop(self, session: RouterSession, registration: Registration) -> Sends:
        registration.remove(session)
        if registration.is_fallback:
            self._fallbacks.remove(registration.policy, registration.procedure)
            return NOTHING
        self._shapes.give_back(session, registration.policy, registration.procedure)
        is_gone = not registration.seats
        if is_gone:
            self._routes.remove(registration.policy, registration.procedure)
            del self.registration_by_id[registration.id]
        told = self.observer.on_unregister(session, registration, is_gone=is_gone)
        return [*told, *self._contests.on_gone(registration)] if is_gone else told

    def _revoke(self, registration: Registration) -> Sends:
        """Take *registration* from its callees and tell those that understand."""
        self._routes.remove(registration.policy, registration.procedure)
        del self.registration_by_id[registration.id]
        callees, tell = registration.callees, self.observer.on_unregister
        sends: list[Send] = []
        for callee in callees:
            del callee.registrations[registration.id]
            self._shapes.give_back(callee, registration.policy, registration.procedure)
            sends += tell(callee, registration, is_gone=callee is callees[-1])
        told = tuple(
            callee for callee in callees if callee.supports("callee", "registration_revocation")
        )
        if told:
            details = {"registration": registration.id, "reason": REPLACED}
            sends.insert(0, Send(told, Unregistered(0, details)))
        return sends


def _may_answer(procedure: str, registration: Registration) -> bool:
    """Keep calls to procedures of the router from the patterns of everybody else.

    A pattern such as the empty prefix may be registered, but it covers no reserved procedure:
    whoever registers it would pass for the router.
    """
    return not is_reserved_uri(procedure) or is_reserved_uri(registration.procedure)


def _check_sharing(session: RouterSession, registration: Registration, invoke: str) -> None:
    """Refuse *session* as one more callee unless all agree on how to share the procedure.

    Specification, "Shared Registration". A session offers one procedure once: with the id it has
    already, it could not tell the two apart.
    """
    procedure = quoted(registration.procedure)
    if registration.invoke == "single" or registration.id in session.registrations:
        raise ApplicationError(PROCEDURE_ALREADY_EXISTS, [f"already registered: {procedure}"])
    if registration.invoke != invoke:
        text = f"{procedure} is shared with invoke {registration.invoke}, not {invoke}"
        raise ApplicationError(INVOCATION_POLICY_CONFLICT, [text])


def _check_takeover(session: RouterSession, registration: Registration) -> None:
    """Refuse to take what *registration* holds, unless all its callees are of one's own authid.

    Any session could steal any procedure if the authid were not compared. A user that has the
    name of a session of the node itself is not the node.
    """
    own = session.authid, session.is_trusted
    if registration.answer or any(
        (callee.authid, callee.is_trusted) != own for callee in registration.callees
    ):
        procedure = quoted(registration.procedure)
        text = f"only the authid that registered {procedure} may take it over"
        raise ApplicationError(NOT_AUTHORIZED, [text])
