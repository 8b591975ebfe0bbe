"""Retained events and the history, as sessions of a realm meet them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.router.site import ALL_ROLES, Peer, Site, payload_text
from wampedge.router import Action, RealmSettings, RouterSession
from wampedge.router.history import HistoryRule
from wampedge.router.parking import Undecided
from wampedge.router.publication import Publication
from wampedge.router.retention import RetentionLimits
from wampedge.router.sends import NOTHING
from wampedge.wamp.messages import Event, Publish, Published, Subscribe, Subscribed, Unsubscribe
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import SERIALIZERS

LUX = Payload([431.5], {"unit": "lux"})


def site_with(**limits: int) -> Site:
    return Site([RealmSettings("edge", retention=RetentionLimits(**limits))])


def retain(peer: Peer, topic: str = "edge.lux", payload: Payload = LUX, **options: Any) -> Any:
    """Publish with acknowledgement and return the answer."""
    return peer.ask(Publish(1, {"retain": True, "acknowledge": True, **options}, topic, payload))


def retained(peer: Peer, topic: str = "edge.lux", **options: Any) -> list[Event]:
    """Subscribe, see that the answer comes first, and return the events behind it."""
    peer.send(Subscribe(1, {"get_retained": True, **options}, topic))
    subscribed, *events = peer.read()
    assert isinstance(subscribed, Subscribed)
    for event in events:
        assert isinstance(event, Event)
        assert event.subscription_id == subscribed.subscription_id
        assert event.details["retained"] is True
    return [event for event in events if isinstance(event, Event)]


def values(events: list[Event]) -> list[Any]:
    return [event.payload.value for event in events]


def test_who_subscribes_later_gets_the_retained_event() -> None:
    """Specification, "Event Retention"."""
    site = Site()
    publisher, late = site.join(), site.join()
    published = retain(publisher)

    (event,) = retained(late)

    assert event == Event(event.subscription_id, published.publication_id, {"retained": True}, LUX)


def test_a_retained_event_outlives_its_publisher() -> None:
    """Specification, "Event Retention"."""
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher)
    publisher.lose()

    assert values(retained(late)) == [431.5]


def test_nobody_gets_a_retained_event_that_did_not_ask() -> None:
    """Specification, "Event Retention": lack of the option is false."""
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher)

    for options in ({}, {"get_retained": False}, {"get_retained": None}):
        assert isinstance(late.ask(Subscribe(1, options, "edge.lux")), Subscribed)


def test_an_event_that_is_not_retained_leaves_the_one_that_is() -> None:
    """Specification, "Event Retention": the publisher decides which is the important one."""
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher, payload=Payload([1]))

    for options in ({}, {"retain": False}, {"retain": None}):
        publisher.send(Publish(2, options, "edge.lux", Payload([2])))

    assert values(retained(late)) == [1]


def test_a_live_event_is_not_marked_as_retained() -> None:
    """Specification, "Event Retention"."""
    site = Site()
    publisher, subscriber = site.join(), site.join()
    assert retained(subscriber) == []

    retain(publisher)

    assert subscriber.read_one().details == {}


def test_retained_events_come_before_live_ones() -> None:
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher, payload=Payload([1]))

    late.send(Subscribe(1, {"get_retained": True}, "edge.lux"))
    publisher.send(Publish(2, {}, "edge.lux", Payload([2])))

    subscribed, *events = late.read()
    assert isinstance(subscribed, Subscribed)
    assert [event.payload.value for event in events if isinstance(event, Event)] == [1, 2]


@pytest.mark.parametrize(
    ("match", "pattern", "expected"),
    [
        ("prefix", "edge.", ["edge.a", "edge.b.state", "edge.c.state"]),
        ("prefix", "", ["edge.a", "edge.b.state", "edge.c.state", "farm.a.state"]),
        ("wildcard", "edge..state", ["edge.b.state", "edge.c.state"]),
        ("wildcard", ".a.state", ["farm.a.state"]),
        ("prefix", "shop.", []),
    ],
)
def test_patterns_get_the_retained_event_of_every_topic(
    match: str, pattern: str, expected: list[str]
) -> None:
    """Specification, "Event Retention" and "Pattern-based Subscriptions"."""
    site = Site()
    publisher, late = site.join(), site.join()
    for topic in ("edge.c.state", "farm.a.state", "edge.a", "edge.b.state"):
        retain(publisher, topic, Payload([topic]))

    events = retained(late, pattern, match=match)

    assert values(events) == expected
    assert [event.details["topic"] for event in events] == expected


def test_subscribing_again_gets_it_again() -> None:
    """A second part of one program, with the same subscription, starts from the same state."""
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher)

    assert values(retained(late)) == values(retained(late)) == [431.5]


def test_everybody_gets_the_latest_event_that_was_meant_for_them() -> None:
    """Specification, "Event Retention", "Subscriber Black- and Whitelisting"."""
    site = Site()
    publisher = site.join()
    staff, guest = site.join(authrole="staff"), site.join(authrole="guest", authid="bob")
    retain(publisher, payload=Payload(["all"]))
    retain(publisher, payload=Payload(["staff"]), eligible_authrole=["staff"])
    retain(publisher, payload=Payload(["not bob"]), exclude_authid=["bob"])

    assert values(retained(staff)) == ["not bob"]
    assert values(retained(guest)) == ["all"]


def test_nobody_gets_an_event_that_was_meant_for_others_only() -> None:
    site = Site()
    publisher, other = site.join(), site.join()
    retain(publisher, eligible=[999])

    assert retained(other) == []


def test_a_publisher_gets_its_own_retained_event_on_request_only() -> None:
    """Specification, "Event Retention": not what it would not have got as a subscriber."""
    peer = Site().join()
    retain(peer)
    assert retained(peer) == []

    retain(peer, "edge.other", exclude_me=False)

    assert values(retained(peer, "edge.other")) == [431.5]


def test_a_retained_event_says_what_it_said_when_it_was_published() -> None:
    """Specification, "Publisher Identification" and "Publication Trust Levels"."""
    site = Site([RealmSettings("edge", trustlevel_by_role={"staff": 3})])
    publisher, late = site.join(authid="ann", authrole="staff"), site.join()
    retain(publisher, disclose_me=True)
    session_id = publisher.session.id
    publisher.lose()

    (event,) = retained(late)

    assert event.details == {
        "publisher": session_id,
        "publisher_authid": "ann",
        "publisher_authrole": "staff",
        "trustlevel": 3,
        "retained": True,
    }


def test_a_sealed_payload_stays_sealed() -> None:
    """Specification, "Payload Passthru Mode"."""
    features = {"features": {"payload_passthru_mode": True}}
    roles = {**ALL_ROLES, "publisher": features, "subscriber": features}
    site = Site()
    publisher, late = site.join(roles=roles), site.join(roles=roles)
    seal = {"ppt_scheme": "x_lock", "ppt_serializer": "cbor"}
    retain(publisher, payload=Payload([b"\x00\x01"]), **seal)

    (event,) = retained(late)

    assert event.details == {**seal, "retained": True}
    assert event.payload.value == b"\x00\x01"


def test_the_bytes_of_a_payload_are_those_that_came_in() -> None:
    json = SERIALIZERS["json"]
    site = Site()
    publisher, late = site.join(), site.join()
    publisher.send(json.decode(b'[16,1,{"retain":true},"edge.lux",[ 1.50 ]]'))

    (event,) = retained(late)

    assert event.payload.tail(json) == b",[ 1.50 ]"


def test_an_event_without_arguments_is_an_event_like_others() -> None:
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher)

    retain(publisher, payload=Payload())

    (event,) = retained(late)
    assert event.payload == Payload()


@pytest.mark.parametrize("options", [{}, {"retain": True}])
def test_retention_ends_on_request(options: dict[str, Any]) -> None:
    site = Site()
    publisher, subscriber, late = site.join(), site.join(), site.join()
    subscriber.ask(Subscribe(1, {}, "edge.lux"))
    retain(publisher)

    publisher.send(Publish(2, {"x_clear_retained": True, **options}, "edge.lux", Payload(["gone"])))

    assert values([each for each in subscriber.read() if isinstance(each, Event)]) == [
        431.5,
        "gone",
    ]
    assert retained(late) == []


def test_who_waits_for_an_answer_is_told_that_there_is_no_room() -> None:
    """Specification, "Event Retention": a broker may decline."""
    site = site_with(topics=1)
    publisher, subscriber = site.join(), site.join()
    subscriber.ask(Subscribe(1, {"match": "prefix"}, "edge."))
    retain(publisher)
    subscriber.read()

    error = retain(publisher, "edge.other")

    assert (error.error, payload_text(error)) == (
        "wampedge.error.limit",
        "no room to retain an event of 'edge.other'",
    )
    assert subscriber.read() == []
    assert isinstance(retain(publisher), Published)


def test_nobody_takes_an_old_event_for_the_latest_when_there_was_no_room() -> None:
    site = site_with(size_bytes=2_000)
    publisher, subscriber, late = site.join(), site.join(), site.join()
    subscriber.ask(Subscribe(1, {}, "edge.lux"))
    retain(publisher, payload=Payload([1]))

    publisher.send(Publish(2, {"retain": True}, "edge.lux", Payload(["x" * 5_000])))

    assert len(subscriber.read()) == 2
    assert retained(late) == []
    assert site.router._realm_by_name["edge"].broker.archive.unkept == 1


def test_an_event_that_nobody_can_be_sent_is_not_retained() -> None:
    site = Site()
    node, late = site.join(is_trusted=True), site.join()
    retain(node)

    retain(node, payload=Payload([object()]))

    assert retained(late) == []


@pytest.mark.parametrize(
    ("limits", "expected"), [({"burst_events": 3}, 3), ({"burst_bytes": 2_500}, 2)]
)
def test_a_burst_of_retained_events_is_bounded_and_says_what_is_missing(
    limits: dict[str, int], expected: int
) -> None:
    site = site_with(**limits)
    publisher, late = site.join(), site.join()
    for number in range(5):
        retain(publisher, f"edge.t{number}", Payload(["x" * 1_000]))

    events = retained(late, "edge.", match="prefix")

    assert [event.details["topic"] for event in events] == [f"edge.t{n}" for n in range(expected)]
    assert [event.details.get("x_omitted") for event in events] == [
        *[None] * (expected - 1),
        5 - expected,
    ]


def test_an_event_larger_than_a_burst_comes_all_the_same() -> None:
    site = site_with(burst_bytes=100)
    publisher, late = site.join(), site.join()
    retain(publisher, payload=Payload(["x" * 1_000]))

    (event,) = retained(late)

    assert "x_omitted" not in event.details


def test_a_retained_event_keeps_nobody_subscribed() -> None:
    site = Site()
    publisher, late = site.join(), site.join()
    retain(publisher)
    (event,) = retained(late)

    late.ask(Unsubscribe(2, event.subscription_id))
    retain(publisher)

    assert late.read() == []


class OnlyPatterns:
    """Allows patterns and the topics of clients, but of the router's own only one."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        if uri == "wampedge.asked":
            raise Undecided(lambda _go_on: NOTHING)
        return policy != "exact" or not uri.startswith("wamp") or uri == "wampedge.open"


