"""The dealer of a realm: CALL, CANCEL, YIELD and ERROR, and who waits for whom.

Offering procedures is the part of ``registrations``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.counters import RouterCounters
from wampedge.router.deadlines import Deadline, Deadlines
from wampedge.router.identity import Identity
from wampedge.router.matching import quoted
from wampedge.router.names import (
    CANCELED,
    INVALID_URI,
    LIMIT,
    NO_AVAILABLE_CALLEE,
    NO_SUCH_PROCEDURE,
    TIMEOUT,
)
from wampedge.router.options import check_options, check_payload_mode
from wampedge.router.permissions import Authorizer, not_authorized
from wampedge.router.registration import Registration, Seat
from wampedge.router.registrations import Registrations
from wampedge.router.sends import NOTHING, Send, Sends, error_to
from wampedge.router.session import RouterSession
from wampedge.router.settings import Admission, RealmSettings
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Interrupt,
    Invocation,
    Result,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge.wamp.uris import is_loose_uri

__all__ = ["Dealer", "OnAnswer", "PendingCall"]

OnAnswer = Callable[[Result | Error], Sends]
"""Takes the answer to a call of the router itself; returns what to send next."""


class PendingCall:
    """One call on its way: the caller waits for a result, the callee is to give one.

    In ``caller.calls`` and in ``callee.invocations`` from the CALL on until either the caller
    is answered or one of the two is gone; only the dealer changes it.

    Args:
        caller: who waits.
        request_id: what the caller calls it.
        callee: who is to answer.
        invocation_id: what the callee calls it.
        wants_progress: the callee may send progressive results.
        seat: where the call counts as one of its callee's; None where nobody counts.
    """

    __slots__ = (
        "callee",
        "caller",
        "deadline",
        "invocation_id",
        "is_interrupted",
        "on_answer",
        "request_id",
        "seat",
        "wants_progress",
    )

    def __init__(
        self,
        caller: RouterSession,
        request_id: int,
        *,
        callee: RouterSession,
        invocation_id: int,
        wants_progress: bool,
        seat: Seat | None,
    ) -> None:
        self.caller = caller
        self.request_id = request_id
        self.callee = callee
        self.invocation_id = invocation_id
        self.wants_progress = wants_progress
        self.seat = seat
        self.is_interrupted = False
        self.deadline: Deadline | None = None
        """When the caller gets an ERROR instead; None where it waits for ever."""
        self.on_answer: OnAnswer | None = None
        """Who takes the answer where the router itself is the caller."""


class Dealer:
    """Calls of one realm.

    Args:
        settings: the realm.
        registrations: the procedures of the realm.
        authorizer: asked before each CALL.
        counters: where late messages are counted.
        deadlines: where calls wait for the end of their time.
    """

    def __init__(
        self,
        settings: RealmSettings,
        *,
        registrations: Registrations,
        authorizer: Authorizer,
        counters: RouterCounters,
        deadlines: Deadlines,
    ) -> None:
        self._max_pending_calls = settings.limits.pending_calls
        self._find = registrations.find
        self._allows = authorizer.allows
        self._identity = Identity("caller", may_disclose=settings.may_disclose)
        self._counters = counters
        self._deadlines = deadlines
        self._router = RouterSession(
            transport={"type": "router"}, admission=Admission(None, is_trusted=True), reactions={}
        )

    def on_call(self, caller: RouterSession, call: Call) -> Sends:
        """Invoke the procedure at its callee and remember who waits for the answer."""
        request_id, procedure = call.request_id, call.procedure
        if request_id in caller.calls:
            raise RemoteProtocolError(f"CALL {request_id} is still pending")
        if call.options:
            check_options(call)
        route = self._find(procedure)
        if not self._allows(caller, "call", procedure):
            raise not_authorized("call", procedure)
        if not route.entries:
            raise ApplicationError(NO_SUCH_PROCEDURE, [f"nobody registered {quoted(procedure)}"])
        if len(caller.calls) >= self._max_pending_calls:
            text = f"a session may have {self._max_pending_calls} pending calls at once"
            raise ApplicationError(LIMIT, [text])
        registration = route.entries[0]
        callee, seat = registration.callee, None
        if callee is None:
            if registration.answer is not None:
                return registration.answer(caller, call)
            seat = _take_seat(registration)
            callee = seat.session
        details = self._details(caller, callee, call) if call.options else {}
        if not registration.is_exact:
            details["procedure"] = procedure
        invocation_id = callee.invocation_ids.next()
        caller.calls[request_id] = callee.invocations[invocation_id] = PendingCall(
            caller,
            request_id,
            callee=callee,
            invocation_id=invocation_id,
            wants_progress="receive_progress" in details,
            seat=seat,
        )
        return (Send((callee,), Invocation(invocation_id, registration.id, details, call.payload)),)

    def on_cancel(self, caller: RouterSession, cancel: Cancel) -> Sends:
        """Give up a call in the mode that *caller* chose, ``killnowait`` unless it says.

        Specification, "Call Canceling". A mode that does not exist ends the call as well:
        clients expect no ERROR for a CANCEL, only one for the CALL.
        """
        pending = caller.calls.get(cancel.request_id)
        if pending is None:
            self._counters.late_cancels += 1
            return NOTHING
        mode, uri, text = "killnowait", CANCELED, "canceled by the caller"
        try:
            check_options(cancel)
            mode = cancel.options.get("mode") or mode
        except ApplicationError as refusal:
            uri, text = refusal.uri, str(refusal.arguments[0])
        interrupt = [] if mode == "skip" else _interrupt(pending, mode)
        if mode == "kill" and pending.is_interrupted:
            return interrupt
        _end(pending)
        return [error_to(caller, Call.TYPE, cancel.request_id, uri=uri, text=text), *interrupt]

    def on_yield(self, callee: RouterSession, answer: Yield) -> Sends:
        """Give the caller the result, or a part of it."""
        options = answer.options
        if options:
            check_payload_mode(options)
        pending = callee.invocations.get(answer.request_id)
        if pending is None:
            self._counters.late_answers += 1
            return NOTHING
        if options and options.get("progress") is True:
            return self._progress(pending, answer)
        _end(pending)
        result = Result(pending.request_id, {}, answer.payload)
        if pending.on_answer is not None:
            return pending.on_answer(result)
        return (Send((pending.caller,), result),)

    def on_error(self, callee: RouterSession, error: Error) -> Sends:
        """Give the caller the error of the callee as it is."""
        if error.request_type != Invocation.TYPE:
            text = f"ERROR for a request of type {error.request_type}, not for an INVOCATION"
            raise RemoteProtocolError(text)
        check_payload_mode(error.details)
        pending = callee.invocations.get(error.request_id)
        if pending is None:
            self._counters.late_answers += 1
            return NOTHING
        _end(pending)
        if not is_loose_uri(error.error):
            # Passed on as it is, it would make the caller's library end the caller's session.
            text = f"the callee answered with an error that is no URI: {quoted(error.error)}"
            return _tell(pending, INVALID_URI, text)
        answer = Error(Call.TYPE, pending.request_id, error.details, error.error, error.payload)
        return _answer(pending, answer)

    def call_own(
        self,
        procedure: str,
        payload: Payload,
        on_answer: OnAnswer,
        *,
        timeout_s: float,
    ) -> Sends:
        """Call *procedure* for the router itself, which needs no permission.

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
        callee, seat = registration.callee, None
        if callee is None:
            try:
                seat = _take_seat(registration)
            except ApplicationError as refusal:
                payload = Payload(refusal.arguments)
                return on_answer(Error(Call.TYPE, 0, {}, refusal.uri, payload))
            callee = seat.session
        invocation_id = callee.invocation_ids.next()
        pending = PendingCall(
            self._router,
            self._router.invocation_ids.next(),
            callee=callee,
            invocation_id=invocation_id,
            wants_progress=False,
            seat=seat,
        )
        pending.on_answer = on_answer
        pending.deadline = self._deadlines.after(timeout_s, lambda: _expire(pending, timeout_s))
        self._router.calls[pending.request_id] = callee.invocations[invocation_id] = pending
        details = {} if registration.is_exact else {"procedure": procedure}
        return (Send((callee,), Invocation(invocation_id, registration.id, details, payload)),)

    def forget(self, session: RouterSession) -> list[Send]:
        """Drop the calls of *session*, which leaves the realm, and fail the calls to it."""
        sends: list[Send] = []
        for pending in session.calls.values():
            del pending.callee.invocations[pending.invocation_id]
            _settle(pending)
            if pending.callee is not session:
                sends += _interrupt(pending, "killnowait")
        session.calls.clear()
        for pending in session.invocations.values():
            del pending.caller.calls[pending.request_id]
            _settle(pending)
        lost = list(session.invocations.values())
        session.invocations.clear()
        for pending in lost:
            sends += _tell(pending, CANCELED, "the callee left before it answered")
        return sends

    def _details(self, caller: RouterSession, callee: RouterSession, call: Call) -> dict[str, Any]:
        """Build the details of the INVOCATION from the options of *call*."""
        details = self._identity.details(caller) if call.options.get("disclose_me") else {}
        if call.options.get("receive_progress") and _can_progress(callee):
            details["receive_progress"] = True
        return details

    def _progress(self, pending: PendingCall, answer: Yield) -> Sends:
        """Pass on a part of the result, unless the caller never asked for parts."""
        if not pending.wants_progress:
            self._counters.unwanted_progress += 1
            return NOTHING
        result = Result(pending.request_id, {"progress": True}, answer.payload)
        return (Send((pending.caller,), result),)


