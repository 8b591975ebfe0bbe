"""What the router itself calls, publishes, offers and watches."""

from __future__ import annotations

from typing import Any

from tests.router.site import Peer, Site
from wampedge.router import RouterSession, Sends
from wampedge.router.broker import Subscription
from wampedge.router.realm import Realm
from wampedge.router.registration import Registration
from wampedge.router.sends import Send
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Interrupt,
    Invocation,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregister,
    Unregistered,
    Unsubscribe,
    Yield,
)
from wampedge.wamp.payload import Payload


class Answers(list[Result | Error]):
    """Takes the answers to own calls; each lets the router say goodbye to nobody."""

    def take(self, answer: Result | Error) -> Sends:
        """Keep *answer*."""
        self.append(answer)
        return ()


class Recorder:
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def on_join(self, session: RouterSession) -> Sends:
        """Write it down."""
        self.told.append(("join", session.id))
        return ()

    def on_leave(self, session: RouterSession) -> Sends:
        """Write it down."""
        self.told.append(("leave", session.id))
        return ()

    def on_subscribe(
        self, session: RouterSession, subscription: Subscription, *, is_new: bool
    ) -> Sends:
        """Write it down."""
        self.told.append(("subscribe", session.id, subscription.topic, is_new))
        return ()

    def on_unsubscribe(
        self, session: RouterSession, subscription: Subscription, *, is_gone: bool
    ) -> Sends:
        """Write it down."""
        self.told.append(("unsubscribe", session.id, subscription.topic, is_gone))
        return ()

    def on_register(
        self, session: RouterSession, registration: Registration, *, is_new: bool
    ) -> Sends:
        """Write it down."""
        self.told.append(("register", session.id, registration.procedure, is_new))
        return ()

    def on_unregister(
        self, session: RouterSession, registration: Registration, *, is_gone: bool
    ) -> Sends:
        """Write it down."""
        self.told.append(("unregister", session.id, registration.procedure, is_gone))
        return ()


def _realm(peer: Peer) -> Realm:
    assert peer.session.realm is not None
    return peer.session.realm


def _registered(site: Site, procedure: str, **options: Any) -> Peer:
    peer = site.join()
    assert isinstance(peer.ask(Register(1, options, procedure)), Registered)
    return peer


def _call(site: Site, callee: Peer, procedure: str = "check") -> Answers:
    answers = Answers()
    site.deliver(_realm(callee).call(procedure, Payload((7,)), answers.take, timeout_s=5.0))
    return answers


def test_the_router_calls_a_client_and_takes_its_result() -> None:
    site = Site()
    callee = _registered(site, "check")
    answers = _call(site, callee)
    invocation = callee.read_one()
    callee.send(Yield(invocation.request_id, {}, Payload(("yes",))))

    assert (type(invocation), invocation.payload.args) == (Invocation, [7])
    assert [answer.payload.args for answer in answers] == [["yes"]]
    site.wait(60.0)
    assert len(answers) == 1
    assert callee.read() == []


def test_the_router_takes_an_error_for_an_answer() -> None:
    site = Site()
    callee = _registered(site, "check")
    answers = _call(site, callee)
    invocation = callee.read_one()
    callee.send(Error(Invocation.TYPE, invocation.request_id, {}, "not.today"))

    assert [answer.error for answer in answers if isinstance(answer, Error)] == ["not.today"]


def test_the_router_waits_no_longer_than_it_said() -> None:
    site = Site()
    callee = _registered(site, "check")
    answers = _call(site, callee)
    invocation = callee.read_one()
    site.wait(4.9)
    assert answers == []
    site.wait(0.2)

    (answer,) = answers
    assert isinstance(answer, Error)
    assert answer.error == "wamp.error.timeout"
    assert isinstance(callee.read_one(), Interrupt)
    callee.send(Yield(invocation.request_id, {}))
    assert len(answers) == 1


def test_the_router_hears_at_once_that_its_callee_is_gone() -> None:
    site = Site()
    callee = _registered(site, "check")
    answers = _call(site, callee)
    callee.read()
    callee.lose()

    (answer,) = answers
    assert isinstance(answer, Error)
    assert answer.error == "wamp.error.canceled"


def test_a_call_of_the_router_to_nobody_fails_at_once() -> None:
    site = Site()
    peer = site.join()
    _realm(peer).registrations.offer_built_in("wamp.own", lambda _caller, _call: ())

    for procedure in ("nobody.here", "wamp.own"):
        (answer,) = _call(site, peer, procedure)
        assert isinstance(answer, Error)
        assert answer.error == "wamp.error.no_such_procedure"


