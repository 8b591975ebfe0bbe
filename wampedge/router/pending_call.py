"""One call on its way: who waits for whom, and how the two part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wampedge.router.names import CANCELED
from wampedge.router.sends import Send, Sends
from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Call, Error, Interrupt, Result
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.call_input import CallInput
    from wampedge.router.fail_over import SecondTry
    from wampedge.router.registration import Seat

__all__ = ["OnAnswer", "PendingCall", "can_interrupt"]

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
        "at_end",
        "callee",
        "caller",
        "input",
        "invocation_id",
        "is_interrupted",
        "on_answer",
        "request_id",
        "seat",
        "second_try",
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
        if seat is not None:
            seat.calls += 1
        self.is_interrupted = False
        self.at_end: tuple[Callable[[], None], ...] = ()
        """What to do when the call ends, however it ends, such as stopping its clock."""
        self.input: CallInput | None = None
        """What follows the first CALL, where the caller sends its arguments in parts."""
        self.second_try: SecondTry | None = None
        """How another callee may answer if this one dies; None where that is not safe."""
        self.on_answer: OnAnswer | None = None
        """Who takes the answer where the router itself is the caller."""

    def end(self) -> None:
        """Let neither side wait for the other any more."""
        del self.caller.calls[self.request_id]
        del self.callee.invocations[self.invocation_id]
        self.settle()

    def settle(self) -> None:
        """Let its callee take another call, and free whatever else the call held."""
        if self.seat is not None:
            self.seat.calls -= 1
        if self.at_end:
            for act in self.at_end:
                act()

    def move(self, callee: RouterSession, seat: Seat | None) -> None:
        """Let *callee* answer in the place of the one that is gone."""
        if self.seat is not None:
            self.seat.calls -= 1
        self.seat = seat
        if seat is not None:
            seat.calls += 1
        self.callee = callee
        self.invocation_id = callee.invocation_ids.next()
        callee.invocations[self.invocation_id] = self

    def answer(self, answer: Result | Error) -> Sends:
        """Give an answer to who called, which may be the router itself."""
        if self.on_answer is not None:
            return self.on_answer(answer)
        return (Send((self.caller,), answer),)

    def fail(self, uri: str, text: str) -> Sends:
        """Answer the call, which has ended, with an error of the router."""
        return self.answer(Error(Call.TYPE, self.request_id, {}, uri, Payload((text,))))

    def interrupt(self, mode: str, reason: str = CANCELED) -> list[Send]:
        """Ask the callee to stop, once, and only if it understands that."""
        if self.is_interrupted or not can_interrupt(self.callee):
            return []
        self.is_interrupted = True
        options = {"mode": mode, "reason": reason}
        return [Send((self.callee,), Interrupt(self.invocation_id, options))]


def can_interrupt(callee: RouterSession) -> bool:
    """Tell whether *callee* understands INTERRUPT; the specification spells it in two ways."""
    return callee.supports("callee", "call_canceling") or callee.supports(
        "callee", "call_cancelling"
    )
