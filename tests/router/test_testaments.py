"""What becomes of testaments: specification, "Testament"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import ask, call_of, refusal
from tests.router.site import HELLO, PLAIN_ROLES, Peer, Site
from wampedge.router import (
    DynamicAuthorization,
    RealmSettings,
    RoleRules,
    RouterSession,
    RuleAuthorizer,
    Rules,
)
from wampedge.router.permissions import Action
from wampedge.wamp.messages import Call, Error, Event, Goodbye, Register, Result, Subscribe, Yield
from wampedge.wamp.payload import Payload

ADD, FLUSH = "wamp.session.add_testament", "wamp.session.flush_testaments"


def _heir(site: Site, *topics: str, **identity: Any) -> Peer:
    heir = site.join(**identity)
    for number, topic in enumerate(topics, 1):
        heir.ask(Subscribe(number, {}, topic))
    return heir


def _heard(peer: Peer) -> list[Any]:
    return [each.payload.args for each in peer.read() if isinstance(each, Event)]


@pytest.mark.parametrize("how", ["goodbye", "lost", "aborted", "killed", "router stops"])
def test_testaments_are_published_however_the_session_ends(how: str) -> None:
    """Specification, "Testament": "once either the WAMP session has detached or"."""
    site = Site()
    peer = site.join()
    heir = _heir(site, "edge.lost")
    ask(peer, ADD, "edge.lost", ["gone"])
    match how:
        case "goodbye":
            peer.ask(Goodbye({}, "wamp.close.normal"))
        case "lost":
            peer.lose()
        case "aborted":
            peer.aborted(HELLO)
        case "killed":
            heir.send(call_of("wamp.session.kill", peer.session.id))
        case _:
            site.deliver(site.router.close_all())

    assert _heard(heir) == [["gone"]]
    peer.lose()
    assert _heard(heir) == []


def test_testaments_come_before_the_news_that_the_session_left() -> None:
    site = Site()
    heir, peer = _heir(site, "wamp.session.on_leave", "edge.lost"), site.join(authid="gh1")
    ask(peer, ADD, "edge.lost", ["gone"])
    peer.lose()

    assert _heard(heir) == [["gone"], [peer.session.id, "gh1", "anonymous"]]


def test_who_has_left_gets_no_testament_of_its_own() -> None:
    site = Site()
    peer = _heir(site, "edge.lost")
    ask(peer, ADD, "edge.lost", ["gone"], {}, publish_options={"exclude_me": False})

    assert isinstance(peer.ask(Goodbye({}, "wamp.close.normal")), Goodbye)


def test_publish_options_are_honoured_but_for_acknowledge() -> None:
    """Specification, "wamp.session.add_testament": ``publish_options``."""
    site = Site()
    wanted = _heir(site, "edge.lost", authid="gh1")
    unwanted = _heir(site, "edge.lost", authid="gh2")
    peer = site.join(authid="gh3", authrole="gauges")
    options = {"acknowledge": True, "eligible_authid": ["gh1"], "disclose_me": True}
    ask(peer, ADD, "edge.lost", ["gone"], {}, publish_options=options)
    session_id = peer.session.id
    peer.lose()

    event = wanted.read_one()
    assert event.details == {
        "publisher": session_id,
        "publisher_authid": "gh3",
        "publisher_authrole": "gauges",
    }
    assert unwanted.read() == []
    assert options["acknowledge"] is True


def test_a_testament_cannot_disclose_what_the_realm_does_not() -> None:
    site = Site([RealmSettings("edge", may_disclose=False)])
    peer = site.join()

    uri = refusal(peer, ADD, "edge.lost", publish_options={"disclose_me": True})
    assert uri == "wamp.error.option_disallowed.disclose_me"


def test_a_testament_is_sealed_only_by_who_announced_it() -> None:
    """Specification, "Payload Passthru Mode"; the session lives, unlike after a PUBLISH."""
    peer = Site().join(roles=PLAIN_ROLES)

    uri = refusal(peer, ADD, "edge.lost", [b"x"], publish_options={"ppt_scheme": "x_own"})
    assert uri == "wamp.error.invalid_argument"


def test_a_session_can_have_so_many_testaments() -> None:
    site = Site()
    peer = site.join()
    heir = _heir(site, "edge.lost")
    for number in range(100):
        ask(peer, ADD, "edge.lost", [number], scope=("detached", "destroyed")[number % 2])

    assert refusal(peer, ADD, "edge.lost") == "wampedge.error.limit"
    assert refusal(peer, ADD, "edge.lost", scope="detached") == "wampedge.error.limit"
    ask(peer, FLUSH)
    ask(peer, ADD, "edge.lost", ["one more"])
    peer.lose()
    assert len(_heard(heir)) == 51


@pytest.mark.parametrize(
    "kwargs",
    [
        {"text": "x" * 33_000},
        {"text": "ä" * 16_500},
        {"blob": b"x" * 33_000},
        {"numbers": [1.234567] * 3_700},
        {"tables": [{"text": "x" * 100}] * 400},
        {"x" * 33_000: None},
    ],
)
def test_the_testaments_of_a_session_can_hold_so_much(kwargs: dict[str, Any]) -> None:
    site = Site()
    peer = site.join()
    ask(peer, ADD, "edge.lost", [], kwargs)

    assert refusal(peer, ADD, "edge.lost", [], kwargs) == "wampedge.error.limit"
    ask(peer, FLUSH)
    ask(peer, ADD, "edge.lost", [], kwargs)


def test_what_no_serializer_can_carry_is_refused() -> None:
    """A session in the process is not stopped by its own serializer."""
    peer = Site().join(is_trusted=True)

    assert refusal(peer, ADD, "edge.lost", [{1}]) == "wamp.error.invalid_argument"


def test_arguments_are_kept_as_they_are() -> None:
    site = Site()
    peer, heir = site.join(), _heir(site, "edge.lost")
    kwargs = {"text": "grüße", "blob": b"\x00\xff", "numbers": [1, 1.5, -(2**53)], "no": None}
    ask(peer, ADD, "edge.lost", [[], {}, True], kwargs)
    peer.lose()

    assert heir.read_one().payload == Payload([[], {}, True], kwargs)


class Changeable:
    """Lets everybody publish until it is told otherwise."""

    def __init__(self) -> None:
        self.may_publish = True

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Allow it."""
        return action != "publish" or self.may_publish


