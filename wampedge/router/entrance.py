"""How peers come into one realm: what HELLO offers, what is asked, who answers for them.

::

    HELLO ──nothing to prove─────────────────────────────────────────▶ WELCOME
      │   └─certificate or cookie of the connection──────────────────▶ WELCOME
      │
      ├──user of the realm, or nobody's name──▶ CHALLENGE ──AUTHENTICATE──▶ WELCOME or ABORT
      │
      └──user only the authenticator knows:
            ticket:  CHALLENGE ──AUTHENTICATE──▶ authenticator ──▶ WELCOME or ABORT
            others:  authenticator ──▶ CHALLENGE ──AUTHENTICATE──▶ WELCOME or ABORT
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from wampedge.errors import AbortError, ConfigError
from wampedge.records import Record
from wampedge.router.authenticator import default_models, question_for, user_from
from wampedge.router.cookies import Cookies
from wampedge.router.deadlines import Deadlines
from wampedge.router.joining import Offer, anonymous_role, offer_in
from wampedge.router.lockouts import Lockouts, host_of
from wampedge.router.names import (
    AUTHENTICATION_FAILED,
    CANCELED,
    NO_AVAILABLE_CALLEE,
    NO_SUCH_PROCEDURE,
    TIMEOUT,
)
from wampedge.router.realm import Realm
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession, SessionState
from wampedge.router.settings import RealmSettings
from wampedge.router.users import Trial, User, Users
from wampedge.wamp.auth_proofs import CertificateProof
from wampedge.wamp.messages import Authenticate, Challenge, Error, Hello, Result

__all__ = ["Doors", "Entrance", "Entry", "Porter"]

_WRONG: Final = "this user does not exist, or the proof is wrong"
_TICKET: Final = "ticket"
_NO_ANSWER: Final = frozenset({NO_SUCH_PROCEDURE, NO_AVAILABLE_CALLEE, CANCELED, TIMEOUT})
"""Errors of a call that say nothing of the user."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who a peer has turned out to be.

    Args:
        authid: its name.
        role: what it may do.
        method: how it has proved that.
        provider: who knew it.
        session_id: the id it was promised; 0 for any.
        extra: what ``authextra`` of WELCOME tells it.
    """

    authid: str
    role: str
    method: str
    provider: str = "static"
    session_id: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Doors(Protocol):
    """Who lets peers in and turns them away: the router."""

    def hold(self, session: RouterSession) -> None:
        """Let the peer wait until it has proved who it is."""
        ...

    def let_in(self, session: RouterSession, realm: Realm, entry: Entry) -> Sends:
        """Welcome the peer."""
        ...

    def abort(self, session: RouterSession, reason: str, text: str) -> Sends:
        """Turn the peer away."""
        ...


class Porter(Record):
    """What all entrances of one router share.

    Args:
        doors: opens and closes.
        random_id: gives numbers nobody can guess.
        time_s: tells the time, in seconds since 1970.
        deadlines: what is done later.
        lockouts: the wrong proofs.
        cookies: browsers that need no proof.
    """

    doors: Doors
    random_id: Callable[[], int]
    time_s: Callable[[], float]
    deadlines: Deadlines
    lockouts: Lockouts
    cookies: Cookies


class Entrance:
    """The way into one realm; owned by the router.

    Args:
        settings: of the realm.
        realm: where it leads.
        porter: what all entrances share.

    Raises:
        ConfigError: two users have one name.
    """

    def __init__(self, settings: RealmSettings, realm: Realm, porter: Porter) -> None:
        self._realm = realm
        self._porter = porter
        self._dynamic = settings.authenticator
        self._users = Users(
            settings.users,
            models=default_models() if self._dynamic is not None else (),
            random_id=porter.random_id,
            time_s=porter.time_s,
        )

    def on_hello(self, session: RouterSession, hello: Hello) -> Sends:
        """Let the peer in, ask it for a proof, or turn it away."""
        return self._guarded(session, lambda: self._decide(session, hello))

    def _decide(self, session: RouterSession, hello: Hello) -> Sends:
        has_cookies = self._porter.cookies.is_on
        offer = offer_in(hello, session.admission, self._users, has_cookies=has_cookies)
        for method in offer.unasked:
            entry = self._entry_without_words(session, offer, method)
            if entry is not None:
                return self._let_in(session, entry)
        if offer.methods:
            return self._begin(session, offer)
        role = anonymous_role(hello, session.admission)
        authid = session.admission.authid or f"anonymous-{self._porter.random_id():x}"
        return self._let_in(session, Entry(authid, role, "anonymous"))

    def _entry_without_words(
        self, session: RouterSession, offer: Offer, method: str
    ) -> Entry | None:
        """Return who the connection itself proves the peer to be; None where it does not."""
        evidence = session.admission.evidence
        if method == "cookie":
            found = self._porter.cookies.find(evidence.cookie, self._realm.name)
            if found is None or offer.authid not in ("", found.authid):
                return None
            return Entry(found.authid, found.role, method, found.provider)
        certificate = evidence.certificate
        user = self._users.certified(certificate, offer.authid) if certificate else None
        return None if user is None else Entry(user.authid, user.role, method, user.provider)

    def _begin(self, session: RouterSession, offer: Offer) -> Sends:
        """Ask for a proof: at once, later, or not at all, as the wrong ones before have earned."""
        lockouts = self._porter.lockouts
        wait_s = lockouts.refused_for_s(offer.authid, host_of(session.transport))
        if wait_s > 0:
            text = f"too many wrong proofs; try again in {wait_s:.0f} s"
            raise AbortError(AUTHENTICATION_FAILED, text)
        self._porter.doors.hold(session)
        delay_s = lockouts.delay_s(offer.authid)
        if delay_s == 0:
            return self._ask(session, offer)
        self._porter.deadlines.after(
            delay_s, self._if_waiting(session, lambda: self._ask(session, offer))
        )
        return NOTHING

    def _ask(self, session: RouterSession, offer: Offer) -> Sends:
        is_stranger = not self._users.knows(offer.authid)
        if self._dynamic is None or not is_stranger or offer.authid in self._dynamic.reserved:
            return self._challenge(session, offer, self._users.find(offer.authid, offer.methods))
        method = offer.methods[0]
        if method == _TICKET:
            session.prove = partial(self._on_ticket, session, offer)
            return (Send((session,), Challenge(_TICKET, {})),)

        def on_answer(answer: Result | Error) -> Sends:
            return self._challenge(session, offer, self._user_from(answer, offer, method))

        return self._consult(session, offer, method, on_answer)

    def _challenge(self, session: RouterSession, offer: Offer, user: User | None) -> Sends:
        """Send a CHALLENGE for *user*, or one that leads nowhere."""
        methods = offer.methods if user is None else (user.method,)
        trial = self._users.trial(
            user,
            offer.authid,
            methods,
            authextra=offer.authextra,
            evidence=session.admission.evidence,
        )
        session.prove = partial(self._on_answer, session, offer, trial)
        return (Send((session,), trial.challenge),)

    def _on_answer(
        self, session: RouterSession, offer: Offer, trial: Trial, answer: Authenticate
    ) -> Sends:
        extra = trial.judge(answer)
        if extra is None:
            return self._wrong(session, offer)
        user = trial.user
        told = {**user.extra, **extra}
        entry = Entry(user.authid, user.role, user.method, user.provider, trial.session_id, told)
        return self._right(session, offer, entry)

    def _on_ticket(self, session: RouterSession, offer: Offer, answer: Authenticate) -> Sends:
        """Let the authenticator compare the ticket."""

        def on_answer(told: Result | Error) -> Sends:
            user = self._user_from(told, offer, _TICKET)
            if user is None:
                return self._wrong(session, offer)
            entry = Entry(user.authid, user.role, _TICKET, user.provider, extra=user.extra)
            return self._right(session, offer, entry)

        return self._consult(session, offer, _TICKET, on_answer, ticket=answer.signature)

    def _consult(
        self,
        session: RouterSession,
        offer: Offer,
        method: str,
        on_answer: Callable[[Result | Error], Sends],
        *,
        ticket: str | None = None,
    ) -> Sends:
        """Ask the authenticator; the session waits, and nobody else."""
        assert self._dynamic is not None, "asked before"
        payload = question_for(
            self._realm.name,
            offer.authid,
            method,
            session=session,
            authextra=offer.authextra,
            ticket=ticket,
        )

        def go_on(answer: Result | Error) -> Sends:
            return self._if_waiting(session, lambda: on_answer(answer))()

        dynamic = self._dynamic
        return self._realm.call(dynamic.procedure, payload, go_on, timeout_s=dynamic.timeout_s)

    def _user_from(self, answer: Result | Error, offer: Offer, method: str) -> User | None:
        """Read what the authenticator said; None where it knows no such user.

        Raises:
            AbortError: it is not there, does not answer, or says what makes no sense.
        """
        if isinstance(answer, Error):
            if answer.error in _NO_ANSWER:
                raise AbortError(AUTHENTICATION_FAILED, "the authenticator does not answer")
            return None
        assert self._dynamic is not None, "asked before"
        try:
            user = user_from(answer.payload, offer.authid, method)
        except ConfigError as error:
            text = "the authenticator gave no usable answer"
            raise AbortError(AUTHENTICATION_FAILED, text) from error
        if user.method != method:
            raise AbortError(AUTHENTICATION_FAILED, "the authenticator names another method")
        assert not isinstance(user.proof, CertificateProof), "it makes no such user"
        self._users.learn(user.proof)
        return None if user.authid in self._dynamic.reserved else user

    def _right(self, session: RouterSession, offer: Offer, entry: Entry) -> Sends:
        self._porter.lockouts.passed(offer.authid, host_of(session.transport))
        return self._let_in(session, entry)

    def _wrong(self, session: RouterSession, offer: Offer) -> Sends:
        self._porter.lockouts.failed(offer.authid, host_of(session.transport))
        return self._porter.doors.abort(session, AUTHENTICATION_FAILED, _WRONG)

    def _let_in(self, session: RouterSession, entry: Entry) -> Sends:
        evidence = session.admission.evidence
        if entry.method not in ("anonymous", "cookie"):
            cookies, cookie = self._porter.cookies, evidence.new_cookie
            who = {"authid": entry.authid, "role": entry.role, "provider": entry.provider}
            if cookie is not None:
                cookies.remember(cookie, realm=self._realm.name, **who)
            else:
                cookies.renew(evidence.cookie, realm=self._realm.name, **who)
        return self._porter.doors.let_in(session, self._realm, entry)

    def _if_waiting(self, session: RouterSession, act: Callable[[], Sends]) -> Callable[[], Sends]:
        """Return *act* as it is done later: not at all for a session that is gone meanwhile."""

        def later() -> Sends:
            if session.state is not SessionState.PROVING:
                return NOTHING
            return self._guarded(session, act)

        return later

    def _guarded(self, session: RouterSession, act: Callable[[], Sends]) -> Sends:
        """Do *act*; turn the peer away where it says so."""
        try:
            return act()
        except AbortError as refusal:
            return self._porter.doors.abort(session, refusal.reason, refusal.message or "")
