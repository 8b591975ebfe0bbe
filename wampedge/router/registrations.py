"""Who offers which procedure in a realm: REGISTER, UNREGISTER and taking a procedure over."""

from __future__ import annotations

from wampedge.errors import ApplicationError
from wampedge.router.matchers import MATCHERS
from wampedge.router.matching import Route, Routes, quoted
from wampedge.router.names import (
    LIMIT,
    NO_SUCH_REGISTRATION,
    NOT_AUTHORIZED,
    PROCEDURE_ALREADY_EXISTS,
    REPLACED,
)
from wampedge.router.options import check_options
from wampedge.router.permissions import Authorizer, check_not_reserved, not_authorized
from wampedge.router.sends import Send, Sends
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.wamp.ids import RequestIds
from wampedge.wamp.messages import Register, Registered, Unregister, Unregistered
from wampedge.wamp.uris import is_reserved_uri

__all__ = ["Registration", "Registrations"]


class Registration:
    """One procedure, or pattern of procedures, that a session offers.

    Made by REGISTER, gone with UNREGISTER, with its callee, or when it is taken over.

    Args:
        registration_id: what REGISTERED and INVOCATION call it.
        policy: way to match (option ``match``).
        procedure: the procedure, or the pattern.
        callee: who answers the calls.
    """

    __slots__ = ("callee", "id", "is_exact", "policy", "procedure")

    def __init__(
        self, registration_id: int, *, policy: str, procedure: str, callee: RouterSession
    ) -> None:
        self.id = registration_id
        self.policy = policy
        self.is_exact = policy == "exact"
        self.procedure = procedure
        self.callee = callee


class Registrations:
    """All registrations of one realm; part of its dealer.

    Args:
        settings: the realm.
        authorizer: asked before each REGISTER.
    """

    def __init__(self, settings: RealmSettings, *, authorizer: Authorizer) -> None:
        self._max_registrations = settings.limits.registrations
        self._allows = authorizer.allows
        self._routes: Routes[Registration] = Routes(
            [make() for make in MATCHERS], may_lead=_may_answer
        )
        self._ids = RequestIds()

    def find(self, procedure: str) -> Route[Registration]:
        """Return what is registered for a call to *procedure*, the one to call first.

        Raises:
            ApplicationError: *procedure* is no URI.
        """
        return self._routes.find(procedure)

    def on_register(self, session: RouterSession, register: Register) -> Sends:
        """Let *session* offer a procedure, if nobody else does or it may take it over."""
        options, procedure = register.options, register.procedure
        check_options(register)
        policy = options.get("match") or "exact"
        incumbent = self._routes.get(policy, procedure)
        check_not_reserved(session, procedure)
        if not self._allows(session, "register", procedure, policy):
            raise not_authorized("register", procedure)
        if incumbent is not None:
            _check_takeover(session, incumbent, is_forced=bool(options.get("force_reregister")))
        if incumbent is None or incumbent.callee is not session:
            self._check_limit(session)
        revocation = [] if incumbent is None else self._revoke(incumbent)
        registration = Registration(
            self._ids.next(), policy=policy, procedure=procedure, callee=session
        )
        self._routes.add(policy, procedure, registration)
        session.registrations[registration.id] = registration
        return [*revocation, Send((session,), Registered(register.request_id, registration.id))]

    def on_unregister(self, session: RouterSession, unregister: Unregister) -> Sends:
        """End one registration of *session*; calls under way are still answered."""
        registration = session.registrations.pop(unregister.registration_id, None)
        if registration is None:
            text = f"this session has no registration {unregister.registration_id}"
            raise ApplicationError(NO_SUCH_REGISTRATION, [text])
        self._routes.remove(registration.policy, registration.procedure)
        return (Send((session,), Unregistered(unregister.request_id)),)

    def forget(self, session: RouterSession) -> None:
        """End all registrations of *session*, which leaves the realm."""
        for registration in session.registrations.values():
            self._routes.remove(registration.policy, registration.procedure)
        session.registrations.clear()

    def _check_limit(self, session: RouterSession) -> None:
        if len(session.registrations) >= self._max_registrations:
            text = f"a session may have {self._max_registrations} registrations at once"
            raise ApplicationError(LIMIT, [text])

    def _revoke(self, registration: Registration) -> list[Send]:
        """Take *registration* from its callee and tell it, if it understands."""
        callee = registration.callee
        del callee.registrations[registration.id]
        self._routes.remove(registration.policy, registration.procedure)
        if not callee.supports("callee", "registration_revocation"):
            return []
        details = {"registration": registration.id, "reason": REPLACED}
        return [Send((callee,), Unregistered(0, details))]


def _may_answer(procedure: str, registration: Registration) -> bool:
    """Keep calls to procedures of the router from the patterns of everybody else.

    A pattern such as the empty prefix may be registered, but it covers no reserved procedure:
    whoever registers it would pass for the router.
    """
    return not is_reserved_uri(procedure) or is_reserved_uri(registration.procedure)


def _check_takeover(session: RouterSession, incumbent: Registration, *, is_forced: bool) -> None:
    """Refuse to register what *incumbent* holds, unless its own authid asks by force.

    Any session could steal any procedure if the authid were not compared.
    """
    procedure = quoted(incumbent.procedure)
    if not is_forced:
        raise ApplicationError(PROCEDURE_ALREADY_EXISTS, [f"already registered: {procedure}"])
    if incumbent.callee.authid != session.authid:
        text = f"only the authid that registered {procedure} may take it over"
        raise ApplicationError(NOT_AUTHORIZED, [text])