def _take_seat(registration: Registration) -> Seat:
    """Choose a callee for one call and count it there.

    Raises:
        ApplicationError: all callees have as many calls as they take at once.
    """
    seat = registration.choose()
    if seat is None:
        text = f"all callees of {quoted(registration.procedure)} are busy"
        raise ApplicationError(NO_AVAILABLE_CALLEE, [text])
    seat.calls += 1
    return seat


def _settle(pending: PendingCall) -> None:
    """Let its callee take another call, and let no deadline fall any more."""
    if pending.seat is not None:
        pending.seat.calls -= 1
    if pending.deadline is not None:
        pending.deadline.cancel()


def _end(pending: PendingCall) -> None:
    """Let neither side wait for the other any more."""
    del pending.caller.calls[pending.request_id]
    del pending.callee.invocations[pending.invocation_id]
    _settle(pending)


def _expire(pending: PendingCall, timeout_s: float) -> Sends:
    """Give up a call whose time is over."""
    _end(pending)
    interrupt = _interrupt(pending, "killnowait")
    text = f"no answer within {timeout_s:g} s"
    return [*interrupt, *_tell(pending, TIMEOUT, text)]


def _tell(pending: PendingCall, uri: str, text: str) -> Sends:
    """Answer a call, which has ended, with an error of the router."""
    return _answer(pending, Error(Call.TYPE, pending.request_id, {}, uri, Payload((text,))))


def _answer(pending: PendingCall, answer: Result | Error) -> Sends:
    """Give an answer to who called, which may be the router itself."""
    if pending.on_answer is not None:
        return pending.on_answer(answer)
    return (Send((pending.caller,), answer),)


def _interrupt(pending: PendingCall, mode: str) -> list[Send]:
    """Ask the callee to stop, once, and only if it understands that."""
    if pending.is_interrupted or not pending.callee.supports("callee", "call_canceling"):
        return []
    pending.is_interrupted = True
    options = {"mode": mode, "reason": CANCELED}
    return [Send((pending.callee,), Interrupt(pending.invocation_id, options))]


def _can_progress(callee: RouterSession) -> bool:
    """Tell whether *callee* may send progressive results.

    Specification, "Progressive Call Results": a callee that cannot be interrupted is taken not
    to support them, for nobody could stop it when its caller is gone.
    """
    return callee.supports("callee", "progressive_call_results") and callee.supports(
        "callee", "call_canceling"
    )
