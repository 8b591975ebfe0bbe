"""Sessions whose rights are asked for, at any moment at which they or who decides may go."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.router import (
    DynamicAuthorization,
    RealmSettings,
    RoleRules,
    RuleAuthorizer,
    Rules,
)
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Goodbye,
    Invocation,
    Message,
    Publish,
    Published,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregistered,
    Unsubscribed,
    Yield,
)
from wampedge.wamp.payload import Payload

SEATS = 3
ASKED = "site.may"
TIMEOUT_S, HOLDS_S = 5.0, 60.0
TOPICS = ["news", "news.local"]
TESTAMENT = "wamp.session.add_testament"
DENIED = "wamp.error.not_authorized"
REVOKING = {**ALL_ROLES, "subscriber": {"features": {"subscription_revocation": True}}}

seats = st.integers(0, SEATS - 1)
topics = st.sampled_from(TOPICS)
answers = st.sampled_from(
    [True, False, {"allow": True, "cache": False}, {"allow": False, "cache": 2}, "neither", None]
)


def request(kind: str, number: int, topic: str) -> Message:
    """Return a request, which is answered as soon as it is allowed or not."""
    match kind:
        case "subscribe":
            return Subscribe(number, {"match": "prefix", "get_retained": True}, topic)
        case "register":
            return Register(number, {"invoke": "random"}, topic)
        case "publish":
            return Publish(number, {"acknowledge": True, "retain": True}, topic)
        case "call":
            return Call(number, {}, "wamp.session.count")
        case _:
            return Call(number, {}, TESTAMENT, Payload((topic, [number])))


kinds = st.sampled_from(["subscribe", "register", "publish", "call", "testament"])


class Guest:
    """One session, what it waits for, and how often it was parked and let go."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.waiting: list[Message] = []
        self.holds = 0
        peer.session.on_parked = self.on_parked

    def on_parked(self, is_parked: bool) -> None:
        self.holds += 1 if is_parked else -1


