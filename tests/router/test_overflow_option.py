"""SUBSCRIBE with ``x_on_overflow``: what a subscriber wants if it is too slow for the events."""

from __future__ import annotations

import pytest

from tests.router.site import Peer, Site, payload_text
from wampedge.wamp.messages import Error, Subscribe
from wampedge.wamp.overflow import DROP_OLDEST, LATEST_PER_TOPIC


def choice(peer: Peer, subscription_id: int) -> str | None:
    return peer.session.subscriptions[subscription_id].sessions[peer.session]


def test_each_subscriber_chooses_for_itself() -> None:
    site = Site()
    first, second, third = site.join(), site.join(), site.join()

    options = {"x_on_overflow": LATEST_PER_TOPIC}
    subscription = first.ask(Subscribe(1, options, "edge.air")).subscription_id
    second.ask(Subscribe(1, {}, "edge.air"))
    third.ask(Subscribe(1, {"x_on_overflow": None}, "edge.air"))

    assert [choice(peer, subscription) for peer in (first, second, third)] == [
        LATEST_PER_TOPIC,
        None,
        None,
    ]


def test_subscribing_again_changes_the_choice() -> None:
    site = Site()
    peer = site.join()
    asked = Subscribe(1, {"x_on_overflow": DROP_OLDEST}, "edge.air")
    subscription = peer.ask(asked).subscription_id

    assert choice(peer, subscription) == DROP_OLDEST
    peer.ask(Subscribe(2, {}, "edge.air"))
    assert choice(peer, subscription) is None


@pytest.mark.parametrize("wanted", ["drop", "", 1, True, ["drop_oldest"]])
def test_a_choice_that_is_none_is_refused(wanted: object) -> None:
    peer = Site().join()

    error = peer.ask(Subscribe(1, {"x_on_overflow": wanted}, "edge.air"))

    assert isinstance(error, Error)
    assert error.error == "wamp.error.invalid_argument"
    assert "x_on_overflow must be one of disconnect, drop_oldest" in payload_text(error)
