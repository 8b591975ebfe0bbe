from __future__ import annotations

import itertools

import pytest

from tests.router.site import Peer, Site, payload_text
from wampedge.router import RealmSettings, SessionLimits
from wampedge.wamp.messages import (
    Event,
    Publish,
    Published,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from wampedge.wamp.payload import Payload

LUX = Payload([431.5], {"unit": "lux"})


def subscribe(peer: Peer, topic: str = "edge.lux", request_id: int = 1) -> int:
    subscribed = peer.ask(Subscribe(request_id, {}, topic))
    assert isinstance(subscribed, Subscribed)
    assert subscribed.request_id == request_id
    return subscribed.subscription_id


def test_an_event_reaches_the_subscriber_with_its_payload() -> None:
    """Specification, "Publishing and Events"."""
    ids = itertools.count(100)
    site = Site(random_id=lambda: next(ids))
    subscriber, publisher = site.join(authid="a"), site.join(authid="b")
    subscription_id = subscribe(subscriber)

    publisher.send(Publish(1, {}, "edge.lux", LUX))

    event = subscriber.read_one()
    assert event == Event(subscription_id, 102, {}, LUX)
    assert event.payload is LUX
    assert publisher.read() == []


def test_one_send_carries_an_event_to_all_subscribers() -> None:
    site = Site()
    subscribers = [site.join() for _ in range(100)]
    for subscriber in subscribers:
        subscribe(subscriber)
    publisher = site.join()

    (send,) = site.router.receive(publisher.session, Publish(1, {}, "edge.lux"))

    assert send.recipients == tuple(subscriber.session for subscriber in subscribers)


def test_subscribers_of_one_topic_share_the_id() -> None:
    site = Site()
    one, two = site.join(), site.join()

    assert subscribe(one) == subscribe(two)
    assert subscribe(one, "edge.other", 2) != subscribe(two, request_id=2)


def test_subscribing_again_gives_the_same_id_and_each_event_once() -> None:
    """Specification, "SUBSCRIBED"."""
    site = Site()
    subscriber, publisher = site.join(), site.join()

    assert subscribe(subscriber) == subscribe(subscriber, request_id=2)
    publisher.send(Publish(1, {}, "edge.lux"))

    assert len(subscriber.read()) == 1


def test_who_subscribes_later_gets_the_next_event() -> None:
    site = Site()
    early, late, publisher = site.join(), site.join(), site.join()
    subscribe(early)
    publisher.send(Publish(1, {}, "edge.lux"))

    subscribe(late)
    publisher.send(Publish(2, {}, "edge.lux"))

    assert len(early.read()) == 2
    assert len(late.read()) == 1


def test_events_of_other_topics_do_not_arrive() -> None:
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscribe(subscriber)

    publisher.send(Publish(1, {}, "edge.lu"))
    publisher.send(Publish(2, {}, "edge.lux.max"))

    assert subscriber.read() == []


def test_events_arrive_in_the_order_they_were_published() -> None:
    """Specification, "Publish & Subscribe Ordering"."""
    site = Site()
    subscriber, publisher = site.join(), site.join()
    first, second = subscribe(subscriber, "edge.a", 1), subscribe(subscriber, "edge.b", 2)

    for number, topic in enumerate(["edge.a", "edge.b", "edge.a"], start=1):
        publisher.send(Publish(number, {}, topic))

    assert [event.subscription_id for event in subscriber.read() if isinstance(event, Event)] == [
        first,
        second,
        first,
    ]


def test_a_publisher_does_not_get_its_own_event() -> None:
    """Specification, "EVENT"."""
    site = Site()
    peer, other = site.join(), site.join()
    subscribe(peer)
    subscribe(other)

    peer.send(Publish(1, {}, "edge.lux"))

    assert peer.read() == []
    assert len(other.read()) == 1


def test_a_publisher_gets_its_own_event_on_request() -> None:
    """Specification, "Publisher Exclusion"."""
    site = Site()
    peer, other = site.join(), site.join()
    subscribe(peer)
    subscribe(other)

    peer.send(Publish(1, {"exclude_me": False}, "edge.lux"))

    assert len(peer.read()) == 1
    assert len(other.read()) == 1


def test_an_acknowledged_publication_is_answered_with_the_id_of_its_event() -> None:
    """Specification, "PUBLISHED"."""
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscribe(subscriber)

    published = publisher.ask(Publish(7, {"acknowledge": True}, "edge.lux"))

    assert published == Published(7, subscriber.read_one().publication_id)


def test_a_publication_without_subscribers_is_acknowledged() -> None:
    publisher = Site().join()

    assert isinstance(publisher.ask(Publish(1, {"acknowledge": True}, "edge.lux")), Published)


def test_each_publication_has_an_id_of_its_own() -> None:
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscribe(subscriber)

    publisher.send(Publish(1, {}, "edge.lux"))
    publisher.send(Publish(2, {}, "edge.lux"))

    one, two = subscriber.read()
    assert isinstance(one, Event)
    assert isinstance(two, Event)
    assert one.publication_id != two.publication_id


@pytest.mark.parametrize("topic", ["a b", "", "wamp.x", "wampedge.x"])
def test_a_bad_publication_nobody_waits_for_is_dropped_and_counted(topic: str) -> None:
    """Specification, "Publish ERROR": only an acknowledged publication may be answered."""
    site = Site()
    publisher = site.join()

    publisher.send(Publish(1, {}, topic))
    publisher.send(Publish(2, {"acknowledge": False}, topic))

    assert publisher.read() == []
    assert site.router.counters.publications_dropped == 2


def test_a_bad_option_drops_a_publication_nobody_waits_for() -> None:
    site = Site()
    publisher = site.join()

    publisher.send(Publish(1, {"exclude": 5}, "edge.lux"))
    publisher.send(Publish(2, {"acknowledge": "yes"}, "edge.lux"))

    assert publisher.read() == []
    assert site.router.counters.publications_dropped == 2


def test_unsubscribing_ends_the_events() -> None:
    """Specification, "UNSUBSCRIBE"."""
    site = Site()
    subscriber, publisher = site.join(), site.join()
    subscription_id = subscribe(subscriber)

    assert subscriber.ask(Unsubscribe(2, subscription_id)) == Unsubscribed(2)

    publisher.send(Publish(1, {}, "edge.lux"))
    assert subscriber.read() == []


def test_unsubscribing_leaves_the_others_subscribed() -> None:
    site = Site()
    one, two, publisher = site.join(), site.join(), site.join()
    subscription_id = subscribe(one)
    subscribe(two)
    publisher.send(Publish(1, {}, "edge.lux"))

    one.read()
    one.ask(Unsubscribe(2, subscription_id))
    publisher.send(Publish(2, {}, "edge.lux"))

    assert one.read() == []
    assert len(two.read()) == 2


def test_unsubscribing_twice_is_refused() -> None:
    peer = Site().join()
    subscription_id = subscribe(peer)
    peer.ask(Unsubscribe(2, subscription_id))

    assert peer.refused(Unsubscribe(3, subscription_id)) == "wamp.error.no_such_subscription"


def test_an_unknown_subscription_is_refused() -> None:
    """ROBUSTNESS P26."""
    assert Site().join().refused(Unsubscribe(1, 99)) == "wamp.error.no_such_subscription"


def test_nobody_ends_the_subscription_of_somebody_else() -> None:
    site = Site()
    subscriber, stranger, publisher = site.join(), site.join(), site.join()
    subscription_id = subscribe(subscriber)

    refusal = stranger.refused(Unsubscribe(1, subscription_id))

    assert refusal == "wamp.error.no_such_subscription"
    publisher.send(Publish(1, {}, "edge.lux"))
    assert len(subscriber.read()) == 1


def test_an_event_for_nobody_but_its_publisher_is_sent_to_nobody() -> None:
    site = Site()
    peer = site.join()
    subscribe(peer)

    assert list(site.router.receive(peer.session, Publish(1, {}, "edge.lux"))) == []


def test_a_lost_subscriber_gets_no_events() -> None:
    site = Site()
    lost, healthy, publisher = site.join(), site.join(), site.join()
    subscribe(lost)
    subscribe(healthy)

    lost.lose()
    publisher.send(Publish(1, {}, "edge.lux"))

    assert lost.read() == []
    assert len(healthy.read()) == 1


def test_a_topic_without_subscribers_starts_anew() -> None:
    site = Site()
    subscriber, publisher = site.join(), site.join()
    first = subscribe(subscriber)
    subscriber.ask(Unsubscribe(2, first))

    second = subscribe(subscriber, request_id=3)
    publisher.send(Publish(1, {}, "edge.lux"))

    assert second != first
    assert subscriber.read_one().subscription_id == second


def test_a_session_may_not_subscribe_without_end() -> None:
    """ROBUSTNESS P34."""
    site = Site([RealmSettings("edge", limits=SessionLimits(subscriptions=2))])
    peer = site.join()
    first = subscribe(peer, "edge.a", 1)
    subscribe(peer, "edge.b", 2)

    error = peer.ask(Subscribe(3, {}, "edge.c"))

    assert error.error == "wampedge.error.limit"
    assert payload_text(error) == "a session may have 2 subscriptions at once"
    assert subscribe(peer, "edge.a", 4) == first
    peer.ask(Unsubscribe(5, first))
    subscribe(peer, "edge.c", 6)


def test_ten_thousand_subscriptions_in_a_burst_are_held_at_the_limit() -> None:
    """ROBUSTNESS P34."""
    peer = Site().join()

    answers = [peer.ask(Subscribe(n, {}, f"edge.t{n}")) for n in range(1, 10_001)]

    assert sum(isinstance(answer, Subscribed) for answer in answers) == 1_000
    assert len(peer.session.subscriptions) == 1_000
