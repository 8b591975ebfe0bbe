"""Taking subscriptions away: specification, "Subscription Revocation"."""

from __future__ import annotations

from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.router.broker import Broker
from wampedge.router.subscription import Subscription
from wampedge.wamp.messages import Publish, Subscribe, Subscribed, Unsubscribe, Unsubscribed

UNDERSTANDING = {**ALL_ROLES, "subscriber": {"features": {"subscription_revocation": True}}}
GONE = "wamp.error.not_authorized"


def broker_of(site: Site) -> Broker:
    return site.router._realm_by_name["edge"].broker


def subscribe(peer: Peer, topic: str = "edge.t", **options: str) -> Subscription:
    subscribed = peer.ask(Subscribe(1, dict(options), topic))
    assert isinstance(subscribed, Subscribed)
    return peer.session.subscriptions[subscribed.subscription_id]


def test_who_announced_it_is_told_what_was_taken_and_why() -> None:
    site = Site()
    peer = site.join(roles=UNDERSTANDING)
    subscription = subscribe(peer)

    site.deliver(broker_of(site).revoke(peer.session, subscription, GONE))

    details = {"subscription": subscription.id, "reason": GONE}
    assert peer.read_one() == Unsubscribed(0, details)


def test_who_did_not_announce_it_is_not_told() -> None:
    site = Site()
    peer = site.join()
    subscription = subscribe(peer)

    site.deliver(broker_of(site).revoke(peer.session, subscription, GONE))

    assert peer.read() == []


def test_a_subscription_that_was_taken_brings_no_events_and_cannot_be_ended() -> None:
    site = Site()
    peer, other, publisher = site.join(), site.join(), site.join()
    subscription = subscribe(peer)
    subscribe(other)

    site.deliver(broker_of(site).revoke(peer.session, subscription, GONE))
    publisher.send(Publish(1, {}, "edge.t"))

    assert peer.read() == []
    assert len(other.read()) == 1
    assert peer.refused(Unsubscribe(2, subscription.id)) == "wamp.error.no_such_subscription"


def test_the_last_subscription_that_is_taken_is_gone() -> None:
    site = Site()
    peer = site.join()
    subscription = subscribe(peer, "edge.", match="wildcard")

    site.deliver(broker_of(site).revoke(peer.session, subscription, GONE))

    assert broker_of(site).subscription_by_id == {}
    assert subscribe(peer, "edge.", match="wildcard") is not subscription


def test_nothing_is_taken_from_who_has_nothing() -> None:
    site = Site()
    peer, other = site.join(roles=UNDERSTANDING), site.join(roles=UNDERSTANDING)
    subscription = subscribe(peer)

    assert list(broker_of(site).revoke(other.session, subscription, GONE)) == []
    site.deliver(broker_of(site).revoke(peer.session, subscription, GONE))
    assert list(broker_of(site).revoke(peer.session, subscription, GONE)) == []


def test_others_hear_of_it_as_of_any_end_of_a_subscription() -> None:
    """Specification, "Subscription Meta API", "wamp.subscription.on_unsubscribe"."""
    site = Site()
    peer, watcher = site.join(), site.join()
    subscription = subscribe(peer)
    subscribe(watcher, "wamp.subscription.on_unsubscribe")

    site.deliver(broker_of(site).revoke(peer.session, subscription, GONE))

    assert watcher.read_one().payload.args == [peer.session.id, subscription.id]


def test_the_router_announces_that_it_may_take_subscriptions() -> None:
    """Specification, "Subscription Revocation", "Feature Announcement"."""
    roles = Site().router._realm_by_name["edge"].roles

    assert roles["broker"]["features"]["subscription_revocation"]
