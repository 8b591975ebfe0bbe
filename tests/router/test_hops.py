"""What a router tells of calls and events that others passed on (``forward_for``)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import Peer, Site
from wampedge.router import RealmSettings
from wampedge.wamp.hops import MAX_HOPS
from wampedge.wamp.messages import Call, Publish, Register, Subscribe

JOE = {"session": 77, "authid": "joe", "authrole": "guest"}
NODE = {"session": 0, "authid": "", "authrole": "", "x_node": "3fa9"}
INVALID = "wamp.error.invalid_argument"


def provider(site: Site) -> Peer:
    peer = site.join()
    peer.ask(Register(1, {}, "edge.p"))
    peer.ask(Subscribe(2, {}, "edge.t"))
    return peer


def details_of(site: Site, sender: Peer, *hops: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the details of the INVOCATION and the EVENT that come of what *sender* passes on."""
    peer = provider(site)
    sender.send(Call(1, {"forward_for": list(hops)}, "edge.p"))
    sender.send(Publish(2, {"forward_for": list(hops)}, "edge.t"))
    return [message.details for message in peer.read()]  # type: ignore[union-attr]  # INVOCATION and EVENT have details


def test_the_nodes_on_the_way_are_told_and_who_called_is_not_believed() -> None:
    site = Site()

    assert details_of(site, site.join(), JOE, NODE) == [{"forward_for": [NODE]}] * 2


def test_a_role_that_relays_says_who_called() -> None:
    site = Site([RealmSettings("edge", relay_roles=frozenset({"site"}))])

    assert details_of(site, site.join(authrole="site"), JOE, NODE) == [
        {
            "forward_for": [NODE],
            "caller": 77,
            "caller_authid": "joe",
            "caller_authrole": "guest",
        },
        {
            "forward_for": [NODE],
            "publisher": 77,
            "publisher_authid": "joe",
            "publisher_authrole": "guest",
        },
    ]


def test_the_node_itself_says_who_called() -> None:
    site = Site()
    known = {"session": None, "authid": "joe", "authrole": None}

    details = details_of(site, site.join(is_trusted=True), known)

    assert details == [{"caller_authid": "joe"}, {"publisher_authid": "joe"}]


def test_a_node_that_is_called_knows_its_own_sessions_only() -> None:
    """Who may do something with a device is decided by the session that is really there."""
    site = Site()
    node, relay = site.join(is_trusted=True), site.join(is_trusted=True, authid="local")
    node.ask(Register(1, {"disclose_caller": True}, "edge.p"))

    relay.send(Call(1, {"forward_for": [JOE]}, "edge.p"))

    details = node.read_one().details
    assert (details["caller"], details["caller_authid"]) == (relay.session.id, "local")


@pytest.mark.parametrize(
    "hops",
    [
        [NODE] * (MAX_HOPS + 1),
        [{**NODE, "x_node": "n" * 65}],
        [{"session": "77"}],
        [5],
        {"session": 77},
    ],
)
def test_a_list_that_is_none_is_refused(hops: Any) -> None:
    site = Site()
    provider(site)
    peer = site.join()

    assert peer.refused(Call(1, {"forward_for": hops}, "edge.p")) == INVALID
    options = {"forward_for": hops, "acknowledge": True}
    assert peer.refused(Publish(2, options, "edge.t")) == INVALID


def test_what_has_no_station_tells_nothing() -> None:
    site = Site()
    nobody = {"session": 0, "authid": "", "authrole": None}

    assert details_of(site, site.join(is_trusted=True), nobody) == [{}, {}]
