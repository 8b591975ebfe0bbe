"""The dealer of a realm: CALL, CANCEL, YIELD and ERROR, and who waits for whom.

Offering procedures is the part of ``registrations``.
"""

from __future__ import annotations

from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.counters import RouterCounters
from wampedge.router.identity import Identity
from wampedge.router.matching import quoted
from wampedge.router.names import (
    CANCELED,
    INVALID_URI,
    LIMIT,
    NO_AVAILABLE_CALLEE,
    NO_SUCH_PROCEDURE,
)
from wampedge.router.options import check_options, check_payload_mode
from wampedge.router.permissions import Authorizer, not_authorized
from wampedge.router.registration import Registration, Seat
from wampedge.router.registrations import Registrations
from wampedge.router.sends import NOTHING, Send, Sends, error_to
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Interrupt,
    Invocation,
    Result,
    Yield,
)
from wampedge.wamp.uris import is_loose_uri

__all__ = ["Dealer", "PendingCall"]


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
        "invocation_id",
        "is_interrupted",
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


class Dealer:
    """Calls of one realm.

    Args:
        settings: the realm.
        registrations: the procedures of the realm.
        authorizer: asked before each CALL.
        counters: where late messages are counted.
    """

    def __init__(
        self,
        settings: RealmSettings,
        *,
        registrations: Registrations,
        authorizer: Authorizer,
        counters: RouterCounters,
    ) -> None:
        self._max_pending_calls = settings.limits.pending_calls
        self._find = registrations.find
        self._allows = authorizer.allows
        self._identity = Identity("caller", may_disclose=settings.may_disclose)
        self._counters = counters

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
        return (Send((pending.caller,), Result(pending.request_id, {}, answer.payload)),)

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
        caller, request_id = pending.caller, pending.request_id
        if not is_loose_uri(error.error):
            # Passed on as it is, it would make the caller's library end the caller's session.
            text = f"the callee answered with an error that is no URI: {quoted(error.error)}"
            return (error_to(caller, Call.TYPE, request_id, uri=INVALID_URI, text=text),)
        answer = Error(Call.TYPE, request_id, error.details, error.error, error.payload)
        return (Send((caller,), answer),)

    def forget(self, session: RouterSession) -> list[Send]:
        """Drop the calls of *session*, which leaves the realm, and fail the calls to it."""
        sends = []
        for pending in session.calls.values():
            del pending.callee.invocations[pending.invocation_id]
            _free_seat(pending)
            if pending.callee is not session:
                sends += _interrupt(pending, "killnowait")
        session.calls.clear()
        for pending in session.invocations.values():
            del pending.caller.calls[pending.request_id]
            text = "the callee left before it answered"
            sends.append(
                error_to(pending.caller, Call.TYPE, pending.request_id, uri=CANCELED, text=text)
            )
        session.invocations.clear()
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


def _free_seat(pending: PendingCall) -> None:
    """Let its callee take another call; one who left in between counts nothing any more."""
    if pending.seat is not None:
        pending.seat.calls -= 1


def _end(pending: PendingCall) -> None:
    """Let neither side wait for the other any more."""
    del pending.caller.calls[pending.request_id]
    del pending.callee.invocations[pending.invocation_id]
    _free_seat(pending)


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
