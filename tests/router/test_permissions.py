from __future__ import annotations

import pytest

from tests.router.site import Peer, Site
from wampedge.router import (
    Action,
    RealmSettings,
    RoleRules,
    RouterSession,
    RuleAuthorizer,
    Rules,
)
from wampedge.router.permissions import not_authorized
from wampedge.wamp.messages import (
    Call,
    Publish,
    Published,
    Register,
    Registered,
    Subscribe,
    Subscribed,
)


class NobodyMay:
    """An authorizer that lists what was asked and allows nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        self.asked.append((session.authrole, action, uri))
        return False


def site_where_guests_may(*actions: Action) -> Site:
    return Site([RealmSettings("edge", actions_by_role={"guest": frozenset(actions)})])


def outcomes(peer: Peer) -> list[str]:
    """Try every action once and name what came back."""
    answers = []
    for request in (
        Register(1, {}, "edge.a"),
        Subscribe(2, {}, "edge.a"),
        Publish(3, {"acknowledge": True}, "edge.a"),
        Call(4, {}, "edge.b"),
    ):
        answer = peer.ask(request)
        answers.append(getattr(answer, "error", type(answer).__name__))
    return answers


DENIED = "wamp.error.not_authorized"
ABSENT = "wamp.error.no_such_procedure"


def test_everybody_may_do_everything_unless_the_realm_says_otherwise() -> None:
    peer = Site().join()

    assert outcomes(peer) == ["Registered", "Subscribed", "Published", ABSENT]


def test_a_role_may_do_what_the_realm_lists_and_nothing_else() -> None:
    site = site_where_guests_may("subscribe", "call")

    assert outcomes(site.join(authrole="guest")) == [DENIED, "Subscribed", DENIED, ABSENT]


def test_a_role_with_an_empty_list_may_do_nothing() -> None:
    """ROBUSTNESS C11."""
    site = site_where_guests_may()

    assert outcomes(site.join(authrole="guest")) == [DENIED] * 4


def test_a_role_that_is_not_listed_may_do_nothing() -> None:
    site = site_where_guests_may("subscribe")

    assert outcomes(site.join(authrole="stranger")) == [DENIED] * 4


def test_the_node_itself_needs_no_listing() -> None:
    site = site_where_guests_may()

    assert outcomes(site.join(authrole="node", is_trusted=True)) == [
        "Registered",
        "Subscribed",
        "Published",
        ABSENT,
    ]


def test_an_authorizer_is_asked_for_every_action() -> None:
    authorizer = NobodyMay()
    site = Site([RealmSettings("edge", authorizer=authorizer)])

    assert outcomes(site.join(authrole="guest")) == [DENIED] * 4
    assert authorizer.asked == [
        ("guest", "register", "edge.a"),
        ("guest", "subscribe", "edge.a"),
        ("guest", "publish", "edge.a"),
        ("guest", "call", "edge.b"),
    ]


def ruled_site(rules: RoleRules, *, open_roles: tuple[str, ...] = ()) -> Site:
    authorizer = RuleAuthorizer({"guest": rules}, open_roles=open_roles)
    return Site([RealmSettings("edge", authorizer=authorizer)])


@pytest.mark.parametrize("is_asked_before", [False, True])
def test_rules_hold_for_each_action_by_itself(is_asked_before: bool) -> None:
    """The second time the answer is remembered."""
    guest = ruled_site(RoleRules(call=Rules(["edge."]), subscribe=Rules(["edge.a"]))).join(
        authrole="guest"
    )
    for _ in range(is_asked_before):
        outcomes(guest)

    assert outcomes(guest) == [DENIED, "Subscribed", DENIED, ABSENT]


def test_rules_deny_by_default() -> None:
    site = ruled_site(RoleRules())

    assert outcomes(site.join(authrole="guest")) == [DENIED] * 4
    assert outcomes(site.join(authrole="stranger")) == [DENIED] * 4


def test_an_open_role_and_the_node_need_no_rules() -> None:
    site = ruled_site(RoleRules(), open_roles=("local",))

    for peer in (site.join(authrole="local"), site.join(authrole="x", is_trusted=True)):
        assert "wamp.error.not_authorized" not in outcomes(peer)


def test_what_is_remembered_of_one_user_does_not_hold_for_another() -> None:
    site = ruled_site(RoleRules(call=Rules(["edge.{authid}.", "edge.b"])))
    tom = site.join(authrole="guest", authid="tom")
    ann = site.join(authrole="guest", authid="ann")

    for _ in range(2):
        assert tom.refused(Call(1, {}, "edge.tom.x")) == ABSENT
        tom.session.calls.clear()
        assert ann.refused(Call(1, {}, "edge.tom.x")) == DENIED


def test_sessions_of_one_role_share_what_is_remembered() -> None:
    site = ruled_site(RoleRules(call=Rules(["edge."])))
    one, other = site.join(authrole="guest"), site.join(authrole="guest")

    outcomes(one)
    outcomes(other)

    assert one.session.permissions is other.session.permissions
    assert one.session.permissions is not None
    assert one.session.permissions.verdicts == {
        "register": {"edge.a": False},
        "subscribe": {"edge.a": False},
        "publish": {"edge.a": False},
        "call": {"edge.b": True},
    }


@pytest.mark.parametrize(("rule", "kept"), [("edge.", 500), ("{authid}.", 100)])
def test_a_peer_that_tries_many_uris_fills_no_memory(rule: str, kept: int) -> None:
    """What only one session may do is kept for each: there are many such."""
    authorizer = RuleAuthorizer({"guest": RoleRules(call=Rules([rule]))})
    session = Site().join(authrole="guest", authid="edge").session

    for number in range(2_500):
        assert authorizer.allows(session, "call", f"edge.a{number}")

    assert session.permissions is not None
    assert len(session.permissions.verdicts["call"]) == kept


def test_a_pattern_is_not_allowed_by_the_answer_for_a_uri_of_the_same_text() -> None:
    authorizer = RuleAuthorizer({"guest": RoleRules(subscribe=Rules(["edge.a"]))})
    session = Site().join(authrole="guest").session

    assert authorizer.allows(session, "subscribe", "edge.a")
    assert not authorizer.allows(session, "subscribe", "edge.a", "prefix")
    assert authorizer.allows(session, "subscribe", "edge.a", "wildcard")


def test_whether_a_procedure_exists_is_not_told_to_who_may_not_call_it() -> None:
    site = site_where_guests_may()
    site.join(is_trusted=True).ask(Register(1, {}, "edge.secret"))

    guest = site.join(authrole="guest")

    assert guest.refused(Call(1, {}, "edge.secret")) == DENIED
    assert guest.refused(Call(2, {}, "edge.absent")) == DENIED


def test_a_publication_that_is_not_allowed_reaches_nobody() -> None:
    site = site_where_guests_may("subscribe")
    subscriber = site.join(authrole="guest")
    subscriber.ask(Subscribe(1, {}, "edge.t"))

    site.join(authrole="guest").send(Publish(1, {}, "edge.t"))

    assert subscriber.read() == []
    assert site.router.counters.publications_dropped == 1


@pytest.mark.parametrize("uri", ["wamp.session.count", "wamp", "wampedge.node.status", "wampedge"])
def test_no_client_registers_or_publishes_reserved_uris(uri: str) -> None:
    """Specification, "Reserved URIs"; ROBUSTNESS P16 and P17."""
    client = Site().join()

    assert client.refused(Register(1, {}, uri)) == "wamp.error.invalid_uri"
    assert client.refused(Publish(2, {"acknowledge": True}, uri)) == "wamp.error.invalid_uri"


def test_clients_may_subscribe_to_and_call_reserved_uris() -> None:
    site = Site()
    node, client = site.join(is_trusted=True), site.join()
    assert isinstance(node.ask(Register(1, {}, "wampedge.node.status")), Registered)

    assert isinstance(client.ask(Subscribe(1, {}, "wampedge.node.state")), Subscribed)
    client.send(Call(2, {}, "wampedge.node.status"))
    node.send(Publish(2, {}, "wampedge.node.state"))

    assert len(node.read()) == 1
    assert len(client.read()) == 1


def test_the_node_itself_uses_uris_of_wampedge_but_not_of_the_protocol() -> None:
    node = Site().join(is_trusted=True)

    assert isinstance(node.ask(Register(1, {}, "wampedge.node.status")), Registered)
    acknowledged = {"acknowledge": True}
    assert isinstance(node.ask(Publish(2, acknowledged, "wampedge.node.state")), Published)
    assert node.refused(Register(3, {}, "wamp.session.count")) == "wamp.error.invalid_uri"
    assert node.refused(Publish(4, acknowledged, "wamp.x")) == "wamp.error.invalid_uri"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("call", "not allowed to call 'edge.p'"),
        ("register", "not allowed to register 'edge.p'"),
        ("subscribe", "not allowed to subscribe to 'edge.p'"),
        ("publish", "not allowed to publish to 'edge.p'"),
    ],
)
def test_a_refusal_says_what_is_not_allowed(action: Action, text: str) -> None:
    assert not_authorized(action, "edge.p").arguments == [text]
