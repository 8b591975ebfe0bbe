"""Names that two sessions want: is the one that has it still there?

A peer that lost its power keeps its registrations until its connection is found dead, and would
be refused its own names when it is back. So a REGISTER that cannot be had makes the router look
at once whether the callees in its way are alive, and waits that long for its answer.

::

    conflict ──a callee is known alive, or cannot be asked──▶ refused at once
        │
        └──all are asked──▶ waiting ──a callee answers────────────────────▶ refused
                              │     ──PATIENCE_S are over─────────────────▶ refused
                              │     ──the registration ends───────────────▶ registered
                              └─────same user, silent for OWN_PATIENCE_S──▶ taken over
"""

from __future__ import annotations

from collections.abc import Callable

from wampedge.errors import ApplicationError
from wampedge.router.deadlines import Deadline, Deadlines
from wampedge.router.registration import Registration
from wampedge.router.sends import NOTHING, Send, Sends, error_to
from wampedge.router.session import RouterSession
from wampedge.wamp.messages import Register

__all__ = ["MAX_WAITING", "OWN_PATIENCE_S", "PATIENCE_S", "PROBE_S", "Contests"]

PROBE_S = 2.0
"""A callee that gives no sign of life for so long loses its connection, and all its names."""

PATIENCE_S = 2.5
"""A REGISTER is refused at the latest after this."""

OWN_PATIENCE_S = 0.8
"""So long a callee must be silent before its own user, back on a new connection, gets its name."""

MAX_WAITING = 1_000
"""REGISTERs of one realm that may wait at once; the next ones are refused at once."""

_FIRST_LOOK_S = 0.02
_LAST_LOOK_S = 0.2


class _Contest:
    """One REGISTER that waits.

    Args:
        newcomer: who sent it.
        register: the REGISTER.
        registration: what is in its way.
        refusal: what the newcomer hears if nothing changes.
        opened_s: when it began to wait.
    """

    __slots__ = (
        "deadline",
        "look_s",
        "newcomer",
        "opened_s",
        "refusal",
        "register",
        "registration",
    )

    def __init__(
        self,
        newcomer: RouterSession,
        register: Register,
        *,
        registration: Registration,
        refusal: ApplicationError,
        opened_s: float,
    ) -> None:
        self.newcomer = newcomer
        self.register = register
        self.registration = registration
        self.refusal = refusal
        self.deadline: Deadline
        self.look_s = _FIRST_LOOK_S
        self.opened_s = opened_s

    @property
    def is_among_own(self) -> bool:
        """Whether the newcomer and all that are in its way proved to be the same user."""
        newcomer = self.newcomer
        return newcomer.authmethod != "anonymous" and all(
            callee.authid == newcomer.authid and callee.authmethod != "anonymous"
            for callee in self.registration.callees
        )


class Contests:
    """All REGISTERs of one realm that wait; part of its registrations.

    Args:
        deadlines: where they wait.
        offer: lets a session have a registration, or raises ApplicationError.
        revoke: takes a registration from its callees.
    """

    def __init__(
        self,
        deadlines: Deadlines,
        *,
        offer: Callable[[RouterSession, Register], Sends],
        revoke: Callable[[Registration], Sends],
    ) -> None:
        self._deadlines = deadlines
        self._offer = offer
        self._revoke = revoke
        self._contests: dict[_Contest, None] = {}

    def open(
        self,
        newcomer: RouterSession,
        register: Register,
        *,
        registration: Registration,
        refusal: ApplicationError,
    ) -> bool:
        """Let *register* wait until it is known whether those in its way are alive.

        Returns:
            False when that cannot be found out; nothing waits then.
        """
        callees = registration.callees
        if registration.answer is not None or newcomer in callees:
            return False
        if len(self._contests) >= MAX_WAITING:
            return False
        # All are asked, although the answer is known if one cannot be: others may be dead.
        are_asked = [callee.probe is not None and callee.probe(PROBE_S) for callee in callees]
        if not all(are_asked):
            return False
        contest = _Contest(
            newcomer,
            register,
            registration=registration,
            refusal=refusal,
            opened_s=self._deadlines.monotonic_s(),
        )
        self._contests[contest] = None
        self._look_later(contest)
        return True

    def on_gone(self, registration: Registration) -> Sends:
        """Give the name of *registration*, which has ended, to who waited for it first."""
        if not self._contests:
            return NOTHING
        sends: list[Send] = []
        for contest in [each for each in self._contests if each.registration is registration]:
            self._close(contest)
            try:
                sends += self._offer(contest.newcomer, contest.register)
            except ApplicationError as refusal:
                sends.append(_refused(contest, refusal))
        return sends

    def forget(self, newcomer: RouterSession) -> None:
        """Let nothing wait for *newcomer*, which leaves the realm."""
        if self._contests:
            for contest in [each for each in self._contests if each.newcomer is newcomer]:
                self._close(contest)

    def _look_later(self, contest: _Contest) -> None:
        delay_s = contest.look_s
        contest.look_s = min(delay_s * 2, _LAST_LOOK_S)
        contest.deadline = self._deadlines.after(delay_s, lambda: self._look(contest))

    def _look(self, contest: _Contest) -> Sends:
        """See whether somebody has answered, who is in the way of *contest*."""
        callees = contest.registration.callees
        if not all(callee.is_silent is not None and callee.is_silent() for callee in callees):
            return self._refuse(contest)
        waited_s = self._deadlines.monotonic_s() - contest.opened_s
        if waited_s >= OWN_PATIENCE_S and contest.is_among_own:
            revocation = self._revoke(contest.registration)
            return [*revocation, *self.on_gone(contest.registration)]
        if waited_s >= PATIENCE_S:
            return self._refuse(contest)
        self._look_later(contest)
        return NOTHING

    def _refuse(self, contest: _Contest) -> Sends:
        self._close(contest)
        return (_refused(contest, contest.refusal),)

    def _close(self, contest: _Contest) -> None:
        del self._contests[contest]
        contest.deadline.cancel()


def _refused(contest: _Contest, refusal: ApplicationError) -> Send:
    request_id, text = contest.register.request_id, str(refusal.arguments[0])
    return error_to(contest.newcomer, Register.TYPE, request_id, uri=refusal.uri, text=text)
