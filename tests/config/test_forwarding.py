"""``[upstream] forward``: what passes, and what a file may not ask for."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import Forwarding

UPSTREAM = '[upstream]\nurl = "wss://router.example/ws"\nrealm = "farm"\n'
HINT = "clients that offer more upstream have to join that router themselves"


def upstream(rest: str) -> str:
    return site(f"{UPSTREAM}{rest}\n")


@pytest.mark.parametrize(
    ("rest", "wanted"),
    [
        ("", None),
        ("forward = {}", Forwarding("edge.gh1.", ("edge.gh1.",))),
        ('forward = { down = ["fleet."] }', Forwarding("edge.gh1.", ("edge.gh1.",), ("fleet.",))),
        (
            'forward = { up = ["edge.${node.name}.air."] }',
            Forwarding("edge.gh1.", ("edge.gh1.air.",)),
        ),
        ("forward = { up = [] }", Forwarding("edge.gh1.")),
    ],
)
def test_without_up_all_that_is_the_nodes_own_passes(rest: str, wanted: Forwarding | None) -> None:
    config = config_of(upstream(rest)).upstream

    assert config is not None
    assert config.forward == wanted


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        (
            'forward = { up = ["fleet."] }',
            (
                "6:19 upstream.forward.up[0] may name only what is below edge.gh1. (the node's"
                f' uri_prefix), got "fleet." ({HINT})'
            ),
        ),
        (
            'forward = { up = ["edge.gh10."] }',
            (
                "6:19 upstream.forward.up[0] may name only what is below edge.gh1. (the node's"
                f' uri_prefix), got "edge.gh10." ({HINT})'
            ),
        ),
        (
            'forward = { down = ["fleet..stop"] }',
            (
                "6:21 upstream.forward.down[0] must be a URI or the beginning of some, got"
                ' "fleet..stop" (write "edge.gh1.lamp.on", or "edge.gh1." for all below)'
            ),
        ),
        (
            'forward = { down = ["wamp."] }',
            (
                "6:21 upstream.forward.down[0] must not be under wamp"
                " (each router keeps it for itself)"
            ),
        ),
    ],
)
def test_only_what_is_the_nodes_own_goes_up(rest: str, found: str) -> None:
    assert complaints(upstream(rest)) == [found]


def test_jitter_is_a_share() -> None:
    config = config_of(upstream("reconnect = { jitter = 0.3 }")).upstream

    assert config is not None
    assert (config.reconnect_min_s, config.reconnect_jitter) == (0.2, 0.3)
    assert complaints(upstream("reconnect = { jitter = 2 }")) == [
        "6:24 upstream.reconnect.jitter must be 0 to 1, got 2"
    ]
