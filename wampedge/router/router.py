"""The router: sessions come, say HELLO, are routed in their realm, and go.

Messages go in, what to send comes out. There is no I/O, no clock and no task in here: whoever
owns the connections calls ``attach``, ``receive`` and ``detach`` and delivers what they return,
in that order, before the next call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wampedge.errors import ApplicationError, ConfigError, RemoteProtocolError
from wampedge.router.cookies import Cookies
from wampedge.router.counters import RouterCounters
from wampedge.router.deadlines import Deadlines
from wampedge.router.deduplication import Deduplication
from wampedge.router.entrance import Entrance, Entry, Porter
from wampedge.router.holding import Holding
from wampedge.router.joining import announced_roles, welcome
from wampedge.router.linked import Linked
from wampedge.router.lockouts import Lockouts
from wampedge.router.matching import quoted
from wampedge.router.names import (
    GOODBYE_AND_OUT,
    LIMIT,
    LOGOUT,
    NO_SUCH_REALM,
    SYSTEM_SHUTDOWN,
)
from wampedge.router.parking import MAX_PARKED_MESSAGES, Parked, Undecided
from wampedge.router.realm import Realm
from wampedge.router.retention import Retention
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import Reactions, RouterSession, SessionState
from wampedge.router.settings import Admission, RealmSettings
from wampedge.wamp.messages import Abort, Authenticate, Error, Goodbye, Hello, Message, Publish
from wampedge.wamp.options import check_options
from wampedge.wamp.payload import Payload

__all__ = ["Router"]

_NO_REACTIONS: Reactions = {}


class _Always(dict[type[Any], Callable[[RouterSession, Any], Sends]]):
    """Reactions to every type of message alike."""

    def __init__(self, reaction: Callable[[RouterSession, Any], Sends]) -> None:
        super().__init__()
        self._reaction = reaction

    def get(self, _message_type: object, _default: object = None, /) -> Any:
        """Return the one reaction."""
        return self._reaction


class Router:
    """Realms and the sessions of all connections.

    Lives as long as the node; used by one thread. States of a session: see ``SessionState``.

    Args:
        realms: the realms, which exist from start to end.
        random_id: gives an id of the global scope, uniform over 1 to 2**53; nobody can guess it.
        monotonic_s: tells the time that deadlines are set by, in seconds since any moment.
        time_s: tells the time, in seconds since 1970; challenges say when they were made.
        cookies_keep_s: how long the cookie of a browser that has proved who it is stands for the
            proof, in seconds; 0 for not at all.

    Raises:
        ConfigError: two realms have one name, or there is none; two users have one name.
    """

    def __init__(
        self,
        realms: Iterable[RealmSettings],
        *,
        random_id: Callable[[], int],
        monotonic_s: Callable[[], float],
        time_s: Callable[[], float] = lambda: 0.0,
        cookies_keep_s: float = 0.0,
    ) -> None:
        self._now_s = monotonic_s
        self.counters = RouterCounters()
        self.deadlines = Deadlines(monotonic_s)
        self.cookies = Cookies(cookies_keep_s, self.deadlines.monotonic_s)
        self._porter = Porter(
            doors=self,
            random_id=random_id,
            time_s=time_s,
            deadlines=self.deadlines,
            lockouts=Lockouts(monotonic_s),
            cookies=self.cookies,
        )
        self._sessions: dict[RouterSession, None] = {}
        self._realm_by_name: dict[str, Realm] = {}
        self._reactions_by_realm: dict[str, Reactions] = {}
        self._entrance_by_realm: dict[str, Entrance] = {}
        for settings in realms:
            self._add(settings)
        if not self._realm_by_name:
            raise ConfigError("a router needs at least one realm")
        self._while_joining: Reactions = {Hello: self._on_hello, Abort: self._on_abort}
        self._while_proving: Reactions = {
            Authenticate: self._on_authenticate,
            Abort: self._on_abort,
        }
        self._while_closing: Reactions = {Goodbye: self._on_last_goodbye, Abort: self._on_abort}

    @property
    def sessions(self) -> tuple[RouterSession, ...]:
        """All sessions that are attached, joined or not, first come first."""
        return tuple(self._sessions)

    def attach(self, *, transport: Mapping[str, Any], auth: Admission) -> RouterSession:
        """Take in a connection that is open; its peer has not joined yet.

        Args:
            transport: what carries the messages, for display.
            auth: how the peer may join.
        """
        session = RouterSession(transport=transport, admission=auth, reactions=self._while_joining)
        self._sessions[session] = None
        return session

    def receive(self, session: RouterSession, message: Message) -> Sends:
        """React to one message of *session*; every rule it breaks is answered, none raises."""
        react = session.reactions.get(type(message))
        try:
            if react is None:
                return _unexpected(session, message)
            return react(session, message)
        except Undecided as question:
            return self._park(session, message, question)
        except ApplicationError as refusal:
            return self._refuse(session, message, refusal)
        except RemoteProtocolError as error:
            return self.abort(session, error.reason, str(error))

    def abort(self, session: RouterSession, reason: str, text: str) -> Sends:
        """End *session* at once with an ABORT, such as for bytes that are no message.

        Args:
            session: a session in any state.
            reason: URI of the ABORT.
            text: what happened, for people.
        """
        if session.state is SessionState.CLOSED:
            return NOTHING
        self.counters.sessions_aborted += 1
        session.ending = "aborted"
        sends = self._end(session)
        return [*sends, Send((session,), Abort({"message": text}, reason))]

    def hold(self, session: RouterSession) -> None:
        """Let *session*, whose HELLO has come, wait until it has proved who it is."""
        session.state = SessionState.PROVING
        session.reactions = self._while_proving

    def let_in(self, session: RouterSession, realm: Realm, entry: Entry) -> Sends:
        """Welcome *session* to *realm* as who it has turned out to be."""
        session.authid, session.authrole = entry.authid, entry.role
        session.authmethod, session.authprovider = entry.method, entry.provider
        told = realm.join(session, entry.session_id)
        session.state = SessionState.ESTABLISHED
        session.reactions = self._reactions_by_realm[realm.name]
        self.counters.sessions_opened += 1
        greeting = welcome(session, realm=realm.name, roles=realm.roles, authextra=entry.extra)
        return (Send((session,), greeting), *told)

    def wake(self) -> Sends:
        """Do what is due; ``deadlines`` tells when to call this next."""
        return self.deadlines.collect()

    def recheck(self) -> Sends:
        """Look again at what all sessions may have, after the rules have changed."""
        return [send for realm in self._realm_by_name.values() for send in realm.recheck()]

    def retention(self, realm: str) -> Retention:
        """Return the retained events of *realm*, to restore what a log wrote; raises KeyError."""
        return self._realm_by_name[realm].broker.archive.retention

    def deduplication(self, realm: str) -> Deduplication:
        """Return the streams of marked events of *realm*, to restore them; raises KeyError."""
        return self._realm_by_name[realm].broker.deduplication

    def holding(self, realm: str) -> Holding:
        """Return the acknowledgements of *realm* that wait; raises KeyError."""
        return self._realm_by_name[realm].broker.holding

    def linked(self, realm: str) -> Linked:
        """Return what links of *realm* to other routers are told; raises KeyError."""
        return self._realm_by_name[realm].broker.linked

    def report_transport(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        """Let statistics tell *facts* of the connections as well."""
        for realm in self._realm_by_name.values():
            realm.statistics.transport = facts

    def close(
        self, session: RouterSession, reason: str = SYSTEM_SHUTDOWN, message: str | None = None
    ) -> Sends:
        """End *session* politely: GOODBYE, and closed once its GOODBYE comes back.

        The session is out of its realm from now on; a peer that has not joined gets an ABORT.

        Args:
            session: a session in any state.
            reason: URI of the GOODBYE.
            message: what happened, for people.
        """
        if session.state in (SessionState.JOINING, SessionState.PROVING):
            return self.abort(session, reason, "not joined yet")
        if session.state is not SessionState.ESTABLISHED:
            return NOTHING
        session.ending = "ended"
        sends = self._leave(session)
        session.state = SessionState.CLOSING
        session.reactions = self._while_closing
        details = {} if message is None else {"message": message}
        return [*sends, Send((session,), Goodbye(details, reason))]

    def close_all(self, reason: str = SYSTEM_SHUTDOWN) -> Sends:
        """End all sessions politely, such as when the node stops."""
        return [send for session in self.sessions for send in self.close(session, reason)]

    def detach(self, session: RouterSession) -> Sends:
        """Forget *session*, whose connection is gone; tell those who waited for it."""
        self._sessions.pop(session, None)
        return self._end(session)

    def _add(self, settings: RealmSettings) -> None:
        if settings.name in self._realm_by_name:
            raise ConfigError(f"realm {settings.name} is defined twice")
        realm = Realm(
            settings,
            random_id=self._porter.random_id,
            counters=self.counters,
            deadlines=self.deadlines,
            end_session=self.close,
            time_s=self._porter.time_s,
            now_s=self._now_s,
        )
        self._realm_by_name[settings.name] = realm
        self._entrance_by_realm[settings.name] = Entrance(settings, realm, self._porter)
        self._reactions_by_realm[settings.name] = {
            **realm.reactions,
            Goodbye: self._on_goodbye,
            Abort: self._on_abort,
        }

    def _on_hello(self, session: RouterSession, hello: Hello) -> Sends:
        """Send the peer to the entrance of the realm it names."""
        check_options(hello)
        session.roles = announced_roles(hello)
        entrance = self._entrance_by_realm.get(hello.realm)
        if entrance is None:
            return self.abort(session, NO_SUCH_REALM, f"there is no realm {quoted(hello.realm)}")
        return entrance.on_hello(session, hello)

    def _on_authenticate(self, session: RouterSession, answer: Authenticate) -> Sends:
        """Judge a proof; there is no second try on a connection."""
        prove, session.prove = session.prove, None
        if prove is None:
            raise RemoteProtocolError("AUTHENTICATE without CHALLENGE")
        return prove(answer)

    def _on_goodbye(self, session: RouterSession, goodbye: Goodbye) -> Sends:
        """Say GOODBYE back, whatever the reason: clients give all kinds."""
        if goodbye.reason == LOGOUT:
            evidence = session.admission.evidence
            self.cookies.forget(evidence.cookie or evidence.new_cookie)
        session.ending = "goodbye"
        return [*self._end(session), Send((session,), Goodbye({}, GOODBYE_AND_OUT))]

    def _on_last_goodbye(self, session: RouterSession, goodbye: Goodbye) -> Sends:
        """Take the answer to our GOODBYE."""
        return self._end(session)

    def _on_abort(self, session: RouterSession, abort: Abort) -> Sends:
        """Take the end of the session; an ABORT is never answered."""
        return self._end(session)

    def _end(self, session: RouterSession) -> Sends:
        """Let *session* take no part in anything any more."""
        sends = self._leave(session)
        session.state = SessionState.CLOSED
        session.reactions = _NO_REACTIONS
        return sends

    def _park(self, session: RouterSession, message: Message, question: Undecided) -> Sends:
        """Let *session* wait until *question* is answered, and everybody else go on."""
        parked = session.parked = Parked(session.reactions, message)
        session.reactions = _Always(self._on_message_of_parked)
        if session.on_parked is not None:
            session.on_parked(True)
        return question.ask(lambda: self._unpark(session, parked))

    def _on_message_of_parked(self, session: RouterSession, message: Message) -> Sends:
        """Keep a message for later."""
        assert session.parked is not None, "the reaction came with it"
        messages = session.parked.messages
        messages.append(message)
        if len(messages) <= MAX_PARKED_MESSAGES:
            return NOTHING
        text = f"more than {MAX_PARKED_MESSAGES} messages while one is being decided on"
        return self.abort(session, LIMIT, text)

    def _unpark(self, session: RouterSession, parked: Parked) -> Sends:
        """Go on with what *session* sent, unless it has ended or has to wait again."""
        if session.parked is not parked:
            return NOTHING
        session.parked = None
        session.reactions = parked.reactions
        sends: list[Send] = []
        while parked.messages:
            message = parked.messages.popleft()
            sends += self.receive(session, message)
            if again := _waiting(session):
                again.messages.extend(parked.messages)
                break
        if session.on_parked is not None:
            session.on_parked(False)
        return sends

    def _leave(self, session: RouterSession) -> Sends:
        if session.parked is not None:
            session.parked = None
            if session.on_parked is not None:
                session.on_parked(False)
        return NOTHING if session.realm is None else session.realm.leave(session)

    def _refuse(self, session: RouterSession, message: Any, refusal: ApplicationError) -> Sends:
        """Answer a request with the ERROR it earned; a PUBLISH only if it wants an answer."""
        if type(message) is Publish and message.options.get("acknowledge") is not True:
            self.counters.publications_dropped += 1
            return NOTHING
        self.counters.requests_refused += 1
        payload = Payload(refusal.arguments)
        error = Error(message.TYPE, message.request_id, {}, refusal.uri, payload)
        return (Send((session,), error),)


def _waiting(session: RouterSession) -> Parked | None:
    """Return what waits now, whatever it was before the last message."""
    return session.parked


def _unexpected(session: RouterSession, message: Message) -> Sends:
    """Refuse what no client may send now; what crossed our GOODBYE or ABORT is ignored.

    Raises:
        RemoteProtocolError: the session is neither closing nor closed.
    """
    if session.state in (SessionState.CLOSING, SessionState.CLOSED):
        return NOTHING
    name = type(message).__name__.upper()
    raise RemoteProtocolError(f"{name} is not allowed while the session is {session.state.value}")
