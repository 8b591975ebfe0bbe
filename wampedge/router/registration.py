"""One registration of the dealer, and which of its callees answers the next call."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

from wampedge.router.session import RouterSession

if TYPE_CHECKING:
    from wampedge.router.sends import Sends
    from wampedge.wamp.messages import Call

__all__ = ["BuiltIn", "Registration", "Seat"]

BuiltIn = Callable[[RouterSession, "Call"], "Sends"]
"""A procedure of the router itself: answers a CALL, or raises ApplicationError to refuse it."""

_INDEX_BY_INVOKE = {"single": 0, "first": 0, "last": -1}
"""Where all calls go to one callee: its place in the order of registration."""


class Seat:
    """The place of one session among the callees of a registration.

    Args:
        session: who answers the calls.
        max_calls: calls it takes at once (option ``concurrency``); None for any number.
    """

    __slots__ = ("calls", "max_calls", "session")

    def __init__(self, session: RouterSession, max_calls: int | None) -> None:
        self.session = session
        self.max_calls = max_calls
        self.calls = 0
        """Calls it has not answered; counted where callees are chosen from call to call."""

    @property
    def is_free(self) -> bool:
        """Whether it takes one more call."""
        return self.max_calls is None or self.calls < self.max_calls


class Registration:
    """One procedure, or pattern of procedures, and the sessions that offer it; they share its id.

    Made with its first callee, gone with its last or when it is taken over. Only the registrations
    of the realm add and remove callees.

    Args:
        registration_id: what REGISTERED and INVOCATION call it.
        policy: way to match (option ``match``).
        procedure: the procedure, or the pattern.
        invoke: way to choose a callee (option ``invoke``).
        random_id: chooses the callee where *invoke* is ``random``.
        created_s: when it was made, in seconds since 1970.
    """

    __slots__ = (
        "_is_bounded",
        "_random_id",
        "_turn",
        "answer",
        "callee",
        "created_s",
        "id",
        "invoke",
        "is_exact",
        "policy",
        "procedure",
        "seats",
    )

    def __init__(
        self,
        registration_id: int,
        *,
        policy: str,
        procedure: str,
        invoke: str,
        random_id: Callable[[], int],
        created_s: float = 0.0,
    ) -> None:
        self.id = registration_id
        self.created_s = created_s
        self.policy = policy
        self.is_exact = policy == "exact"
        self.procedure = procedure
        self.invoke = invoke
        self.seats: list[Seat] = []
        self.callee: RouterSession | None = None
        """Who answers every call; None where that changes from call to call."""
        self.answer: BuiltIn | None = None
        """What answers every call where the router offers the procedure itself."""
        self._random_id = random_id
        self._turn = 0
        self._is_bounded = False

    @property
    def callees(self) -> list[RouterSession]:
        """The sessions that offer it, first come first."""
        return [seat.session for seat in self.seats]

    def add(self, session: RouterSession, max_calls: int | None = None) -> None:
        """Let *session* answer calls, after all others in the order of registration."""
        self.seats.append(Seat(session, max_calls))
        self._settle()

    def remove(self, session: RouterSession) -> None:
        """Send no more calls to *session*, a callee; the others keep their order and turn."""
        index = self.callees.index(session)
        del self.seats[index]
        if index < self._turn:
            self._turn -= 1
        elif self._turn == len(self.seats):
            self._turn = 0
        self._settle()

    def choose(self) -> Seat | None:
        """Return who answers this call, where that changes from call to call; None if all are busy.

        Specification, "Shared Registration", "Load Balancing".
        """
        if self.invoke == "roundrobin":
            return self._take_turn()
        free = self.seats
        if self._is_bounded:
            free = [seat for seat in free if seat.is_free]
        if not free:
            return None
        index = _INDEX_BY_INVOKE.get(self.invoke)
        return free[self._random_id() % len(free) if index is None else index]

    def _take_turn(self) -> Seat | None:
        for index in chain(range(self._turn, len(self.seats)), range(self._turn)):
            seat = self.seats[index]
            if seat.is_free:
                self._turn = (index + 1) % len(self.seats)
                return seat
        return None

    def _settle(self) -> None:
        """Find out whether one callee gets all calls, and whether any may be too busy."""
        self._is_bounded = any(seat.max_calls is not None for seat in self.seats)
        index = _INDEX_BY_INVOKE.get(self.invoke)
        self.callee = None
        if index is not None and self.seats and self.seats[index].max_calls is None:
            self.callee = self.seats[index].session