def test_who_may_not_publish_leaves_nothing() -> None:
    authorizer = Changeable()
    authorizer.may_publish = False
    site = Site([RealmSettings("edge", authorizer=authorizer)])

    assert refusal(site.join(), ADD, "edge.lost") == "wamp.error.not_authorized"


def test_the_right_to_publish_must_last_until_the_end() -> None:
    authorizer = Changeable()
    site = Site([RealmSettings("edge", authorizer=authorizer)])
    heir, peer = _heir(site, "edge.lost"), site.join()
    ask(peer, ADD, "edge.lost", ["gone"])
    authorizer.may_publish = False
    peer.lose()

    assert heir.read() == []
    assert site.router.counters.publications_dropped == 1


class Asked:
    """A site where a procedure decides what role ``gauges`` may publish, and holds for 10 s."""

    def __init__(self, holds_s: float = 10.0) -> None:
        rules = RuleAuthorizer(
            {"gauges": RoleRules(call=Rules(["wamp.session."]))}, open_roles=["open"]
        )
        dynamic = DynamicAuthorization({"gauges": "decide"}, holds_s=holds_s)
        self.site = Site([RealmSettings("edge", authorizer=rules, dynamic=dynamic)])
        self.judge = self.site.join(authrole="open")
        self.judge.ask(Register(1, {}, "decide"))
        self.heir = _heir(self.site, "edge.lost", authrole="open")
        self.peer = self.site.join(authrole="gauges")

    def add(self) -> None:
        """Let the peer make its testament, which the judge allows."""
        self.peer.send(call_of(ADD, "edge.lost", ["gone"]))
        assert self.peer.read() == []
        self.decide(True)
        assert isinstance(self.peer.read_one(), Result)

    def decide(self, *verdict: Any) -> None:
        """Answer the question that has come."""
        invocation = self.judge.read_one()
        assert invocation.payload.args[1:3] == ["edge.lost", "publish"]
        self.judge.send(Yield(invocation.request_id, {}, Payload(verdict)))


def test_a_testament_waits_until_it_is_decided_on() -> None:
    asked = Asked()
    asked.add()
    asked.peer.lose()

    assert asked.judge.read() == []
    assert _heard(asked.heir) == [["gone"]]


@pytest.mark.parametrize(("verdict", "heard"), [(True, [["gone"]]), (False, [])])
def test_a_verdict_that_is_too_old_is_asked_for_again(verdict: bool, heard: list[Any]) -> None:
    asked = Asked()
    asked.add()
    asked.site.wait(11.0)
    asked.peer.lose()
    assert asked.heir.read() == []
    asked.decide(verdict)

    assert _heard(asked.heir) == heard


def test_a_testament_that_nobody_decides_on_is_not_published() -> None:
    asked = Asked()
    asked.add()
    asked.site.wait(11.0)
    asked.judge.lose()
    asked.peer.lose()

    assert asked.heir.read() == []
    assert asked.site.router.counters.publications_dropped == 1


def test_a_call_with_a_sealed_payload_makes_no_testament() -> None:
    peer = Site().join()
    answer = peer.ask(Call(1, {}, ADD, Payload.sealed(b"sealed")))

    assert isinstance(answer, Error)
    assert answer.error == "wamp.error.invalid_argument"