class ParkingModel(RuleBasedStateMachine):
    """Guests ask for all kinds of things; a judge answers, or not; anybody may go."""

    def __init__(self) -> None:
        super().__init__()
        rules = {
            "judge": RoleRules(register=Rules([ASKED]), call=Rules(["wampedge.", "wamp."])),
        }
        dynamic = DynamicAuthorization({"guest": ASKED}, timeout_s=TIMEOUT_S, holds_s=HOLDS_S)
        authorizer = RuleAuthorizer(rules, guarded=[ASKED])
        self.site = Site([RealmSettings("edge", authorizer=authorizer, dynamic=dynamic)])
        self.realm = self.site.router._realm_by_name["edge"]
        self.guests: list[Guest | None] = [None] * SEATS
        self.judge: Peer | None = None
        self.questions: list[Invocation] = []
        self.allowed: dict[int, set[tuple[str, str]]] = defaultdict(set)
        self.number = 0

    def next_number(self) -> int:
        self.number += 1
        return self.number

    @rule(seat=seats)
    def come(self, seat: int) -> None:
        if self.guests[seat] is None:
            self.guests[seat] = Guest(self.site.join(authrole="guest", roles=REVOKING))

    @rule(seat=seats, politely=st.booleans())
    def go(self, seat: int, *, politely: bool) -> None:
        guest = self.guests[seat]
        if guest is None:
            return
        if politely:
            guest.peer.send(Goodbye({}, "a.close"))
            self.hear(guest)
        guest.peer.lose()
        assert guest.holds == 0, "nobody reads a connection that is gone"
        self.guests[seat] = None

    @rule()
    def the_judge_comes(self) -> None:
        if self.judge is None:
            self.judge = self.site.join(authrole="judge")
            assert isinstance(self.judge.ask(Register(1, {}, ASKED)), Registered)

    @precondition(lambda self: self.judge is not None)
    @rule()
    def the_judge_goes(self) -> None:
        assert self.judge is not None
        self.judge.lose()
        self.judge = None
        self.questions.clear()

    @rule(seat=seats, kind=kinds, topic=topics, count=st.integers(1, 3))
    def ask_for(self, seat: int, kind: str, topic: str, count: int) -> None:
        guest = self.guests[seat]
        for _ in range(count if guest is not None else 0):
            assert guest is not None
            message = request(kind, self.next_number(), topic)
            guest.waiting.append(message)
            guest.peer.send(message)

    @precondition(lambda self: self.questions)
    @rule(choice=st.integers(0, 50), answer=answers)
    def decide(self, choice: int, answer: Any) -> None:
        question = self.questions.pop(choice % len(self.questions))
        facts, uri, action, _options = question.payload.args
        said = answer["allow"] if isinstance(answer, dict) else answer
        if said is True:
            self.allowed[facts["session"]].add((action, uri))
        assert self.judge is not None
        self.judge.send(Yield(question.request_id, {}, Payload((answer,))))

    @precondition(lambda self: self.judge is not None)
    @rule(seat=seats, is_kill=st.booleans())
    def the_judge_acts(self, seat: int, *, is_kill: bool) -> None:
        guest = self.guests[seat]
        assert self.judge is not None
        if not is_kill:
            self.judge.send(Call(self.next_number(), {}, "wampedge.router.recheck"))
        elif guest is not None:
            payload = Payload((guest.peer.session.id,))
            self.judge.send(Call(self.next_number(), {}, "wamp.session.kill", payload))
            assert guest.peer.session.parked is None
            self.hear(guest)
            guest.peer.lose()
            assert guest.holds == 0
            self.guests[seat] = None

    @rule(delay_s=st.sampled_from([0.5, 3.0, TIMEOUT_S, 61.0]))
    def let_time_pass(self, delay_s: float) -> None:
        self.site.wait(delay_s)

    def hear(self, guest: Guest) -> None:
        """See that requests are answered in their order, and only what was allowed succeeds."""
        for message in guest.peer.read():
            if isinstance(message, Unsubscribed | Unregistered):
                assert message.request_id == 0
            elif isinstance(message, Error):
                assert message.request_id == guest.waiting.pop(0).request_id  # type: ignore[union-attr]  # only requests wait
                assert message.error in {DENIED, "wamp.error.procedure_already_exists"}
            elif isinstance(message, Subscribed | Registered | Published | Result):
                self.check_success(guest, guest.waiting.pop(0), message)
            else:
                assert isinstance(message, Event | Goodbye)

    def check_success(self, guest: Guest, asked: Message, answer: Any) -> None:
        assert asked.request_id == answer.request_id  # type: ignore[union-attr]  # only requests wait
        allowed = self.allowed[guest.peer.session.id]
        match asked:
            case Subscribe(topic=topic):
                assert ("subscribe", topic) in allowed
            case Register(procedure=procedure):
                assert ("register", procedure) in allowed
            case Publish(topic=topic):
                assert ("publish", topic) in allowed
            case Call(procedure=procedure, payload=payload):
                assert ("call", procedure) in allowed
                assert procedure != TESTAMENT or ("publish", payload.args[0]) in allowed

    @invariant()
    def everybody_is_answered_who_is_not_asked_about(self) -> None:
        if self.judge is not None:
            arrived = self.judge.read()
            self.questions += [each for each in arrived if isinstance(each, Invocation)]
            known = self.judge.session.invocations
            self.questions = [each for each in self.questions if each.request_id in known]
        asked_about = {each.payload.args[0]["session"] for each in self.questions}
        for guest in self.guests:
            if guest is None:
                continue
            self.hear(guest)
            session = guest.peer.session
            assert bool(guest.waiting) == (session.parked is not None), "nothing is forgotten"
            assert guest.holds == (session.parked is not None)
            assert not guest.waiting or session.id in asked_about, "nobody waits for nothing"

    def teardown(self) -> None:
        for _ in range(200):
            self.site.wait(TIMEOUT_S)
        for guest in self.guests:
            if guest is not None:
                self.hear(guest)
                assert guest.waiting == [], "what nobody answers is refused in the end"
                guest.peer.lose()
        if self.judge is not None:
            self.judge.lose()
        self.site.wait(2 * HOLDS_S)
        assert self.realm.session_by_id == {}
        assert self.realm.dealer._own_calls._session.calls == {}
        assert self.realm._rights._questions == 0
        assert not self.realm._rights._waiting
        assert len(self.site.router.deadlines) == 0


TestParkingModel = ParkingModel.TestCase
TestParkingModel.settings = settings(stateful_step_count=50)
