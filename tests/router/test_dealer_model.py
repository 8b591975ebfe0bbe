"""The dealer against a model that is small enough to be seen to be right."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.router.dealer_model import ModelCall, ModelRegistration, summary
from tests.router.site import ALL_ROLES, PLAIN_ROLES, Peer, Site
from wampedge.wamp.messages import Call, Cancel, Error, Invocation, Register, Unregister, Yield
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
TIMEOUT = "wamp.error.timeout"
UNSUPPORTED = "wamp.error.feature_not_supported"
USUAL_INVOKE = dict(
    zip(PATTERNS, ["roundrobin", "single", "last", "roundrobin", *INVOKES[2:]], strict=True)
)
BUSY = "wamp.error.no_available_callee"
EXISTS = "wamp.error.procedure_already_exists"
DIFFERS = "wamp.error.procedure_exists_with_different_invocation_policy"

seats = st.integers(0, SEATS - 1)
procedures = st.sampled_from(PROCEDURES)
patterns = st.sampled_from(PATTERNS)


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
        self.late: list[set[int]] = [set() for _ in range(SEATS)]
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

    def end(self, call: ModelCall) -> None:
        self.calls.remove(call)
        if call.has_more:
            self.late[call.caller].add(call.request_id)

    def choose(self, key: tuple[str, str], draws: int) -> int | None:
        busy = Counter(call.share for call in self.calls)
        return self.registered[key].choose(self.drawn + 1 + draws, busy)

    def invoke(self, call: ModelCall, callee: int) -> None:
        """Give *call* to *callee*."""
        self.invocations[callee] += 1
        call.callee, call.invocation_id = callee, self.invocations[callee]
        call.share = self.registered[call.key].shares[callee][0]
        self.calls.append(call)
        details = {**call.details, "progress": True} if call.has_more else call.details
        self.expect(callee, "invocation", call.invocation_id, call.tag, details)

    def lose_callee(self, lost: list[ModelCall]) -> None:
        """Let other callees take the calls of one that is gone, and fail the rest."""
        failed, draws = [], 0
        for call in lost:
            self.calls.remove(call)
            registration = self.registered.get(call.key)
            may_try = call.is_safe_twice and not call.is_interrupted and registration is not None
            callee = None
            if registration is not None and may_try and registration.is_safe_twice:
                callee = self.choose(call.key, draws)
                draws += registration.invoke == "random" and callee is not None
            if callee is None:
                failed.append(call)
            else:
                self.invoke(call, callee)
        for call in failed:
            if call.has_more:
                self.late[call.caller].add(call.request_id)
            self.expect(call.caller, "error", Call.TYPE, call.request_id, CANCELED)

    @initialize(
        plain=st.sets(seats, max_size=1),
        callees=st.lists(st.tuples(seats, patterns, st.sampled_from([None, None, 1]))),
    )
    def open_the_site(
        self, plain: set[int], callees: list[tuple[int, tuple[str, str], int | None]]
    ) -> None:
        for seat in range(SEATS):
            self.come_or_go(seat, is_plain=seat in plain)
        for seat, key, max_calls in [*callees, (0, PATTERNS[0], None), (1, PATTERNS[0], None)]:
            self.register(seat, key, None, max_calls, fails_over=True)

    @rule(seat=seats, is_plain=st.booleans())
    def come_or_go(self, seat: int, *, is_plain: bool) -> None:
        peer = self.peers[seat]
        if peer is None:
            self.peers[seat] = self.site.join(roles=PLAIN_ROLES if is_plain else ALL_ROLES)
            self.can_interrupt[seat] = not is_plain
            self.invocations[seat] = 0
            self.late[seat] = set()
            return
        self.peers[seat] = None
        for call in list(self.calls):
            if call.caller == seat:
                self.calls.remove(call)
                if call.callee != seat:
                    self.interrupt(call, "killnowait")
        for key in list(self.registered):
            if seat in self.registered[key].seats:
                self.drop(seat, key)
        self.lose_callee([call for call in self.calls if call.callee == seat])
        peer.lose()
        assert peer.read() == []

    @precondition(lambda self: any(self.peers))
    @rule(
        seat=seats,
        key=patterns,
        other_invoke=st.sampled_from([None, None, None, *INVOKES]),
        max_calls=st.sampled_from([None, 1, 2]),
        fails_over=st.sampled_from([True, True, False]),
    )
    def register(
        self,
        seat: int,
        key: tuple[str, str],
        other_invoke: str | None,
        max_calls: int | None,
        *,
        fails_over: bool,
    ) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        invoke = other_invoke or USUAL_INVOKE[key]
        options = {
            "match": key[0],
            "invoke": invoke,
            "concurrency": max_calls,
            "x_failover": fails_over,
        }
        answer = peer.ask(Register(number, options, key[1]))
        shared = self.registered.get(key)
        if shared is not None and (shared.invoke == "single" or seat in shared.seats):
            assert summary(answer) == ("error", Register.TYPE, number, EXISTS)
        elif shared is not None and shared.invoke != invoke:
            assert summary(answer) == ("error", Register.TYPE, number, DIFFERS)
        else:
            assert summary(answer) == ("registered", number)
            new = ModelRegistration(answer.registration_id, invoke, [], [], {}, {})
            registration = self.registered.setdefault(key, new)
            registration.add(seat, number, max_calls, fails_over=fails_over)
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
    @rule(
        seat=seats,
        procedure=procedures,
        timeout_s=st.sampled_from([None, None, 1, 3]),
        has_more=st.booleans(),
    )
    def call(self, seat: int, procedure: str, timeout_s: int | None, *, has_more: bool) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        has_more = has_more and self.can_interrupt[seat]
        best = next((key for key in BEST_FIRST[procedure] if key in self.registered), None)
        callee = self.choose(best, 0) if best is not None else None
        if best is None:
            absent = "wamp.error.no_such_procedure"
            self.expect(seat, "error", Call.TYPE, number, absent)
        elif callee is None:
            self.expect(seat, "error", Call.TYPE, number, BUSY)
        elif has_more and not self.can_interrupt[callee]:
            self.expect(seat, "error", Call.TYPE, number, UNSUPPORTED)
        else:
            details = {} if best[0] == "exact" else {"procedure": procedure}
            call = ModelCall(seat, number, 0, 0, number, 0, best, details, has_more=has_more)
            call.is_safe_twice = self.registered[best].is_safe_twice and not has_more
            call.due_s = None if timeout_s is None else self.site.now_s + timeout_s
            self.invoke(call, callee)
        options: dict[str, Any] = {"timeout": (timeout_s or 0) * 1000}
        if has_more:
            options["progress"] = True
        peer.send(Call(number, options, procedure, Payload([number])))

    @precondition(lambda self: any(call.has_more for call in self.calls))
    @rule(choice=st.integers(0, 100), has_more=st.booleans())
    def send_more(self, choice: int, *, has_more: bool) -> None:
        waiting = [call for call in self.calls if call.has_more]
        call = waiting[choice % len(waiting)]
        caller = self.peers[call.caller]
        assert caller is not None, "who left has no calls"
        call.has_more, tag = has_more, self.next_number()
        details = {**call.details, "progress": True} if has_more else call.details
        if not call.is_interrupted:
            self.expect(call.callee, "invocation", call.invocation_id, tag, details)
        procedure = caller.session.calls[call.request_id].input.procedure  # type: ignore[union-attr]  # it has more to send
        caller.send(Call(call.request_id, {"progress": has_more}, procedure, Payload([tag])))

    @precondition(lambda self: any(self.late))
    @rule(choice=st.integers(0, 100), has_more=st.booleans())
    def send_more_too_late(self, choice: int, *, has_more: bool) -> None:
        late = [(seat, number) for seat in range(SEATS) for number in sorted(self.late[seat])]
        seat, number = late[choice % len(late)]
        peer = self.peers[seat]
        if peer is None:
            return
        if not has_more:
            self.late[seat].remove(number)
        peer.send(Call(number, {"progress": has_more}, "edge.a", Payload(["late"])))

    @rule(delay_s=st.sampled_from([0.4, 1.0, 2.5]))
    def let_time_pass(self, delay_s: float) -> None:
        now_s = self.site.now_s + delay_s
        due = [call for call in self.calls if call.due_s is not None and call.due_s <= now_s]
        for call in sorted(due, key=lambda call: (call.due_s, call.tag)):
            self.end(call)
            self.interrupt(call, "killnowait")
            self.expect(call.caller, "error", Call.TYPE, call.request_id, TIMEOUT)
        self.site.wait(delay_s)

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, invocation_id=st.integers(1, 6), is_error=st.booleans())
    def answer(self, seat: int, invocation_id: int, *, is_error: bool) -> None:
        peer = self.peers[seat]
        if peer is None:
            return
        for call in self.calls:
            if (call.callee, call.invocation_id) == (seat, invocation_id):
                self.end(call)
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
            self.end(call)
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
