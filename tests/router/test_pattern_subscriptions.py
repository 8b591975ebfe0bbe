"""Subscriptions to more than one topic at once (option ``match``), as the broker serves them."""

from __future__ import annotations

import pytest

from tests.router.site import Peer, Site
from wampedge.router import Action, RealmSettings, RouterSession, SessionLimits
from wampedge.router.parking import Undecided
from wampedge.router.sends import NOTHING
from wampedge.wamp.messages import Event, Publish, Subscribe, Subscribed, Unsubscribe
from wampedge.wamp.payload import Payload

LUX = Payload([431.5], {"unit": "lux"})


class ExactOnly:
    """Allows no pattern."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        return policy == "exact"


def subscribe(peer: Peer, topic: str, request_id: int = 1, *, match: str = "exact") -> int:
    subscribed = peer.ask(Subscribe(request_id, {"match": match}, topic))
    assert isinstance(subscribed, Subscribed)
    assert subscribed.request_id == request_id
    return subscribed.subscription_id


@pytest.mark.parametrize(
    ("match", "pattern"),
    [("prefix", "edge.l"), ("prefix", "edge."), ("prefix", ""), ("wildcard", "edge.")],
)
def test_an_event_of_a_pattern_names_its_topic(match: str, pattern: str) -> None:
    """Specification, "Pattern-based Subscriptions", "Concrete topic published to"."""
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscription_id = subscribe(subscriber, pattern, match=match)

    publisher.send(Publish(1, {}, "edge.lux", LUX))

    event = subscriber.read_one()
    assert (event.subscription_id, event.details) == (subscription_id, {"topic": "edge.lux"})
    assert event.payload is LUX


def test_a_pattern_does_not_match_everything() -> None:
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscribe(subscriber, "edge.a.", 1, match="prefix")
    subscribe(subscriber, "edge..state", 2, match="wildcard")

    publisher.send(Publish(1, {}, "edge.b"))
    publisher.send(Publish(2, {}, "edge.b.state.x"))

    assert subscriber.read() == []


def test_an_event_comes_once_for_each_subscription_with_one_publication_id() -> None:
    """Specification, "Events matching multiple subscriptions"."""
    site = Site()
    subscriber, publisher = site.join(), site.join()
    ids = [
        subscribe(subscriber, "edge.lux", 1),
        subscribe(subscriber, "edge.lux", 2, match="prefix"),
        subscribe(subscriber, "edge.", 3, match="prefix"),
        subscribe(subscriber, "edge.lux", 4, match="wildcard"),
        subscribe(subscriber, ".lux", 5, match="wildcard"),
    ]

    published = publisher.ask(Publish(1, {"acknowledge": True}, "edge.lux"))

    topic = {"topic": "edge.lux"}
    assert [
        (event.subscription_id, event.details)
        for event in subscriber.read()
        if isinstance(event, Event) and event.publication_id == published.publication_id
    ] == [(ids[0], {}), (ids[1], topic), (ids[2], topic), (ids[3], topic), (ids[4], topic)]


def test_one_pattern_under_two_ways_to_match_is_two_subscriptions() -> None:
    site = Site()
    one, two = site.join(), site.join()

    assert subscribe(one, "edge.lux", match="prefix") == subscribe(two, "edge.lux", match="prefix")
    assert subscribe(one, "edge.lux", 2, match="wildcard") != subscribe(two, "edge.lux", 2)


def test_a_publisher_gets_its_own_event_by_no_pattern() -> None:
    """Specification, "Publisher Exclusion"."""
    site = Site()
    peer, other = site.join(), site.join()
    for each in (peer, other):
        subscribe(each, "edge.", match="prefix")

    peer.send(Publish(1, {}, "edge.lux"))
    assert peer.read() == []
    assert len(other.read()) == 1

    peer.send(Publish(2, {"exclude_me": False}, "edge.lux"))
    assert len(peer.read()) == 1


def test_lists_of_the_publisher_count_for_patterns_as_well() -> None:
    """Specification, "Subscriber Black- and Whitelisting"."""
    site = Site()
    staff, guest, publisher = site.join(authrole="staff"), site.join(authrole="guest"), site.join()
    for each in (staff, guest):
        subscribe(each, "edge.", match="wildcard")

    publisher.send(Publish(1, {"exclude_authrole": ["guest"]}, "edge.lux"))

    assert len(staff.read()) == 1
    assert guest.read() == []


def test_an_event_of_a_pattern_tells_who_published_it_as_well() -> None:
    """Specification, "Publisher Identification"."""
    site = Site()
    subscriber, publisher = site.join(), site.join(authid="gh1", authrole="staff")
    subscribe(subscriber, "edge.lux", 1)
    subscribe(subscriber, "edge.", 2, match="prefix")

    publisher.send(Publish(1, {"disclose_me": True}, "edge.lux"))

    exact, pattern = subscriber.read()
    assert isinstance(exact, Event)
    assert isinstance(pattern, Event)
    assert exact.details["publisher_authid"] == "gh1"
    assert pattern.details == {**exact.details, "topic": "edge.lux"}


def test_a_subscription_to_a_pattern_ends() -> None:
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscription_id = subscribe(subscriber, "edge.", match="prefix")
    publisher.send(Publish(1, {}, "edge.lux"))
    subscriber.read()

    subscriber.ask(Unsubscribe(2, subscription_id))
    publisher.send(Publish(2, {}, "edge.lux"))

    assert subscriber.read() == []


@pytest.mark.parametrize(
    ("match", "pattern"),
    [
        ("exact", "edge."),
        ("exact", ""),
        ("prefix", "edge..x"),
        ("prefix", ".edge"),
        ("prefix", "a b"),
        ("wildcard", "a#."),
        ("wildcard", "." * 256),
    ],
)
def test_a_pattern_that_can_match_nothing_is_refused(match: str, pattern: str) -> None:
    peer = Site().join()

    assert peer.refused(Subscribe(1, {"match": match}, pattern)) == "wamp.error.invalid_uri"


def test_a_pattern_needs_to_be_allowed_as_a_pattern() -> None:
    """Whoever may use one URI may not use all that start with it."""
    peer = Site([RealmSettings("edge", authorizer=ExactOnly())]).join()

    for match in ("prefix", "wildcard"):
        refusal = peer.refused(Subscribe(1, {"match": match}, "edge.a"))
        assert refusal == "wamp.error.not_authorized"
    assert isinstance(peer.ask(Subscribe(2, {}, "edge.a")), Subscribed)


class NamedOnly:
    """Allows all patterns, but of the router's own topics only one by name."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        if session.authrole == "asked" and uri.startswith("wamp"):
            raise Undecided(lambda _go_on: NOTHING)
        return policy != "exact" or uri == "wamp.session.on_leave"


