"""Who listens to what: specification, "Subscription Meta API"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import ask, refusal
from tests.router.site import Peer, Site
from wampedge.wamp.messages import Subscribe


class Listeners:
    """Two subscribers of one topic, patterns of the first, and a caller."""

    def __init__(self) -> None:
        self.site = Site()
        self.one, self.two, self.caller = (self.site.join() for _ in range(3))
        self.shared = _subscribe(self.one, "edge.state")
        _subscribe(self.two, "edge.state")
        self.prefix = _subscribe(self.one, "edge", match="prefix")
        self.wildcard = _subscribe(self.one, "edge.", match="wildcard")


def _subscribe(peer: Peer, topic: str, **options: Any) -> int:
    subscription_id = peer.ask(Subscribe(1, options, topic)).subscription_id
    assert isinstance(subscription_id, int)
    return subscription_id


def test_subscriptions_are_listed_by_way_to_match() -> None:
    """Specification, "wamp.subscription.list"."""
    listeners = Listeners()

    assert ask(listeners.caller, "wamp.subscription.list") == {
        "exact": [listeners.shared],
        "prefix": [listeners.prefix],
        "wildcard": [listeners.wildcard],
    }


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("edge.state",), "shared"),
        (("edge.state", {"match": "exact", "get_retained": True}), "shared"),
        (("edge", {"match": "prefix"}), "prefix"),
        (("edge.", {"match": "wildcard"}), "wildcard"),
        (("edge.other",), None),
        (("edge.state", {"match": "prefix"}), None),
    ],
)
def test_a_subscription_is_looked_up_by_its_pattern(
    args: tuple[Any, ...], name: str | None
) -> None:
    """Specification, "wamp.subscription.lookup": "according to some match policy"."""
    listeners = Listeners()

    wanted = None if name is None else getattr(listeners, name)
    assert ask(listeners.caller, "wamp.subscription.lookup", *args) == wanted


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("edge.state", ["shared", "prefix", "wildcard"]),
        ("edge.other.state", ["prefix"]),
        ("other.state", None),
    ],
)
def test_all_subscriptions_that_match_a_topic_are_found(
    topic: str, names: list[str] | None
) -> None:
    """Specification, "wamp.subscription.match": a list of ids, or null."""
    listeners = Listeners()

    wanted = None if names is None else [getattr(listeners, name) for name in names]
    assert ask(listeners.caller, "wamp.subscription.match", topic) == wanted


def test_a_subscription_is_described() -> None:
    """Specification, "wamp.subscription.get"."""
    listeners = Listeners()

    assert ask(listeners.caller, "wamp.subscription.get", listeners.prefix) == {
        "id": listeners.prefix,
        "created": "1970-01-01T00:00:00.000Z",
        "uri": "edge",
        "match": "prefix",
    }


def test_the_subscribers_of_a_subscription_are_listed_and_counted() -> None:
    """Specification, "wamp.subscription.list_subscribers" and "count_subscribers"."""
    listeners = Listeners()
    ids = [listeners.one.session.id, listeners.two.session.id]
    shared = listeners.shared

    assert ask(listeners.caller, "wamp.subscription.list_subscribers", shared) == ids
    assert ask(listeners.caller, "wamp.subscription.count_subscribers", shared) == 2
    listeners.one.lose()
    assert ask(listeners.caller, "wamp.subscription.list_subscribers", shared) == ids[1:]
    assert ask(listeners.caller, "wamp.subscription.count_subscribers", shared) == 1


@pytest.mark.parametrize("name", ["get", "list_subscribers", "count_subscribers"])
def test_a_subscription_that_is_not_there_is_no_such_subscription(name: str) -> None:
    """Specification, "wamp.subscription.get": ``wamp.error.no_such_subscription``."""
    site = Site()
    caller, subscriber = site.join(), site.join()
    subscription_id = _subscribe(subscriber, "edge.state")
    subscriber.lose()

    for each in (subscription_id, subscription_id + 1):
        uri = refusal(caller, f"wamp.subscription.{name}", each)
        assert uri == "wamp.error.no_such_subscription"


@pytest.mark.parametrize(
    ("name", "args", "uri"),
    [
        ("list", ({},), "wamp.error.invalid_argument"),
        ("lookup", (), "wamp.error.invalid_argument"),
        ("lookup", ("edge.state", ["prefix"]), "wamp.error.invalid_argument"),
        ("lookup", ("edge.state", {"match": 1}), "wamp.error.invalid_argument"),
        ("lookup", ("edge..state",), "wamp.error.invalid_uri"),
        ("match", (7,), "wamp.error.invalid_argument"),
        ("match", ("edge state",), "wamp.error.invalid_uri"),
        ("get", (), "wamp.error.invalid_argument"),
        ("list_subscribers", ("edge.state",), "wamp.error.invalid_argument"),
        ("count_subscribers", (2**53 + 1,), "wamp.error.invalid_argument"),
    ],
)
def test_wrong_arguments_are_refused(name: str, args: tuple[Any, ...], uri: str) -> None:
    assert refusal(Site().join(), f"wamp.subscription.{name}", *args) == uri
