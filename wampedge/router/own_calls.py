"""Calls the router itself makes to procedures of its clients, such as a dynamic authorizer's."""

from __future__ import annotations

from collections.abc import Callable

from wampedge.errors import ApplicationError
from wampedge.router.call_timeout import limit_time
from wampedge.router.deadlines import Deadlines
from wampedge.router.matching import Route, quoted
from wampedge.router.names import NO_SUCH_PROCEDURE
from wampedge.router.pending_call import OnAnswer, PendingCall
from wampedge.router.registration import Registration, Seat
from wampedge.router.sends import Send, Sends
from wampedge.router.session import RouterSession
from wampedge.router.settings import Admission
from wampedge.wamp.messages import Call, Error, Invocation
from wampedge.wamp.payload import Payload

__all__ = ["OwnCalls"]


class OwnCalls:
    """The router as a caller in one realm, with a session that nobody sees.

    Args:
        find: tells who answers a procedure.
        deadlines: where calls wait for the end of their time.
    """

    def __init__(self, find: Callable[[str], Route[Registration]], *, deadlines: Deadlines) -> None:
        self._find = find
        self._deadlines = deadlines
        self._session = RouterSession(
            transport={"type": "router"}, admission=Admission(None, is_trusted=True), reactions={}
        )

    def call(
        self, procedure: str, payload: Payload, on_answer: OnAnswer, *, timeout_s: float
    ) -> Sends:
        """Call *procedure*, for which the router needs no permission.

        Args:
            procedure: a checked URI.
            payload: the arguments.
            on_answer: takes the RESULT or ERROR, exactly once and maybe before this returns.
            timeout_s: after this long the answer is an ERROR.
        """
        entries = self._find(procedure).entries
        if not entries or entries[0].answer is not None:
            text = f"nobody registered {quoted(procedure)}"
            return on_answer(Error(Call.TYPE, 0, {}, NO_SUCH_PROCEDURE, Payload((text,))))
        registration = entries[0]
        callee: RouterSession | None = registration.callee
        seat: Seat | None = None
        if callee is None:
            try:
                seat = registration.next_seat()
            except ApplicationError as refusal:
                refused = Payload(refusal.arguments)
                return on_answer(Error(Call.TYPE, 0, {}, refusal.uri, refused))
            callee = seat.session
        session = self._session
        pending = PendingCall(
            session,
            session.invocation_ids.next(),
            callee=callee,
            invocation_id=callee.invocation_ids.next(),
            wants_progress=False,
            seat=seat,
        )
        pending.on_answer = on_answer
        limit_time(pending, timeout_s, deadlines=self._deadlines)
        session.calls[pending.request_id] = pending
        callee.invocations[pending.invocation_id] = pending
        details = {} if registration.policy == "exact" else {"procedure": procedure}
        invocation = Invocation(pending.invocation_id, registration.id, details, payload)
        return (Send((callee,), invocation),)
