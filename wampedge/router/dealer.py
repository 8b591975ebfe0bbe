"""The dealer of a realm: CALL, CANCEL, YIELD and ERROR, and who waits for whom.

Offering procedures is the part of ``registrations``; what a call may ask for besides an answer
has files of its own: ``call_timeout``, ``call_input``, ``passthru``, ``fail_over``, ``identity``.
"""

from __future__ import annotations

from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.call_input import announces_input, check_takes_input, more_input, open_input
from wampedge.router.call_timeout import GRACE_S, limit_time, timeout_of
from wampedge.router.counters import RouterCounters
from wampedge.router.deadlines import Deadlines
from wampedge.router.fail_over import second_try
from wampedge.router.identity import Origin
from wampedge.router.matching import quoted
from wampedge.router.names import (
    CANCELED,
    FEATURE_NOT_SUPPORTED,
    INVALID_URI,
    LIMIT,
    NO_SUCH_PROCEDURE,
)
from wampedge.router.options import check_options, check_payload_mode
from wampedge.router.own_calls import OwnCalls
from wampedge.router.passthru import can_unseal, check_may_seal, check_unseals, seal_of
from wampedge.router.pending_call import OnAnswer, PendingCall, can_interrupt
from wampedge.router.permissions import Authorizer, not_authorized
from wampedge.router.registration import Registration
from wampedge.router.registrations import Registrations
from wampedge.router.sends import NOTHING, Send, Sends, error_to
from wampedge.router.session import RouterSession
from wampedge.router.settings import RealmSettings
from wampedge.wamp.marking import INGEST_PROCEDURE
from wampedge.wamp.messages import Call, Cancel, Error, Invocation, Result, Yield
from wampedge.wamp.payload import Payload
from wampedge.wamp.uris import is_loose_uri

__all__ = ["Dealer", "OnAnswer"]

