"""Adding and flushing testaments: specification, "Testament Meta Procedures"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import ask, call_of, refusal
from tests.router.site import Peer, Site
from wampedge.wamp.messages import Event, Result, Subscribe
from wampedge.wamp.payload import Payload

ADD, FLUSH = "wamp.session.add_testament", "wamp.session.flush_testaments"


class Heirs:
    """A session that makes its testaments, and one that hears of them."""

    def __init__(self) -> None:
        self.site = Site()
        self.heir, self.peer = self.site.join(), self.site.join(authid="gh1", authrole="gauges")
        self.heir.ask(Subscribe(1, {}, "edge.lost"))

    def heard_when_lost(self) -> list[Any]:
        """Let the session be lost and return the arguments of what the other hears."""
        self.peer.lose()
        return [event.payload.args for event in events(self.heir)]


def events(peer: Peer) -> list[Event]:
    """Return the events that came, and see that nothing else did."""
    messages = peer.read()
    assert all(isinstance(message, Event) for message in messages)
    return [message for message in messages if isinstance(message, Event)]


def test_a_testament_is_published_when_its_session_is_gone() -> None:
    """Specification, "wamp.session.add_testament": no value is returned."""
    heirs = Heirs()
    result = heirs.peer.ask(call_of(ADD, "edge.lost", ["Seeya!"], {"my_name": "app1"}))
    assert heirs.heir.read() == []
    heirs.peer.lose()

    assert isinstance(result, Result)
    assert result.payload == Payload()
    (event,) = events(heirs.heir)
    assert event.details == {}
    assert event.payload == Payload(["Seeya!"], {"my_name": "app1"})


def test_arguments_of_a_testament_may_be_left_out() -> None:
    heirs = Heirs()
    ask(heirs.peer, ADD, "edge.lost")
    ask(heirs.peer, ADD, "edge.lost", None, None, publish_options=None, scope=None)

    assert [len(args) for args in heirs.heard_when_lost()] == [0, 0]


def test_testaments_are_published_in_order_the_detached_before_the_destroyed() -> None:
    """Specification, "Testaments in Use"."""
    heirs = Heirs()
    ask(heirs.peer, ADD, "edge.lost", [1])
    ask(heirs.peer, ADD, "edge.lost", [2], scope="detached")
    ask(heirs.peer, ADD, "edge.lost", [3], scope="destroyed")
    ask(heirs.peer, ADD, "edge.lost", [4], {}, scope="detached")

    assert heirs.heard_when_lost() == [[2], [4], [1], [3]]


@pytest.mark.parametrize(
    ("scope", "left"),
    [({}, [[2]]), ({"scope": "destroyed"}, [[2]]), ({"scope": "detached"}, [[1]])],
)
def test_testaments_of_one_scope_are_flushed(scope: dict[str, str], left: list[Any]) -> None:
    """Specification, "wamp.session.flush_testaments": the default is ``destroyed``."""
    heirs = Heirs()
    ask(heirs.peer, ADD, "edge.lost", [1])
    ask(heirs.peer, ADD, "edge.lost", [2], scope="detached")

    assert ask(heirs.peer, FLUSH, **scope) is None
    assert heirs.heard_when_lost() == left


def test_flushing_nothing_is_no_mistake() -> None:
    heirs = Heirs()

    assert ask(heirs.peer, FLUSH) is None
    assert heirs.heard_when_lost() == []


def test_testaments_are_of_the_session_that_calls() -> None:
    heirs = Heirs()
    ask(heirs.peer, ADD, "edge.lost", [1])
    ask(heirs.heir, FLUSH)

    assert heirs.heard_when_lost() == [[1]]


@pytest.mark.parametrize(
    ("args", "kwargs", "uri"),
    [
        ((), {}, "invalid_argument"),
        ((7,), {}, "invalid_argument"),
        (("edge.lost", "x"), {}, "invalid_argument"),
        (("edge.lost", [], []), {}, "invalid_argument"),
        (("edge.lost", [], {}, {}), {}, "invalid_argument"),
        (("edge.lost",), {"publish_options": [1]}, "invalid_argument"),
        (("edge.lost",), {"publish_options": {"exclude": "1"}}, "invalid_argument"),
        (("edge.lost",), {"publish_options": {"retain": 1}}, "invalid_argument"),
        (("edge.lost",), {"publish_options": {"ppt_scheme": 7}}, "invalid_argument"),
        (("edge.lost",), {"scope": "forever"}, "invalid_argument"),
        (("edge.lost",), {"scope": ["destroyed"]}, "invalid_argument"),
        (("edge lost",), {}, "invalid_uri"),
        (("wamp.session.on_leave",), {}, "invalid_uri"),
        (("wampedge.node.status",), {}, "invalid_uri"),
    ],
)
def test_a_wrong_testament_is_refused(args: Any, kwargs: Any, uri: str) -> None:
    heirs = Heirs()

    assert refusal(heirs.peer, ADD, *args, **kwargs) == f"wamp.error.{uri}"
    assert heirs.heard_when_lost() == []


def test_a_wrong_scope_flushes_nothing() -> None:
    heirs = Heirs()
    ask(heirs.peer, ADD, "edge.lost", [1])

    assert refusal(heirs.peer, FLUSH, scope="all") == "wamp.error.invalid_argument"
    assert refusal(heirs.peer, FLUSH, "destroyed") == "wamp.error.invalid_argument"
    assert heirs.heard_when_lost() == [[1]]
