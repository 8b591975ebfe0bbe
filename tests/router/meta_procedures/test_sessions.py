"""Who is in the realm, and sending them away: specification, "Session Meta API"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import ask, call_of, refusal
from tests.router.site import Peer, Site
from wampedge.router import RealmSettings, RoleRules, RuleAuthorizer, Rules, SessionState
from wampedge.wamp.messages import Event, Goodbye, Result, Subscribe
from wampedge.wamp.payload import Payload

KILLERS: list[tuple[str, tuple[Any, ...]]] = [
    ("wamp.session.kill", (2,)),
    ("wamp.session.kill_by_authid", ("victim",)),
    ("wamp.session.kill_by_authrole", ("victims",)),
    ("wamp.session.kill_all", ()),
]


class Crowd:
    """A caller, which is session 1, a victim, and the node itself."""

    def __init__(self, realm: RealmSettings | None = None) -> None:
        self.site = Site([realm or RealmSettings("edge")])
        self.caller = self.site.join(authid="victim", authrole="victims")
        self.victim = self.site.join(authid="victim", authrole="victims")
        self.node = self.site.join(authid="victim", authrole="victims", is_trusted=True)


def test_all_sessions_are_counted_and_listed() -> None:
    """Specification, "wamp.session.count" and "wamp.session.list"."""
    crowd = Crowd()

    assert ask(crowd.caller, "wamp.session.count") == 3
    assert ask(crowd.caller, "wamp.session.list") == [1, 2, 3]
    crowd.victim.lose()
    assert ask(crowd.caller, "wamp.session.count", None) == 2
    assert ask(crowd.caller, "wamp.session.list", None) == [1, 3]


def test_sessions_are_counted_and_listed_by_role() -> None:
    """Specification, "wamp.session.count": ``filter_authroles``."""
    site = Site()
    caller, gauge = site.join(authrole="admins"), site.join(authrole="gauges")

    assert ask(caller, "wamp.session.count", ["gauges", "relays"]) == 1
    assert ask(caller, "wamp.session.list", ["gauges", "relays"]) == [gauge.session.id]
    everybody = [caller.session.id, gauge.session.id]
    assert ask(caller, "wamp.session.list", ["admins", "gauges"]) == everybody
    assert ask(caller, "wamp.session.count", []) == 0


def test_sessions_of_another_realm_are_not_there() -> None:
    """Specification, "Session Meta Procedures": "on the same realm"."""
    site = Site([RealmSettings("edge"), RealmSettings("other")])
    caller, stranger = site.join(), site.join(realm="other")

    assert ask(caller, "wamp.session.list") == [caller.session.id]
    assert (
        refusal(caller, "wamp.session.get", stranger.session.id + 1000)
        == "wamp.error.no_such_session"
    )
    assert ask(caller, "wamp.session.kill_all") == 0


def test_a_session_is_described() -> None:
    """Specification, "wamp.session.get"."""
    site = Site()
    caller, peer = site.join(), site.join(authid="gh1", authrole="gauges")

    assert ask(caller, "wamp.session.get", peer.session.id) == {
        "session": peer.session.id,
        "authid": "gh1",
        "authrole": "gauges",
        "authmethod": "anonymous",
        "authprovider": "static",
        "transport": {"type": "fake"},
    }


@pytest.mark.parametrize("procedure", ["wamp.session.get", "wamp.session.kill"])
def test_a_session_that_is_not_there_is_no_such_session(procedure: str) -> None:
    """Specification, "wamp.session.get" and "wamp.session.kill": errors."""
    site = Site()
    caller, gone = site.join(), site.join()
    gone.lose()

    assert refusal(caller, procedure, gone.session.id) == "wamp.error.no_such_session"


@pytest.mark.parametrize(
    ("procedure", "args"),
    [
        ("wamp.session.count", ("gauges",)),
        ("wamp.session.list", ([1],)),
        ("wamp.session.list", (["gauges"], 2)),
        ("wamp.session.get", ()),
        ("wamp.session.get", ("2",)),
        ("wamp.session.get", (0,)),
        ("wamp.session.get", (True,)),
        ("wamp.session.kill", (None,)),
        ("wamp.session.kill", (2, "wamp.close.normal")),
        ("wamp.session.kill_by_authid", ()),
        ("wamp.session.kill_by_authrole", (7,)),
        ("wamp.session.kill_all", ("victims",)),
    ],
)
def test_wrong_arguments_are_invalid_and_end_nobody(procedure: str, args: tuple[Any, ...]) -> None:
    crowd = Crowd()

    assert refusal(crowd.caller, procedure, *args) == "wamp.error.invalid_argument"
    assert crowd.victim.session.is_established


@pytest.mark.parametrize(("procedure", "args"), KILLERS)
def test_who_is_killed_gets_goodbye_and_is_out_of_the_realm(
    procedure: str, args: tuple[Any, ...]
) -> None:
    """Specification, "wamp.session.kill": the reason is ``wamp.close.normal``, no message."""
    crowd = Crowd()
    killed = ask(crowd.caller, procedure, *args)

    assert killed == (None if procedure == "wamp.session.kill" else 1)
    assert crowd.victim.read_one() == Goodbye({}, "wamp.close.normal")
    assert crowd.victim.session.state is SessionState.CLOSING
    assert ask(crowd.caller, "wamp.session.list") == [1, 3]
    crowd.victim.send(Goodbye({}, "wamp.close.goodbye_and_out"))
    assert crowd.victim.session.is_closed


@pytest.mark.parametrize(("procedure", "args"), KILLERS)
def test_who_is_killed_is_told_why(procedure: str, args: tuple[Any, ...]) -> None:
    """Specification, "wamp.session.kill": ``reason`` and ``message``."""
    crowd = Crowd()
    ask(crowd.caller, procedure, *args, reason="edge.maintenance", message="back at nine")

    assert crowd.victim.read_one() == Goodbye({"message": "back at nine"}, "edge.maintenance")


@pytest.mark.parametrize("reason", ["", "no uri", "a..b", 7])
@pytest.mark.parametrize(("procedure", "args"), KILLERS)
def test_a_reason_that_is_no_uri_is_refused(
    procedure: str, args: tuple[Any, ...], reason: Any
) -> None:
    """Specification, "wamp.session.kill": ``wamp.error.invalid_uri``."""
    crowd = Crowd()

    assert refusal(crowd.caller, procedure, *args, reason=reason) == "wamp.error.invalid_uri"
    assert crowd.victim.session.is_established


@pytest.mark.parametrize(("procedure", "args"), KILLERS)
def test_a_message_that_is_no_text_is_refused(procedure: str, args: tuple[Any, ...]) -> None:
    crowd = Crowd()

    assert refusal(crowd.caller, procedure, *args, message=7) == "wamp.error.invalid_argument"
    assert crowd.victim.session.is_established


def test_nobody_kills_itself() -> None:
    """Specification, "wamp.session.kill": "Specifying the caller's own session"."""
    site = Site()
    caller = site.join(authid="gh1", authrole="gauges")

    assert refusal(caller, "wamp.session.kill", 1) == "wamp.error.no_such_session"
    assert ask(caller, "wamp.session.kill_by_authid", "gh1") == 0
    assert ask(caller, "wamp.session.kill_by_authrole", "gauges") == 0
    assert ask(caller, "wamp.session.kill_all") == 0
    assert caller.session.is_established


def test_the_node_itself_cannot_be_killed() -> None:
    crowd = Crowd()
    other_node = crowd.site.join(is_trusted=True)

    for caller in (crowd.caller, other_node):
        assert refusal(caller, "wamp.session.kill", 3) == "wamp.error.not_authorized"
    ask(crowd.caller, "wamp.session.kill_by_authid", "victim")
    ask(crowd.caller, "wamp.session.kill_by_authrole", "victims")
    ask(crowd.caller, "wamp.session.kill_all")
    assert crowd.node.session.is_established
    assert crowd.node.read() == []


def _leaves_heard(procedure: str, *args: Any) -> list[Any]:
    """Return what the caller hears of the victim's end."""
    crowd = Crowd()
    crowd.caller.ask(Subscribe(1, {}, "wamp.session.on_leave"))
    ask(crowd.victim, "wamp.session.add_testament", "edge.lost", ["victim"], {})
    crowd.caller.ask(Subscribe(2, {}, "edge.lost"))
    crowd.caller.send(call_of(procedure, *args))
    *events, result = crowd.caller.read()
    assert isinstance(result, Result)
    assert all(isinstance(event, Event) for event in events)
    return [event.payload.args for event in events if isinstance(event, Event)]


