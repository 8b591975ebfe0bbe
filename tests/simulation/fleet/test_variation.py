"""One device file, many nodes: what carries the name changes, and nothing else."""

from __future__ import annotations

import pytest

from tests.simulation.fleet.rig import SITE, site
from wampedge.config.model import Secret, UpstreamAuth
from wampedge.simulation.fleet.variation import as_node, joining, without_proof


def with_prefix(prefix: str) -> str:
    return SITE.replace('name = "n"', f'name = "n"\nuri_prefix = "{prefix}"')


def test_number_is_as_long_as_the_last_one() -> None:
    config = as_node(site(), 7, 500)

    assert config.node.name == "n-007"
    assert config.node.uri_prefix == "edge.n-007"


@pytest.mark.parametrize(
    ("prefix", "becomes"),
    [
        ("org.n.pi", "org.n-4.pi"),
        ("n", "n-4"),
        ("org.nn", "org.nn-4"),
        ("org.plant", "org.plant-4"),
    ],
)
def test_number_stands_with_the_name_or_at_the_end(prefix: str, becomes: str) -> None:
    assert as_node(site(with_prefix(prefix)), 4, 10).node.uri_prefix == becomes


def test_rules_and_history_follow_the_prefix() -> None:
    text = SITE.replace(
        'listen = ["unix:"]',
        'listen = ["unix:"]\nhistory = [{ topic = "edge.n." }]\n'
        '[router.roles.guest.allow]\ncall = ["edge.n.fan.", "edge.none.", "edge.n."]',
    )
    router = as_node(site(text), 1, 2).router

    assert router.roles["guest"].call == ("edge.n-1.fan.", "edge.none.", "edge.n-1.")
    assert [each.topic for each in router.history] == ["edge.n-1."]


def test_what_is_forwarded_follows_the_prefix() -> None:
    text = SITE.replace(
        "[buses.i2c1]",
        '[upstream]\nurl = "ws://x/ws"\nrealm = "r"\n'
        '[upstream.forward]\nup = ["edge.n."]\ndown = ["site."]\n[buses.i2c1]',
    )
    upstream = as_node(site(text), 1, 2).upstream

    assert upstream is not None
    assert upstream.forward is not None
    assert upstream.forward.prefix == "edge.n-1."
    assert upstream.forward.up == ("edge.n-1.",)
    assert upstream.forward.down == ("site.",)


def test_node_of_a_fleet_listens_nowhere() -> None:
    assert as_node(site(), 0, 1).router.listen == ()


def test_file_without_upstream_gets_one() -> None:
    upstream = joining(site(), "unix:x").upstream

    assert upstream is not None
    assert (upstream.url, upstream.realm) == ("unix:x", "edge")


def test_further_links_of_the_file_are_left_out() -> None:
    further = '[upstreams.cloud]\nurl = "ws://x/ws"\nrealm = "r"\n[buses.i2c1]'
    linked = site(SITE.replace("[buses.i2c1]", further))

    assert list(linked.links) == ["cloud"]
    assert list(joining(linked, "unix:x").links) == ["upstream"]


def test_simulated_router_wants_no_proof() -> None:
    joined = joining(site(), "unix:x", "other")
    assert joined.upstream is not None
    proving = joined.upstream.but(auth=UpstreamAuth("ticket", "n", Secret("x")))
    upstream = without_proof(joined.but(upstream=proving)).upstream

    assert upstream is not None
    assert (upstream.realm, upstream.auth.method) == ("other", "anonymous")
