from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import Site
from wampedge.errors import LocalProtocolError
from wampedge.router import RouterSession
from wampedge.router.publication import Publication
from wampedge.router.subscription import Subscription
from wampedge.wamp.messages import Event, Publish
from wampedge.wamp.payload import Payload


def publication_of(publisher: RouterSession, *args: Any, **options: Any) -> Publication:
    publish = Publish(1, options, "edge.t", Payload(args))
    return Publication(
        7,
        publish,
        details={"trustlevel": 2},
        time_ms=1_500,
        publisher_id=publisher.id,
        is_own=publisher.is_trusted,
    )


def test_an_event_of_a_publication_is_the_one_subscribers_got() -> None:
    publication = publication_of(Site().join().session, 21.5)
    exact = Subscription(3, policy="exact", topic="edge.t", created_s=0.0)
    pattern = Subscription(4, policy="prefix", topic="edge.", created_s=0.0)

    retained, named = {"trustlevel": 2, "retained": True}, {"trustlevel": 2, "topic": "edge.t"}
    assert publication.event(exact, retained=True) == Event(3, 7, retained, Payload([21.5]))
    assert publication.event(pattern) == Event(4, 7, named, Payload([21.5]))


def test_a_publication_would_not_have_reached_its_publisher() -> None:
    """Specification, "Publisher Exclusion"."""
    site = Site()
    publisher, other = site.join().session, site.join().session

    publication = publication_of(publisher)

    assert not publication.would_have_reached(publisher)
    assert publication.is_meant_for(publisher)
    assert publication.would_have_reached(other)
    assert publication_of(publisher, exclude_me=False).would_have_reached(publisher)


def test_lists_hold_for_those_who_come_later() -> None:
    """Specification, "Subscriber Black- and Whitelisting"."""
    site = Site()
    publisher, staff = site.join().session, site.join(authrole="staff").session
    guest = site.join(authrole="guest").session

    publication = publication_of(publisher, eligible_authrole=["staff"], exclude=None)

    assert not publication.is_for_all
    assert publication.lists == {"eligible_authrole": ["staff"]}
    assert publication.is_meant_for(staff)
    assert not publication.is_meant_for(guest)
    assert publication_of(publisher).is_for_all


def test_what_is_kept_is_counted() -> None:
    publisher = Site().join().session
    empty = publication_of(publisher).size_bytes

    assert publication_of(publisher, b"x" * 1_000).size_bytes > empty + 1_000
    assert publication_of(publisher, exclude=[1, 2]).size_bytes == empty + 200


def test_the_node_itself_is_known_as_a_publisher() -> None:
    site = Site()

    assert publication_of(site.join(is_trusted=True).session).is_own
    assert not publication_of(site.join().session).is_own


def test_what_nobody_can_be_sent_is_not_kept() -> None:
    with pytest.raises(LocalProtocolError):
        publication_of(Site().join().session, object())