def test_a_call_of_the_router_to_busy_callees_fails_at_once() -> None:
    site = Site()
    callee = _registered(site, "check", invoke="roundrobin", concurrency=1)
    first = _call(site, callee)
    (answer,) = _call(site, callee)

    assert isinstance(answer, Error)
    assert answer.error == "wamp.error.no_available_callee"
    assert first == []


def test_the_router_names_the_procedure_to_the_callee_of_a_pattern() -> None:
    site = Site()
    callee = _registered(site, "check", match="prefix")
    _call(site, callee, "check.door")

    assert callee.read_one().details == {"procedure": "check.door"}


def test_a_built_in_procedure_answers_calls_itself() -> None:
    site = Site()
    caller = site.join()

    def answer(session: RouterSession, call: Call) -> Sends:
        return (Send((session,), Result(call.request_id, {}, Payload((session.id,)))),)

    _realm(caller).registrations.offer_built_in("wamp.who", answer)

    result = caller.ask(Call(1, {}, "wamp.who"))
    assert result.payload.args == [caller.session.id]


def test_a_built_in_procedure_cannot_be_taken_over() -> None:
    site = Site()
    node = site.join(is_trusted=True)
    _realm(node).registrations.offer_built_in("wampedge.own", lambda _caller, _call: ())

    assert node.refused(Register(1, {}, "wampedge.own")) == "wamp.error.procedure_already_exists"
    forced = Register(2, {"force_reregister": True}, "wampedge.own")
    assert node.refused(forced) == "wamp.error.not_authorized"


def test_the_router_publishes_to_all_but_one() -> None:
    site = Site()
    left_out, exact, pattern = site.join(), site.join(), site.join()
    for peer in (left_out, exact):
        peer.ask(Subscribe(1, {}, "wampedge.news"))
    pattern.ask(Subscribe(1, {"match": "prefix"}, "wampedge"))
    left_out.ask(Subscribe(2, {"match": "wildcard"}, "wampedge."))
    broker = _realm(exact).broker
    site.deliver(broker.publish_own("wampedge.news", Payload((1,)), exclude=left_out.session))

    events = [exact.read_one(), pattern.read_one()]
    assert all(isinstance(event, Event) for event in events)
    assert events[0].publication_id == events[1].publication_id
    assert [event.details for event in events] == [{}, {"topic": "wampedge.news"}]
    assert left_out.read() == []
    assert list(broker.publish_own("wampedge.other.news", Payload(()), exclude=None)) != []
    assert list(broker.publish_own("unheard", Payload(()))) == []


def test_an_observer_hears_of_sessions_subscriptions_and_registrations() -> None:
    site, recorder = Site(), Recorder()
    first = site.join()
    _realm(first).observe(recorder)
    second = site.join()
    subscribed = [first.ask(Subscribe(1, {}, "t")), second.ask(Subscribe(1, {}, "t"))]
    registered = first.ask(Register(2, {"invoke": "random"}, "p"))
    second.ask(Register(2, {"invoke": "random"}, "p"))
    first.ask(Unsubscribe(3, subscribed[0].subscription_id))
    assert isinstance(first.ask(Unregister(4, registered.registration_id)), Unregistered)
    one, two = first.session.id, second.session.id
    second.lose()

    assert all(isinstance(answer, Subscribed) for answer in subscribed)
    assert recorder.told == [
        ("join", two),
        ("subscribe", one, "t", True),
        ("subscribe", two, "t", False),
        ("register", one, "p", True),
        ("register", two, "p", False),
        ("unsubscribe", one, "t", False),
        ("unregister", one, "p", False),
        ("unsubscribe", two, "t", True),
        ("unregister", two, "p", True),
        ("leave", two),
    ]


def test_an_observer_hears_of_a_registration_that_is_taken_over() -> None:
    site, recorder = Site(), Recorder()
    old, new = site.join(authid="gh1"), site.join(authid="gh1")
    old.ask(Register(1, {}, "p"))
    _realm(old).observe(recorder)
    new.ask(Register(1, {"force_reregister": True}, "p"))

    assert recorder.told == [
        ("unregister", old.session.id, "p", True),
        ("register", new.session.id, "p", True),
    ]
