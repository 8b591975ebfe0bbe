from __future__ import annotations

import pytest

from tests.router.site import Peer, Site
from wampedge.router import Action, RealmSettings, RouterSession
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

    def allows(self, session: RouterSession, action: Action, uri: str) -> bool:
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
