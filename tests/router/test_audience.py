from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.router.site import Site
from wampedge.router.audience import has_lists
from wampedge.wamp.messages import Publish, Subscribe

SUBSCRIBERS = [("ann", "guest"), ("bob", "guest"), ("cid", "staff")]


def receivers(options: Mapping[str, Any]) -> list[str]:
    """Publish once with *options* and name who got the event; session ids are 1, 2, 3."""
    site = Site()
    peers = [site.join(authid=authid, authrole=role) for authid, role in SUBSCRIBERS]
    for peer in peers:
        peer.ask(Subscribe(1, {}, "edge.t"))

    site.join().send(Publish(1, dict(options), "edge.t"))

    return [peer.session.authid for peer in peers if peer.read()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["ann", "bob", "cid"]),
        ({"exclude": [2]}, ["ann", "cid"]),
        ({"exclude": []}, ["ann", "bob", "cid"]),
        ({"exclude": [99]}, ["ann", "bob", "cid"]),
        ({"exclude_authid": ["ann"]}, ["bob", "cid"]),
        ({"exclude_authrole": ["guest"]}, ["cid"]),
        ({"eligible": [1, 3]}, ["ann", "cid"]),
        ({"eligible": []}, []),
        ({"eligible_authid": ["bob", "zoe"]}, ["bob"]),
        ({"eligible_authrole": ["guest"]}, ["ann", "bob"]),
        ({"eligible": [1, 2], "exclude": [1]}, ["bob"]),
        ({"eligible_authrole": ["guest"], "exclude_authid": ["ann"]}, ["bob"]),
        ({"eligible": [1], "eligible_authid": ["bob"]}, []),
        ({"eligible": None, "exclude": None}, ["ann", "bob", "cid"]),
    ],
)
def test_an_event_goes_to_who_is_in_every_white_list_and_no_black_list(
    options: Mapping[str, Any], expected: list[str]
) -> None:
    """Specification, "Subscriber Black- and Whitelisting"."""
    assert receivers(options) == expected


def test_lists_are_looked_for_by_name() -> None:
    assert has_lists({"acknowledge": True, "eligible": []})
    assert has_lists({"exclude_authrole": ["guest"]})
    assert not has_lists({"acknowledge": True, "exclude_me": False})
