"""What subscribers and endpoints get to see of the details of a message."""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.client import CallDetails, EventDetails, Passthru
from wampedge.wamp.payload import Payload


def event(**options: Any) -> EventDetails:
    return EventDetails("a.b", 5, Payload((1, 2), {"unit": "V"}), options)


def call(**options: Any) -> CallDetails:
    return CallDetails("a.b", Payload(), options, wants_progress=False, send_progress=print)


def test_event_has_its_arguments() -> None:
    assert (event().args, event().kwargs, event().value) == ([1, 2], {"unit": "V"}, 1)


def test_event_tells_who_published_it_and_how_far_that_is_trusted() -> None:
    """Publisher Identification; Publication Trust Levels."""
    details = event(publisher=7, publisher_authid="ann", publisher_authrole="crew", trustlevel=3)

    assert (details.publisher, details.publisher_authid) == (7, "ann")
    assert (details.publisher_authrole, details.trust_level) == ("crew", 3)


def test_event_tells_whether_it_was_kept_for_us() -> None:
    """Event Retention: EVENT.Details.retained."""
    assert event(retained=True).is_retained
    assert not event().is_retained


def test_event_tells_how_it_is_packed() -> None:
    """Payload Passthru Mode: EVENT.Details.ppt_scheme and its companions."""
    packed = event(ppt_scheme="mqtt", ppt_serializer="mqtt", ppt_cipher="c", ppt_keyid="k")

    assert packed.passthru == Passthru("mqtt", "mqtt", "c", "k")
    assert event().passthru is None


@pytest.mark.parametrize("wrong", [None, [], {"a": 1}, 5.5, True])
def test_details_of_a_wrong_type_count_as_missing(wrong: Any) -> None:
    names = ("publisher", "publisher_authid", "publisher_authrole", "trustlevel", "ppt_scheme")
    details = event(**dict.fromkeys(names, wrong))

    assert (details.publisher, details.publisher_authid) == (None, None)
    assert (details.publisher_authrole, details.trust_level) == (None, None)
    assert details.passthru is None


def test_call_without_a_time_limit_has_none() -> None:
    assert call().timeout_s is None
    assert call(timeout=0).timeout_s is None
    assert call(timeout=250).timeout_s == 0.25
