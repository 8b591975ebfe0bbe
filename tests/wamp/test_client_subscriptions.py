"""What a client listens to, and how its listeners share a subscription."""

from __future__ import annotations

import pytest

from tests.support.client_protocol import joined, only, subscribed
from wampedge.errors import RemoteProtocolError
from wampedge.wamp import effects
from wampedge.wamp.messages import (
    Error,
    Event,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from wampedge.wamp.payload import Payload


def test_subscribed_comes_back_with_the_listener() -> None:
    protocol = joined()

    subscribe = protocol.subscribe("edge.gh1.", "listener", options={"match": "prefix"})
    effect = only(protocol.receive(Subscribed(1, 600)))

    assert subscribe == Subscribe(1, {"match": "prefix"}, "edge.gh1.")
    assert effect.request.context == "listener"


def test_event_goes_to_all_listeners_of_one_subscription_in_order() -> None:
    protocol = joined()
    subscribed(protocol, 600, "first")
    subscribed(protocol, 600, "second")
    event = Event(600, 1, {}, Payload((21.5,)))

    effect = only(protocol.receive(event))

    assert effect == effects.EventArrived(("first", "second"), event)


def test_event_for_an_unknown_subscription_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="unknown subscription 600"):
        joined().receive(Event(600, 1, {}))


def test_unsubscribe_is_sent_for_the_last_listener_only() -> None:
    protocol = joined()
    subscribed(protocol, 600, "first")
    subscribed(protocol, 600, "second")

    assert protocol.unsubscribe(600, "first", "context") is None
    assert protocol.unsubscribe(600, "second", "context") == Unsubscribe(3, 600)


def test_event_that_crossed_our_unsubscribe_is_dropped() -> None:
    protocol = joined()
    subscribed(protocol, 600)
    protocol.unsubscribe(600, "listener", "context")

    assert protocol.receive(Event(600, 1, {})) == ()
    assert only(protocol.receive(Unsubscribed(2))).request.context == "context"
    assert protocol.receive(Event(600, 2, {})) == ()


def test_unsubscribe_without_somebody_waiting_is_answered_silently() -> None:
    protocol = joined()
    subscribed(protocol, 600)
    protocol.unsubscribe(600, "listener")

    assert protocol.receive(Unsubscribed(2)) == ()


def test_unsubscribe_waits_for_a_subscribe_to_the_same_topic() -> None:
    """The router would end the subscription it is just handing out."""
    protocol = joined()
    subscribed(protocol, 600, "first")
    protocol.subscribe("edge.gh1.temperature", "second")

    assert protocol.unsubscribe(600, "first", "context") is None
    protocol.receive(Subscribed(2, 600))

    assert only(protocol.receive(Event(600, 1, {}))).listeners == ("second",)


def test_unsubscribe_that_waited_is_sent_when_the_other_subscribe_fails() -> None:
    protocol = joined()
    subscribed(protocol, 600, "first")
    protocol.subscribe("edge.gh1.temperature", "second")
    protocol.unsubscribe(600, "first", "context")

    refused, transmit = protocol.receive(Error(32, 2, {}, "wamp.error.not_authorized"))

    assert isinstance(refused, effects.Refused)
    assert transmit == effects.Transmit(Unsubscribe(3, 600))


def test_failed_subscribe_leaves_other_topics_alone() -> None:
    protocol = joined()
    subscribed(protocol, 600)
    protocol.subscribe("edge.gh1.other", "other")

    effect = only(protocol.receive(Error(32, 2, {}, "wamp.error.not_authorized")))

    assert isinstance(effect, effects.Refused)


def test_failure_nobody_waits_for_any_more_is_dropped() -> None:
    protocol = joined()
    protocol.subscribe("edge.gh1.temperature", "listener")
    protocol.abandon(1)

    assert protocol.receive(Error(32, 1, {}, "wamp.error.not_authorized")) == ()


def test_subscription_nobody_waits_for_any_more_is_given_back() -> None:
    protocol = joined()
    protocol.subscribe("edge.gh1.temperature", "listener")
    protocol.abandon(1)

    effect = only(protocol.receive(Subscribed(1, 600)))

    assert effect == effects.Transmit(Unsubscribe(2, 600))
    assert protocol.receive(Event(600, 1, {})) == ()


def test_subscription_others_hear_is_kept_when_one_gives_up() -> None:
    protocol = joined()
    subscribed(protocol, 600, "first")
    protocol.subscribe("edge.gh1.temperature", "second")
    protocol.abandon(2)

    assert protocol.receive(Subscribed(2, 600)) == ()
    assert only(protocol.receive(Event(600, 1, {}))).listeners == ("first",)


def test_router_may_end_a_subscription() -> None:
    protocol = joined()
    subscribed(protocol, 600)

    effect = only(protocol.receive(Unsubscribed(0, {"subscription": 600})))

    assert effect == effects.SubscriptionRevoked(("listener",), "wamp.error.unknown")
    assert protocol.receive(Unsubscribed(0, {"subscription": 600})) == ()
    assert protocol.unsubscribe(600, "listener") is None


def test_end_of_an_unknown_subscription_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="unknown subscription 600"):
        joined().receive(Unsubscribed(0, {"subscription": 600}))


def test_subscription_id_may_come_back_after_it_ended() -> None:
    protocol = joined()
    subscribed(protocol, 600, "first")
    protocol.unsubscribe(600, "first")
    protocol.receive(Unsubscribed(2))

    subscribed(protocol, 600, "second")

    assert only(protocol.receive(Event(600, 1, {}))).listeners == ("second",)


def test_two_subscribes_under_way_both_get_the_events() -> None:
    protocol = joined()
    protocol.subscribe("edge.gh1.temperature", "first")
    protocol.subscribe("edge.gh1.temperature", "second")
    protocol.receive(Subscribed(1, 600))
    protocol.receive(Subscribed(2, 600))

    assert only(protocol.receive(Event(600, 1, {}))).listeners == ("first", "second")
