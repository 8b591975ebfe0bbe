"""The dealer against a model that is small enough to be seen to be right."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.router.site import ALL_ROLES, PLAIN_ROLES, Peer, Site
from wampedge.wamp.messages import (
    Call,
    Cancel,
    Error,
    Interrupt,
    Invocation,
    Message,
    Register,
    Registered,
    Result,
    Unregister,
    Unregistered,
    Yield,
)
from wampedge.wamp.payload import Payload

SEATS = 4
PROCEDURES = ["edge.a", "edge.b", "edge.a.b"]
PATTERNS = [
    ("exact", "edge.a"),
    ("exact", "edge.b"),
    ("prefix", "edge.a"),
    ("prefix", "edge."),
    ("wildcard", "edge."),
    ("wildcard", ".a"),
    ("wildcard", "edge..b"),
]
BEST_FIRST = {
    "edge.a": [PATTERNS[0], PATTERNS[2], PATTERNS[3], PATTERNS[4], PATTERNS[5]],
    "edge.b": [PATTERNS[1], PATTERNS[3], PATTERNS[4]],
    "edge.a.b": [PATTERNS[2], PATTERNS[3], PATTERNS[6]],
}
INVOKES = ["single", "roundrobin", "random", "first", "last"]
CANCELED = "wamp.error.canceled"
USUAL_INVOKE = dict(
    zip(PATTERNS, ["roundrobin", "single", "last", "roundrobin", *INVOKES[2:]], strict=True)
)
BUSY = "wamp.error.no_available_callee"
EXISTS = "wamp.error.procedure_already_exists"
DIFFERS = "wamp.error.procedure_exists_with_different_invocation_policy"

seats = st.integers(0, SEATS - 1)
procedures = st.sampled_from(PROCEDURES)
patterns = st.sampled_from(PATTERNS)


@dataclass
class ModelCall:
    """A call that waits for its answer: who called whom, and what each calls it."""

    caller: int
    request_id: int
    callee: int
    invocation_id: int
    tag: int
    share: int
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

    def add(self, seat: int, share: int, max_calls: int | None) -> None:
        """Let *seat* wait behind everybody who is still to come before the first."""
        first = self.turns.index(self.seats[0]) if self.seats else 0
        self.turns.insert(first or len(self.turns), seat)
        self.seats.append(seat)
        self.shares[seat] = (share, max_calls)

    def remove(self, seat: int) -> None:
        self.seats.remove(seat)
        self.turns.remove(seat)
        del self.shares[seat]

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


class DealerModel(RuleBasedStateMachine):
    """Peers take seats, register, call, answer, cancel and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0
        self.site = Site(random_id=self.draw)
        self.peers: list[Peer | None] = [None] * SEATS
        self.can_interrupt = [False] * SEATS
        self.registered: dict[tuple[str, str], ModelRegistration] = {}
        self.calls: list[ModelCall] = []
        self.invocations = [0] * SEATS
        self.number = 0
        self.expected: dict[int, list[tuple[Any, ...]]] = defaultdict(list)

    def draw(self) -> int:
        self.drawn += 1
        return self.drawn

    def drop(self, seat: int, key: tuple[str, str]) -> None:
        self.registered[key].remove(seat)
        if not self.registered[key].seats:
            del self.registered[key]

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def expect(self, seat: int, *event: Any) -> None:
        self.expected[seat].append(event)

    def interrupt(self, call: ModelCall, mode: str) -> bool:
        if call.is_interrupted or not self.can_interrupt[call.callee]:
            return False
        call.is_interrupted = True
        self.expect(call.callee, "interrupt", call.invocation_id, mode)
        return True

    @rule(seat=seats, is_plain=st.booleans())
    def come_or_go(self, seat: int, *, is_plain: bool) -> None:
        peer = self.peers[seat]
        if peer is None:
            self.peers[seat] = self.site.join(roles=PLAIN_ROLES if is_plain else ALL_ROLES)
            self.can_interrupt[seat] = not is_plain
            self.invocations[seat] = 0
            return
        self.peers[seat] = None
        for call in list(self.calls):
            if call.caller == seat:
                self.calls.remove(call)
                if call.callee != seat:
                    self.interrupt(call, "killnowait")
        for call in list(self.calls):
            if call.callee == seat:
                self.calls.remove(call)
                self.expect(call.caller, "error", Call.TYPE, call.request_id, CANCELED)
        for key in list(self.registered):
            if seat in self.registered[key].seats:
                self.drop(seat, key)
        peer.lose()
        assert peer.read() == []

    @precondition(lambda self: any(self.peers))
    @rule(
        seat=seats,
        key=patterns,
        other_invoke=st.sampled_from([None, None, None, *INVOKES]),
        max_calls=st.sampled_from([None, 1, 2]),
    )
    def register(
        self, seat: int, key: tuple[str, str], other_invoke: str | None, max_calls: int | None
    ) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        invoke = other_invoke or USUAL_INVOKE[key]
        options = {"match": key[0], "invoke": invoke, "concurrency": max_calls}
        answer = peer.ask(Register(number, options, key[1]))
        shared = self.registered.get(key)
        if shared is not None and (shared.invoke == "single" or seat in shared.seats):
            assert summary(answer) == ("error", Register.TYPE, number, EXISTS)
        elif shared is not None and shared.invoke != invoke:
            assert summary(answer) == ("error", Register.TYPE, number, DIFFERS)
        else:
            assert summary(answer) == ("registered", number)
            new = ModelRegistration(answer.registration_id, invoke, [], [], {})
            self.registered.setdefault(key, new).add(seat, number, max_calls)
            assert self.registered[key].registration_id == answer.registration_id

    @precondition(lambda self: any(self.peers) and bool(self.registered))
    @rule(seat=seats, key=patterns)
    def unregister(self, seat: int, key: tuple[str, str]) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None or key not in self.registered:
            return
        answer = peer.ask(Unregister(number, self.registered[key].registration_id))
        if seat in self.registered[key].seats:
            assert summary(answer) == ("unregistered", number)
            self.drop(seat, key)
        else:
            absent = "wamp.error.no_such_registration"
            assert summary(answer) == ("error", Unregister.TYPE, number, absent)

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, procedure=procedures)
    def call(self, seat: int, procedure: str) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        best = next((key for key in BEST_FIRST[procedure] if key in self.registered), None)
        busy = Counter(call.share for call in self.calls)
        callee = self.registered[best].choose(self.drawn + 1, busy) if best is not None else None
        if best is not None and callee is not None:
            self.invocations[callee] += 1
            invocation_id = self.invocations[callee]
            share = self.registered[best].shares[callee][0]
            self.calls.append(ModelCall(seat, number, callee, invocation_id, number, share))
            details = {} if best[0] == "exact" else {"procedure": procedure}
            self.expect(callee, "invocation", invocation_id, number, details)
        elif best is not None:
            self.expect(seat, "error", Call.TYPE, number, BUSY)
        else:
            absent = "wamp.error.no_such_procedure"
            self.expect(seat, "error", Call.TYPE, number, absent)
        peer.send(Call(number, {}, procedure, Payload([number])))

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, invocation_id=st.integers(1, 6), is_error=st.booleans())
    def answer(self, seat: int, invocation_id: int, *, is_error: bool) -> None:
        peer = self.peers[seat]
        if peer is None:
            return
        for call in self.calls:
            if (call.callee, call.invocation_id) == (seat, invocation_id):
                self.calls.remove(call)
                event = (
                    ("error", Call.TYPE, call.request_id, "edge.error")
                    if is_error
                    else ("result", call.request_id, -call.tag)
                )
                self.expect(call.caller, *event)
                payload = Payload([-call.tag])
                break
        else:
            payload = Payload(["late"])
        if is_error:
            peer.send(Error(Invocation.TYPE, invocation_id, {}, "edge.error", payload))
        else:
            peer.send(Yield(invocation_id, {}, payload))

    @precondition(lambda self: bool(self.calls))
    @rule(choice=st.integers(0, 100), mode=st.sampled_from(["skip", "kill", "killnowait"]))
    def cancel(self, choice: int, mode: str) -> None:
        call = self.calls[choice % len(self.calls)]
        caller = self.peers[call.caller]
        assert caller is not None, "who left has no calls"
        waits = mode == "kill" and self.can_interrupt[call.callee]
        if not waits:
            self.calls.remove(call)
            self.expect(call.caller, "error", Call.TYPE, call.request_id, CANCELED)
        if mode != "skip":
            self.interrupt(call, mode)
        caller.send(Cancel(call.request_id, {"mode": mode}))

    @invariant()
    def everybody_was_told_what_the_model_says(self) -> None:
        for seat, peer in enumerate(self.peers):
            if peer is not None:
                assert [summary(message) for message in peer.read()] == self.expected[seat]
        self.expected.clear()

    @invariant()
    def nobody_waits_but_those_in_the_model(self) -> None:
        for seat, peer in enumerate(self.peers):
            if peer is None:
                continue
            waiting = {call.request_id for call in self.calls if call.caller == seat}
            working = {call.invocation_id for call in self.calls if call.callee == seat}
            assert peer.session.calls.keys() == waiting
            assert peer.session.invocations.keys() == working

    def teardown(self) -> None:
        for peer in self.peers:
            if peer is not None:
                peer.lose()
        realm = self.site.router._realm_by_name["edge"]
        assert realm.session_by_id == {}
        assert all(not realm.registrations.find(name).entries for name in PROCEDURES)


TestDealerModel = DealerModel.TestCase
TestDealerModel.settings = settings(stateful_step_count=60)
