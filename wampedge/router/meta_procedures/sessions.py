"""``wamp.session.*``: who is in the realm, and sending them away.

Specification, "Session Meta API". The sessions of the node itself are listed like all others, but
nobody can end them: the devices would be gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from wampedge.errors import ApplicationError
from wampedge.router.meta_facts import session_facts
from wampedge.router.meta_procedures.arguments import (
    Arguments,
    answering,
    check_named_right,
    result,
)
from wampedge.router.names import CLOSE_NORMAL, INVALID_URI, NO_SUCH_SESSION, NOT_AUTHORIZED
from wampedge.router.sends import Send, Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Call
from wampedge.wamp.payload import Payload
from wampedge.wamp.uris import is_loose_uri
from wampedge.wamp.validation import shown

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["session_procedures"]

_LastWords = tuple[str, str | None]
"""Reason and message of a GOODBYE."""


def session_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI."""
    reading, killing = _Reading(realm.session_by_id), _Killing(realm)
    return {
        "wamp.session.count": answering(reading.count),
        "wamp.session.list": answering(reading.list_ids),
        "wamp.session.get": answering(reading.get),
        "wamp.session.kill": killing.kill,
        "wamp.session.kill_by_authid": killing.kill_by_authid,
        "wamp.session.kill_by_authrole": killing.kill_by_authrole,
        "wamp.session.kill_all": killing.kill_all,
    }


def _no_such_session(session_id: int) -> ApplicationError:
    return ApplicationError(NO_SUCH_SESSION, [f"there is no session {session_id}"])


class _Reading:
    """Answers who is there."""

    def __init__(self, session_by_id: Mapping[int, RouterSession]) -> None:
        self._session_by_id = session_by_id

    def count(self, payload: Payload) -> int:
        """Count the sessions, of some roles or all."""
        return len(self.list_ids(payload))

    def list_ids(self, payload: Payload) -> list[int]:
        """List the ids of the sessions, of some roles or all."""
        roles = Arguments(payload, "filter_authroles").texts(0)
        return [
            session.id
            for session in self._session_by_id.values()
            if roles is None or session.authrole in roles
        ]

    def get(self, payload: Payload) -> dict[str, Any]:
        """Describe one session."""
        session_id = Arguments(payload, "session").id(0)
        session = self._session_by_id.get(session_id)
        if session is None:
            raise _no_such_session(session_id)
        return session_facts(session)


class _Killing:
    """Ends sessions of others: each gets a GOODBYE and is out of the realm at once."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def kill(self, caller: RouterSession, call: Call) -> Sends:
        """End one session."""
        check_named_right(self._realm, caller, "end sessions of others")
        arguments = Arguments(call.payload, "session")
        session_id = arguments.id(0)
        session = self._realm.session_by_id.get(session_id)
        if session is None or session is caller:
            raise _no_such_session(session_id)
        if session.is_trusted:
            text = f"session {session_id} is of the node itself"
            raise ApplicationError(NOT_AUTHORIZED, [text])
        return [*self._end([session], _last_words(arguments)), result(caller, call)]

    def kill_by_authid(self, caller: RouterSession, call: Call) -> Sends:
        """End all sessions of one user."""
        return self._kill_where(caller, call, "authid", lambda session: session.authid)

    def kill_by_authrole(self, caller: RouterSession, call: Call) -> Sends:
        """End all sessions of one role."""
        return self._kill_where(caller, call, "authrole", lambda session: session.authrole)

    def kill_all(self, caller: RouterSession, call: Call) -> Sends:
        """End all sessions; neither session events nor testaments come of it."""
        check_named_right(self._realm, caller, "end sessions of others")
        last_words = _last_words(Arguments(call.payload))
        sessions = self._others(caller, lambda _session: True)
        for session in sessions:
            self._realm.testaments.forget(session)
        with self._realm.events.quiet():
            sends = self._end(sessions, last_words)
        return [*sends, result(caller, call, len(sessions))]

    def _kill_where(
        self,
        caller: RouterSession,
        call: Call,
        name: str,
        trait: Callable[[RouterSession], str],
    ) -> Sends:
        check_named_right(self._realm, caller, "end sessions of others")
        arguments = Arguments(call.payload, name)
        wanted = arguments.text(0)
        sessions = self._others(caller, lambda session: trait(session) == wanted)
        sends = self._end(sessions, _last_words(arguments))
        return [*sends, result(caller, call, len(sessions))]

    def _others(
        self, caller: RouterSession, is_wanted: Callable[[RouterSession], bool]
    ) -> list[RouterSession]:
        """Return all sessions that can be ended but *caller*."""
        return [
            session
            for session in self._realm.session_by_id.values()
            if session is not caller and not session.is_trusted and is_wanted(session)
        ]

    def _end(self, sessions: Iterable[RouterSession], last_words: _LastWords) -> list[Send]:
        end = self._realm.end_session
        return [send for session in sessions for send in end(session, *last_words)]


def _last_words(arguments: Arguments) -> _LastWords:
    """Return the reason of the GOODBYE, and its message if there is one.

    Raises:
        ApplicationError: the reason is no URI, or the message no text.
    """
    reason, message = arguments.kwargs.get("reason"), arguments.keyword("message", str, "a string")
    if reason is None:
        reason = CLOSE_NORMAL
    if type(reason) is not str or not is_loose_uri(reason):
        raise ApplicationError(INVALID_URI, [f"reason must be a URI, got {shown(reason)}"])
    return reason, message
