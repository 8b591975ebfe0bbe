from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.model import HistoryConfig


def test_there_is_no_history_unless_the_file_says_so() -> None:
    assert config_of(site()).router.history == ()


def test_a_rule_needs_only_its_topic() -> None:
    config = config_of(site('[[router.history]]\ntopic = "edge.${node.name}."\n'))

    assert config.router.history == (HistoryConfig("edge.gh1.", "prefix", 1_000, 1_048_576, None),)


def test_a_rule_says_what_is_kept_how_long() -> None:
    text = site(
        '[[router.history]]\ntopic = "edge..status"\nmatch = "wildcard"\n'
        'events = 10\nsize = 2000\nage = "1h"\n'
        '[[router.history]]\ntopic = "shop."\n'
    )

    assert config_of(text).router.history == (
        HistoryConfig("edge..status", "wildcard", 10, 2_000, 3_600.0),
        HistoryConfig("shop."),
    )


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ('topic = "edge..status"', "cannot be kept: not a topic to match prefix: 'edge..status'"),
        ('topic = "a b"', "cannot be kept: not a topic to match prefix: 'a b'"),
        (
            'topic = "wamp.session."',
            "cannot be kept: the router keeps no history of its own events: wamp.session.",
        ),
    ],
)
def test_a_topic_that_cannot_be_kept_is_told(rule: str, text: str) -> None:
    (complaint,) = complaints(site(f"[[router.history]]\n{rule}\n"))

    assert text in complaint
    assert 'write "edge.gh1." with match = "prefix" for all below it' in complaint


def test_a_topic_has_one_history() -> None:
    rule = '[[router.history]]\ntopic = "edge."\n'

    (complaint,) = complaints(site(rule + rule))

    assert "router.history[1].topic has a history already (remove one of the two)" in complaint


@pytest.mark.parametrize("line", ["events = 0", 'age = "0s"', "size = 10", 'match = "regex"'])
def test_numbers_out_of_range_are_told(line: str) -> None:
    (complaint,) = complaints(site(f'[[router.history]]\ntopic = "edge."\n{line}\n'))

    assert f"router.history[0].{line.split(maxsplit=1)[0]} must be" in complaint
