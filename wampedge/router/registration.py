"""One registration of the dealer, and which of its callees answers the next call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from wampedge.errors import ApplicationError
from wampedge.router.matching import quoted
from wampedge.router.names import NO_AVAILABLE_CALLEE
from wampedge.router.session import RouterSession

if TYPE_CHECKING:
    from wampedge.router.sends import Sends
    from wampedge.wamp.messages import Call

__all__ = ["BuiltIn", "CalleeWishes", "Registration", "Seat"]

BuiltIn = Callable[[RouterSession, "Call"], "Sends"]
"""A procedure of the router itself: answers a CALL, or raises ApplicationError to refuse it."""

_INDEX_BY_INVOKE = {"single": 0, "first": 0, "last": -1}
"""Where all calls go to one callee: its place in the order of registration."""


@dataclass(frozen=True, slots=True)
class CalleeWishes:
    """What a callee asked for in its REGISTER besides the procedure.

    Args:
        max_calls: calls it takes at once (option ``concurrency``); None for any number.
        wants_caller: it wants to be told who calls (option ``disclose_caller``).
        forwards_timeout: it watches the time of calls itself (option ``forward_timeout``).
        fails_over: its calls may be made again when it dies (option ``x_failover``).
    """

    max_calls: int | None = None
    wants_caller: bool = False
    forwards_timeout: bool = False
    fails_over: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> CalleeWishes:
        """Read the options of a REGISTER, checked before."""
        return cls(
            max_calls=options.get("concurrency"),
            wants_caller=options.get("disclose_caller") is True,
            forwards_timeout=options.get("forward_timeout") is True,
            fails_over=options.get("x_failover") is True,
        )


_NONE = CalleeWishes()


class Seat:
    """The place of one session among the callees of a registration.

    Args:
        session: who answers the calls.
        wishes: how it wants to be called.
    """

    __slots__ = ("calls", "max_calls", "session", "wishes")

    def __init__(self, session: RouterSession, wishes: CalleeWishes) -> None:
        self.session = session
        self.wishes = wishes
        self.max_calls = wishes.max_calls
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
        has_details: each INVOCATION tells something, such as how far its caller is trusted.
    """

    __slots__ = (
        "_has_details",
        "_is_bounded",
        "_random_id",
        "_turn",
        "answer",
        "callee",
        "created_s",
        "fails_over",
        "id",
        "invoke",
        "is_fallback",
        "is_plain",
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
        has_details: bool = False,
    ) -> None:
        self.id = registration_id
        self.created_s = created_s
        self.policy = policy
        self.procedure = procedure
        self.invoke = invoke
        self.seats: list[Seat] = []
        self.callee: RouterSession | None = None
        """Who answers every call; None where that changes from call to call."""
        self.answer: BuiltIn | None = None
        """What answers every call where the router offers the procedure itself."""
        self.is_plain = True
        """Whether an INVOCATION tells nothing but what the options of its CALL ask for."""
        self.is_fallback = False
        """Whether calls come here only where nobody else answers them."""
        self.fails_over = False
        """Whether all callees say that a call of one that died may be made again."""
        self._has_details = has_details or policy != "exact"
        self._random_id = random_id
        self._turn = 0
        self._is_bounded = False

    @property
    def callees(self) -> list[RouterSession]:
        """The sessions that offer it, first come first."""
        return [seat.session for seat in self.seats]

    def add(self, session: RouterSession, wishes: CalleeWishes = _NONE) -> None:
        """Let *session* answer calls, after all others in the order of registration."""
        self.seats.append(Seat(session, wishes))
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

    def wishes_of(self, session: RouterSession) -> CalleeWishes:
        """Return how *session*, a callee, wants to be called."""
        return next(seat.wishes for seat in self.seats if seat.session is session)

    def next_seat(self) -> Seat:
        """Return who answers this call, where that changes from call to call.

        Raises:
            ApplicationError: all callees have as many calls as they take at once.
        """
        seat = self.choose()
        if seat is None:
            text = f"all callees of {quoted(self.procedure)} are busy"
            raise ApplicationError(NO_AVAILABLE_CALLEE, [text])
        return seat

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
        """Find out what holds for all callees: a call then looks at that alone."""
        self._is_bounded = any(seat.max_calls is not None for seat in self.seats)
        self.fails_over = self.invoke != "single" and all(
            seat.wishes.fails_over for seat in self.seats
        )
        wants_caller = any(seat.wishes.wants_caller for seat in self.seats)
        self.is_plain = not (self._has_details or wants_caller or self.fails_over)
        index = _INDEX_BY_INVOKE.get(self.invoke)
        self.callee = None
        if index is not None and self.seats and self.seats[index].max_calls is None:
            self.callee = self.seats[index].session