def test_what_the_router_retains_is_for_those_who_may_have_it_by_name() -> None:
    """Specification, "Event History", "Security Aspects", holds for retained events as well."""
    site = Site([RealmSettings("edge", authorizer=OnlyPatterns())])
    node, late = site.join(is_trusted=True), site.join()
    archive = site.router._realm_by_name["edge"].broker.archive
    for topic in ("wampedge.open", "wampedge.secret", "wampedge.asked", "edge.lux"):
        publish = Publish(1, {"retain": True}, topic, Payload([topic]))
        archive.take(1, node.session, publish, {})

    assert values(retained(late, "", match="prefix")) == ["edge.lux", "wampedge.open"]


def test_the_history_of_a_realm_is_kept_beside_what_is_retained() -> None:
    rule = HistoryRule("edge.", events=2)
    site = Site([RealmSettings("edge", history=(rule,))])
    publisher, late = site.join(), site.join()
    retain(publisher, payload=Payload([1]))
    publisher.send(Publish(2, {}, "edge.lux", Payload([2])))

    assert values(retained(late)) == [1]
    broker = site.router._realm_by_name["edge"].broker
    (lasting,) = [each for each in broker.subscription_by_id.values() if each.is_lasting]
    answer = broker.events(late.session, lasting.id, {})
    assert [event["args"] for event in answer.args] == [[1], [2]]


def test_what_a_realm_retains_is_written_to_its_log() -> None:
    """So that it can outlive the router."""
    lines: list[tuple[str, int]] = []

    class Log:
        def write(self, topic: str, publications: Sequence[Publication]) -> None:
            lines.append((topic, len(publications)))

    site = Site([RealmSettings("edge", retained_log=Log())])

    retain(site.join())

    assert lines == [("edge.lux", 1)]
