"""The calls and registrations of the dealer's model, small enough to be seen to be right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from wampedge.wamp.messages import (
    Error,
    Interrupt,
    Invocation,
    Message,
    Registered,
    Result,
    Unregistered,
)

__all__ = ["ModelCall", "ModelRegistration", "summary"]


@dataclass
class ModelCall:
    """A call that waits for its answer: who called whom, and what each calls it."""

    caller: int
    request_id: int
    callee: int
    invocation_id: int
    tag: int
    share: int
    key: tuple[str, str]
    details: dict[str, Any]
    due_s: float | None = None
    has_more: bool = False
    is_safe_twice: bool = False
    is_interrupted: bool = False


@dataclass
class ModelRegistration:
    """Who shares a procedure, first come first, and the order in which they are to take turns.

    Each has its share under a number of its own, and takes so many calls at once.
    """

    registration_id: int
    invoke: str
    seats: list[int]
    turns: list[int]
    shares: dict[int, tuple[int, int | None]]
    fails_over: dict[int, bool]

    @property
    def is_safe_twice(self) -> bool:
        """Whether a call may be made again when its callee dies."""
        return self.invoke != "single" and all(self.fails_over.values())

    def add(self, seat: int, share: int, max_calls: int | None, *, fails_over: bool) -> None:
        """Let *seat* wait behind everybody who is still to come before the first."""
        first = self.turns.index(self.seats[0]) if self.seats else 0
        self.turns.insert(first or len(self.turns), seat)
        self.seats.append(seat)
        self.shares[seat] = (share, max_calls)
        self.fails_over[seat] = fails_over

    def remove(self, seat: int) -> None:
        self.seats.remove(seat)
        self.turns.remove(seat)
        del self.shares[seat]
        del self.fails_over[seat]

    def is_free(self, seat: int, busy: Counter[int]) -> bool:
        share, max_calls = self.shares[seat]
        return max_calls is None or busy[share] < max_calls

    def choose(self, draw: int, busy: Counter[int]) -> int | None:
        """Say who answers the next call, if *draw* is drawn next; None if all are *busy*."""
        free = [seat for seat in self.seats if self.is_free(seat, busy)]
        if not free:
            return None
        match self.invoke:
            case "roundrobin":
                place = next(n for n, seat in enumerate(self.turns, start=1) if seat in free)
                self.turns = self.turns[place:] + self.turns[:place]
                return self.turns[-1]
            case "random":
                return free[draw % len(free)]
            case "last":
                return free[-1]
            case _:
                return free[0]


def summary(message: Message) -> tuple[Any, ...]:
    """Say what a message means in the terms of the model."""
    match message:
        case Registered(request_id=request_id):
            return ("registered", request_id)
        case Unregistered(request_id=request_id):
            return ("unregistered", request_id)
        case Invocation(request_id=request_id, payload=payload, details=details):
            return ("invocation", request_id, payload.args[0], details)
        case Result(request_id=request_id, payload=payload):
            return ("result", request_id, payload.args[0])
        case Interrupt(request_id=request_id, options=options):
            return ("interrupt", request_id, options["mode"])
        case Error(request_type=request_type, request_id=request_id, error=uri):
            return ("error", request_type, request_id, uri)
        case _:
            raise AssertionError(f"the dealer sends no {message}")
