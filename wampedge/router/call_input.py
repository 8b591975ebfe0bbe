"""Arguments in parts: a caller goes on sending CALL with one request id until it says it is done.

Specification, "Progressive Call Invocations".
"""

from __future__ import annotations

from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.matching import quoted
from wampedge.router.names import FEATURE_NOT_SUPPORTED
from wampedge.router.options import check_options
from wampedge.router.pending_call import PendingCall, can_interrupt
from wampedge.router.sends import NOTHING, Send, Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Call, Invocation
from wampedge.wamp.recent_ids import RecentIds

__all__ = [
    "CallInput",
    "EndedInputs",
    "announces_input",
    "break_off",
    "check_takes_input",
    "more_input",
    "open_input",
]

_FEATURE = "progressive_call_invocations"


class CallInput:
    """The parts of one call's arguments; lives as long as its ``PendingCall``.

    Args:
        procedure: what the first CALL called; the others may call nothing else.
        first: its INVOCATION, whose details all others have too, but for ``progress``.
    """

    __slots__ = ("details", "is_open", "procedure", "registration_id")

    def __init__(self, procedure: str, first: Invocation) -> None:
        self.procedure = procedure
        self.registration_id = first.registration_id
        self.details = {name: value for name, value in first.details.items() if name != "progress"}
        self.is_open = True
        """More is to come."""


class EndedInputs:
    """The calls of one session that were answered while more of their arguments was to come.

    What was on its way then is neither a new call nor a violation: the caller could not know.
    """

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids = RecentIds()

    def add(self, request_id: int) -> None:
        """Expect more of a call that has ended; of many, the oldest is forgotten."""
        self._ids.add(request_id)

    def __contains__(self, request_id: int) -> bool:
        return request_id in self._ids

    def take(self, call: Call) -> bool:
        """Tell whether *call* is a late part; the last part makes its id free again."""
        if call.request_id not in self._ids:
            return False
        if call.options.get("progress") is not True:
            self._ids.discard(call.request_id)
        return True


def announces_input(caller: RouterSession, options: dict[str, Any]) -> bool:
    """Tell whether a first CALL with *options* is to be followed by more.

    Raises:
        RemoteProtocolError: *caller* did not announce that it would do so.
    """
    if options.get("progress") is not True:
        return False
    if not caller.supports("caller", _FEATURE):
        raise RemoteProtocolError(f"option progress: the caller did not announce {_FEATURE}")
    return True


def check_takes_input(callee: RouterSession) -> None:
    """Refuse to send arguments in parts to a *callee* that expects them whole.

    Nor to one that cannot be interrupted: nobody could tell it that its caller is gone.

    Raises:
        ApplicationError: with the URI ``wamp.error.feature_not_supported``.
    """
    if not (callee.supports("callee", _FEATURE) and can_interrupt(callee)):
        text = f"the callee did not announce {_FEATURE} and call_canceling"
        raise ApplicationError(FEATURE_NOT_SUPPORTED, [text])


def open_input(pending: PendingCall, invocation: Invocation, procedure: str) -> None:
    """Expect more arguments of *pending*, a call of *procedure* that began with *invocation*."""
    pending.input = CallInput(procedure, invocation)
    pending.at_end += (lambda: _remember(pending),)


def more_input(pending: PendingCall, call: Call) -> Sends:
    """Pass on one more part of the arguments; of its options only ``progress`` counts.

    Raises:
        RemoteProtocolError: the call is no such call, or its arguments were complete.
    """
    parts = pending.input
    if parts is None or not parts.is_open:
        raise RemoteProtocolError(f"CALL {call.request_id} is still pending")
    if call.procedure != parts.procedure:
        text = f"CALL {call.request_id} is for {quoted(parts.procedure)}"
        raise RemoteProtocolError(f"{text}, not for {quoted(call.procedure)}")
    try:
        check_options(call)
    except ApplicationError as refusal:
        return break_off(pending, refusal.uri, str(refusal.arguments[0]))
    parts.is_open = call.options.get("progress") is True
    if pending.is_interrupted:
        return NOTHING  # the callee was told to stop; only its last word is missing
    details = {**parts.details, "progress": True} if parts.is_open else dict(parts.details)
    invocation = Invocation(pending.invocation_id, parts.registration_id, details, call.payload)
    return (Send((pending.callee,), invocation),)


def break_off(pending: PendingCall, uri: str, text: str) -> Sends:
    """End a call one part of which cannot be passed on.

    The caller takes the ERROR for the end of its call, so that it has to be that.
    """
    pending.end()
    return [*pending.interrupt("killnowait"), *pending.fail(uri, text)]


def _remember(pending: PendingCall) -> None:
    """Expect what the caller of *pending*, which has ended, sends before it knows."""
    if pending.input is None or not pending.input.is_open:
        return
    caller = pending.caller
    if caller.ended_inputs is None:
        caller.ended_inputs = EndedInputs()
    caller.ended_inputs.add(pending.request_id)
