"""``[upstream] forward``: what passes, and what a file may not ask for."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import Forwarding

UPSTREAM = '[upstream]\nurl = "wss://router.example/ws"\nrealm = "farm"\n'


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
    ("rest", "wanted"),
    [
        (
            'forward = { up = ["fleet.", "edge..status"], down = ["all.on"] }',
            Forwarding("edge.gh1.", ("fleet.", "edge..status"), ("all.on",)),
        ),
        (
            'forward = { map = [{ local = "edge.gh1.", upstream = "farm.${node.name}." }] }',
            Forwarding("edge.gh1.", ("edge.gh1.",), names=(("edge.gh1.", "farm.gh1."),)),
        ),
        ("forward = { max_hops = 2 }", Forwarding("edge.gh1.", ("edge.gh1.",), max_hops=2)),
    ],
)
def test_rules_have_gaps_and_prefixes_another_name(rest: str, wanted: Forwarding) -> None:
    config = config_of(upstream(rest)).upstream

    assert config is not None
    assert config.forward == wanted


RULE_HINT = 'write "edge.gh1.lamp.on", "edge.gh1." for all below, or "edge..status"'


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        (
            'forward = { up = ["fleet*"] }',
            (
                "6:19 upstream.forward.up[0] must be a URI or a pattern of some,"
                f' got "fleet*" ({RULE_HINT})'
            ),
        ),
        (
            'forward = { down = ["."] }',
            (
                "6:21 upstream.forward.down[0] must be a URI or a pattern of some,"
                f' got "." ({RULE_HINT})'
            ),
        ),
        (
            'forward = { down = ["edge.{authid}."] }',
            (
                "6:21 upstream.forward.down[0] must be a URI or a pattern of some, got"
                f' "edge.{{authid}}." ({RULE_HINT})'
            ),
        ),
        (
            'forward = { down = ["wamp."] }',
            (
                "6:21 upstream.forward.down[0] must not be under wamp"
                " (each router keeps it for itself)"
            ),
        ),
        (
            'forward = { map = [{ local = "a", upstream = "b." }] }',
            (
                "6:30 upstream.forward.map[0].local must be the beginning of URIs,"
                ' got "a" (write "site1.")'
            ),
        ),
        (
            'forward = { map = [{ local = "a.", upstream = "wampedge." }] }',
            (
                "6:47 upstream.forward.map[0].upstream must not be under wampedge"
                " (each router keeps it for itself)"
            ),
        ),
        (
            (
                'forward = { map = [{ local = "a.", upstream = "b." },'
                ' { local = "c.", upstream = "b." }] }'
            ),
            (
                '6:82 upstream.forward.map[1].upstream is said twice, "b." has one name'
                " on the other side (remove one of the two)"
            ),
        ),
        ("forward = { max_hops = 17 }", "6:24 upstream.forward.max_hops must be 1 to 16, got 17"),
    ],
)
def test_what_is_no_rule_is_told(rest: str, found: str) -> None:
    assert complaints(upstream(rest)) == [found]


def test_jitter_is_a_share() -> None:
    config = config_of(upstream("reconnect = { jitter = 0.3 }")).upstream

    assert config is not None
    assert (config.reconnect_min_s, config.reconnect_jitter) == (0.2, 0.3)
    assert complaints(upstream("reconnect = { jitter = 2 }")) == [
        "6:24 upstream.reconnect.jitter must be 0 to 1, got 2"
    ]