@pytest.mark.parametrize(("match", "pattern"), [("prefix", ""), ("wildcard", "..")])
def test_patterns_hear_of_others_what_their_session_may_hear_by_name(
    match: str, pattern: str
) -> None:
    """Specification, "WAMP Meta API": what the router tells is for those who are authorized."""
    site = Site([RealmSettings("edge", authorizer=NamedOnly())])
    watcher, asked = site.join(), site.join(authrole="asked")
    for each in (watcher, asked):
        subscribe(each, pattern, match=match)

    site.join().lose()

    (event,) = watcher.read()
    assert isinstance(event, Event)
    assert event.details == {"topic": "wamp.session.on_leave"}
    assert asked.read() == []


def test_patterns_of_a_role_that_may_do_everything_hear_what_the_router_tells() -> None:
    """Specification, "Pattern-based Subscriptions": a prefix matches what starts with it."""
    site = Site()
    watcher = site.join()
    subscribe(watcher, "", match="prefix")

    other = site.join()

    event = watcher.read_one()
    assert event.details == {"topic": "wamp.session.on_join"}
    assert event.payload.value["session"] == other.session.id


class ExceptNode:
    """Allows everything but one topic of the node."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        return session.is_trusted or uri != "wampedge.secret"


def test_patterns_hear_what_the_node_tells_of_itself_only_where_that_is_allowed() -> None:
    site = Site([RealmSettings("edge", authorizer=ExceptNode())])
    node, watcher = site.join(is_trusted=True), site.join()
    subscribe(watcher, "", match="prefix")

    node.send(Publish(1, {}, "wampedge.secret"))
    node.send(Publish(2, {}, "wampedge.open"))

    assert [each.details for each in watcher.read() if isinstance(each, Event)] == [
        {"topic": "wampedge.open"}
    ]


def test_a_session_subscribes_to_wildcards_of_so_many_shapes() -> None:
    """The cost of a publication to a new topic grows with the shapes there are."""
    site = Site([RealmSettings("edge", limits=SessionLimits(wildcard_shapes=1))])
    peer = site.join()
    wildcard = {"match": "wildcard"}
    first = peer.ask(Subscribe(1, wildcard, "edge."))

    assert peer.refused(Subscribe(2, wildcard, ".edge")) == "wampedge.error.limit"
    assert isinstance(peer.ask(Subscribe(3, wildcard, "farm.")), Subscribed)
    assert peer.ask(Subscribe(4, wildcard, "edge.")).subscription_id == first.subscription_id
    for subscription_id in list(peer.session.subscriptions):
        peer.ask(Unsubscribe(5, subscription_id))
    assert isinstance(peer.ask(Subscribe(6, wildcard, ".edge")), Subscribed)