@pytest.mark.parametrize(("procedure", "args"), KILLERS[:3])
def test_others_hear_of_who_is_killed(procedure: str, args: tuple[Any, ...]) -> None:
    """Specification, "wamp.session.on_leave" and "Testament"."""
    assert _leaves_heard(procedure, *args) == [["victim"], [2, "victim", "victims"]]


def test_killing_all_makes_no_session_events_and_no_testaments() -> None:
    """Specification, "wamp.session.kill_all": "will not generate session meta events or"."""
    assert _leaves_heard("wamp.session.kill_all") == []


def test_events_go_on_after_all_were_killed() -> None:
    crowd = Crowd()
    crowd.caller.ask(Subscribe(1, {}, "wamp.session.on_leave"))
    ask(crowd.caller, "wamp.session.kill_all")
    crowd.site.join(authid="new").lose()

    assert crowd.caller.read_one().payload.args[1:] == ["new", "anonymous"]


def _ruled(*rules: str) -> RealmSettings:
    """Make a realm where role ``victims`` may call what *rules* cover, and ``open`` everything."""
    authorizer = RuleAuthorizer({"victims": RoleRules(call=Rules(rules))}, open_roles=["open"])
    return RealmSettings("edge", authorizer=authorizer, open_roles_may_kill=False)


def test_reading_needs_a_rule_where_there_are_rules() -> None:
    crowd = Crowd(_ruled("wamp.session.count"))

    assert ask(crowd.caller, "wamp.session.count") == 3
    assert refusal(crowd.caller, "wamp.session.list") == "wamp.error.not_authorized"


@pytest.mark.parametrize(("procedure", "args"), KILLERS)
def test_killing_needs_a_rule_where_open_roles_may_not(
    procedure: str, args: tuple[Any, ...]
) -> None:
    crowd = Crowd(_ruled("wamp.session."))
    open_peer: Peer = crowd.site.join(authrole="open")

    assert ask(open_peer, "wamp.session.count") == 4
    assert refusal(open_peer, procedure, *args) == "wamp.error.not_authorized"
    assert crowd.victim.session.is_established
    ask(crowd.caller, procedure, *args)
    assert not crowd.victim.session.is_established


def test_the_node_itself_may_kill_without_a_rule() -> None:
    crowd = Crowd(_ruled())

    ask(crowd.node, "wamp.session.kill", 2)
    assert not crowd.victim.session.is_established


def test_keywords_that_nobody_knows_are_ignored() -> None:
    crowd = Crowd()
    result = crowd.caller.ask(
        call_of("wamp.session.kill", 2, reason=None, message=None, colour="red")
    )

    assert (result.details, result.payload) == ({}, Payload())
    assert crowd.victim.read_one() == Goodbye({}, "wamp.close.normal")