_BROKEN_OFF = "the callee left before it answered"


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
        self._origin = Origin("caller", settings)
        self._counters = counters
        self._deadlines = deadlines
        self._own_calls = OwnCalls(registrations.find, deadlines=deadlines)

    def on_call(self, caller: RouterSession, call: Call) -> Sends:
        """Invoke the procedure at its callee and remember who waits for the answer."""
        request_id, procedure = call.request_id, call.procedure
        if request_id in caller.calls:
            return more_input(caller.calls[request_id], call)
        if caller.ended_inputs is not None and caller.ended_inputs.take(call):
            self._counters.late_inputs += 1
            return NOTHING
        if call.options:
            check_options(call)
        route = self._find(procedure)
        if not self._allows(caller, "call", procedure) and procedure != INGEST_PROCEDURE:
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
                _check_plain(caller, call)
                return registration.answer(caller, call)
            seat = registration.next_seat()
            callee = seat.session
        is_plain = registration.is_plain and not call.options
        details = {} if is_plain else self._details(caller, callee, registration, call)
        invocation_id = callee.invocation_ids.next()
        caller.calls[request_id] = callee.invocations[invocation_id] = pending = PendingCall(
            caller,
            request_id,
            callee=callee,
            invocation_id=invocation_id,
            wants_progress="receive_progress" in details,
            seat=seat,
        )
        invocation = Invocation(invocation_id, registration.id, details, call.payload)
        if not is_plain:
            self._watch(pending, registration, call, invocation)
        return (Send((callee,), invocation),)

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
        interrupt = [] if mode == "skip" else pending.interrupt(mode)
        if mode == "kill" and pending.is_interrupted:
            return interrupt
        pending.end()
        return [error_to(caller, Call.TYPE, cancel.request_id, uri=uri, text=text), *interrupt]

    def on_yield(self, callee: RouterSession, answer: Yield) -> Sends:
        """Give the caller the result, or a part of it."""
        options = answer.options
        if options:
            check_payload_mode(options)
            check_may_seal(callee, "callee", options)
        pending = callee.invocations.get(answer.request_id)
        if pending is None:
            self._counters.late_answers += 1
            return NOTHING
        if options:
            return self._on_special_yield(pending, answer)
        pending.end()
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
        check_may_seal(callee, "callee", error.details)
        pending = callee.invocations.get(error.request_id)
        if pending is None:
            self._counters.late_answers += 1
            return NOTHING
        pending.end()
        if not is_loose_uri(error.error):
            # Passed on as it is, it would make the caller's library end the caller's session.
            text = f"the callee answered with an error that is no URI: {quoted(error.error)}"
            return pending.fail(INVALID_URI, text)
        if seal_of(error.details) and not can_unseal(pending.caller, "caller"):
            return pending.fail(error.error, "the arguments are sealed, which was not announced")
        answer = Error(Call.TYPE, pending.request_id, error.details, error.error, error.payload)
        return pending.answer(answer)

    def call_own(
        self, procedure: str, payload: Payload, on_answer: OnAnswer, *, timeout_s: float
    ) -> Sends:
        """Call *procedure* for the router itself; see ``OwnCalls.call``."""
        return self._own_calls.call(procedure, payload, on_answer, timeout_s=timeout_s)

    def forget(self, session: RouterSession) -> list[Send]:
        """Drop the calls of *session*, which leaves the realm, and fail the calls to it.

        Those that another callee may answer are made again. That goes first: the router itself
        may be told of a failure, and do anything then.
        """
        sends: list[Send] = []
        for pending in session.calls.values():
            del pending.callee.invocations[pending.invocation_id]
            pending.settle()
            if pending.callee is not session:
                sends += pending.interrupt("killnowait")
        session.calls.clear()
        session.ended_inputs = None
        lost = list(session.invocations.values())
        session.invocations.clear()
        failed = []
        for pending in lost:
            invocation = self._try_again(pending)
            if invocation is not None:
                sends.append(invocation)
                continue
            del pending.caller.calls[pending.request_id]
            pending.settle()
            failed.append(pending)
        for pending in failed:
            sends += pending.fail(CANCELED, _BROKEN_OFF)
        return sends

    def _details(
        self, caller: RouterSession, callee: RouterSession, registration: Registration, call: Call
    ) -> dict[str, Any]:
        """Build the details of an INVOCATION: what *call* asks for, and what *registration* does.

        Raises:
            ApplicationError: the callee or the realm does not do what *call* asks for.
            RemoteProtocolError: *caller* asks for what it did not announce.
        """
        options, wishes = call.options, registration.wishes_of(callee)
        details = self._origin.details(
            caller, options, is_wanted=wishes.wants_caller, is_for_node=callee.is_trusted
        )
        if options.get("ppt_scheme"):
            check_unseals(callee)
        if options.get("receive_progress") and _can_progress(callee):
            details["receive_progress"] = True
        if announces_input(caller, options):
            check_takes_input(callee)
            details["progress"] = True
        timeout_ms = timeout_of(options.get("timeout"))
        if timeout_ms and wishes.forwards_timeout:
            details["timeout"] = timeout_ms
        if registration.policy != "exact":
            details["procedure"] = call.procedure
        return details

    def _watch(
        self, pending: PendingCall, registration: Registration, call: Call, invocation: Invocation
    ) -> None:
        """Do what a call needs that is more than a question and an answer."""
        details = invocation.details
        timeout_ms = timeout_of(call.options.get("timeout"))
        if timeout_ms:
            grace_s = GRACE_S if "timeout" in details else 0.0
            limit_time(pending, timeout_ms / 1000, deadlines=self._deadlines, grace_s=grace_s)
        if "progress" in details:
            open_input(pending, invocation, call.procedure)
        pending.second_try = second_try(registration, call)

    def _on_special_yield(self, pending: PendingCall, answer: Yield) -> Sends:
        """Pass on a part of the result, or a sealed one."""
        details = seal_of(answer.options)
        if details and not can_unseal(pending.caller, "caller"):
            pending.end()
            text = "the result is sealed, and payload_passthru_mode was not announced"
            interrupt = pending.interrupt("killnowait") if answer.options.get("progress") else []
            return [*interrupt, *pending.fail(FEATURE_NOT_SUPPORTED, text)]
        if answer.options.get("progress") is not True:
            pending.end()
        elif not pending.wants_progress:
            self._counters.unwanted_progress += 1
            return NOTHING
        else:
            details["progress"] = True
            pending.second_try = None
        return pending.answer(Result(pending.request_id, details, answer.payload))

    def _try_again(self, pending: PendingCall) -> Send | None:
        """Let another callee answer *pending*, whose callee is gone; None where nobody may."""
        again = pending.second_try
        if again is None or pending.is_interrupted or not again.is_possible:
            return None
        registration = again.registration
        try:
            seat = registration.choose() if registration.callee is None else None
            callee = registration.callee if seat is None else seat.session
            if callee is None:
                return None
            details = self._details(pending.caller, callee, registration, again.call)
        except ApplicationError:
            return None
        pending.move(callee, seat)
        pending.wants_progress = "receive_progress" in details
        invocation = Invocation(pending.invocation_id, registration.id, details, again.call.payload)
        return Send((callee,), invocation)


def _check_plain(caller: RouterSession, call: Call) -> None:
    """Refuse to answer a call that sends its arguments sealed or in parts, as the router itself.

    Raises:
        ApplicationError: with the URI ``wamp.error.feature_not_supported``.
        RemoteProtocolError: *caller* did not announce that.
    """
    check_may_seal(caller, "caller", call.options)
    if announces_input(caller, call.options) or call.options.get("ppt_scheme"):
        text = "the router takes its arguments whole and open"
        raise ApplicationError(FEATURE_NOT_SUPPORTED, [text])


def _can_progress(callee: RouterSession) -> bool:
    """Tell whether *callee* may send progressive results.

    Specification, "Progressive Call Results": a callee that cannot be interrupted is taken not
    to support them, for nobody could stop it when its caller is gone.
    """
    return callee.supports("callee", "progressive_call_results") and can_interrupt(callee)
