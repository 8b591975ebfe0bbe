"""``[upstream] buffer``: what becomes of events that cannot go up at once."""

from __future__ import annotations

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config.buffering_model import BufferConfig, StorePolicy, TopicPolicy, is_covered

UPSTREAM = '[upstream]\nurl = "wss://router.example/ws"\nrealm = "farm"\n'
BUFFER = f"{UPSTREAM}[upstream.buffer]\n"
DAY_S = 86_400.0


def buffer_of(rest: str) -> BufferConfig:
    upstream = config_of(site(f"{rest}\n")).upstream
    assert upstream is not None
    return upstream.buffer


def test_without_a_word_every_event_waits_on_the_disk_for_a_week() -> None:
    wanted = StorePolicy(
        store="disk",
        keep="all",
        sample_s=None,
        max_age_s=7 * DAY_S,
        max_bytes=64 * 1024 * 1024,
        drop="oldest",
        commit_s=1.0,
        overtake=False,
    )

    assert buffer_of(UPSTREAM) == BufferConfig(wanted)


def test_a_rule_takes_from_the_table_what_it_does_not_say_itself() -> None:
    rules = (
        '[[upstream.buffer.topics]]\ntopic = "edge.gh1.air."\nkeep = "sample"\nsample = "10s"\n'
        '[[upstream.buffer.topics]]\ntopic = "edge.gh1.imu."\nstore = "none"\n'
    )

    buffer = buffer_of(f'{BUFFER}store = "memory"\nmax_age = "1h"\nmax_bytes = 1000000\n{rules}')

    base = StorePolicy(store="memory", max_age_s=3_600.0, max_bytes=1_000_000)
    air = base.but(keep="sample", sample_s=10.0, rule="edge.gh1.air.")
    imu = base.but(store="none", rule="edge.gh1.imu.")
    assert buffer == BufferConfig(
        base, (TopicPolicy("edge.gh1.air.", air), TopicPolicy("edge.gh1.imu.", imu))
    )


def test_the_first_rule_that_covers_a_topic_decides() -> None:
    first, second = StorePolicy(rule="first"), StorePolicy(rule="second")
    rules = (TopicPolicy("edge.gh1.air.", first), TopicPolicy("edge.gh1.", second))
    buffer = BufferConfig(StorePolicy(), rules)

    assert buffer.policy_of("edge.gh1.air.humidity") is first
    assert buffer.policy_of("edge.gh1.lamp.on") is second
    assert buffer.policy_of("edge.gh2.lamp.on") is buffer.policy


@pytest.mark.parametrize(
    ("topic", "rule", "wanted"),
    [
        ("edge.gh1.air", "edge.gh1.air", True),
        ("edge.gh1.air.humidity", "edge.gh1.air", False),
        ("edge.gh1.air.humidity", "edge.gh1.air.", True),
        ("edge.gh1.airs.humidity", "edge.gh1.air.", False),
        ("edge.gh1.status", "edge..status", True),
        ("edge.gh1.air.status", "edge..status", False),
        ("edge.gh1.status", ".gh1.", True),
    ],
)
def test_a_rule_stands_for_a_topic_for_all_below_a_dot_or_for_what_fits_its_gaps(
    topic: str, rule: str, wanted: bool
) -> None:
    assert is_covered(topic, rule) is wanted


@pytest.mark.parametrize(
    ("policies", "wanted"), [(("none", "none"), False), (("none", "memory"), True)]
)
def test_a_buffer_tells_whether_it_stores_anything(policies: tuple[str, str], wanted: bool) -> None:
    base, rule = (StorePolicy().but(store=store) for store in policies)

    assert BufferConfig(base, (TopicPolicy("edge.", rule),)).stores_anything is wanted


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        (
            'store = "ram"',
            '7:9 upstream.buffer.store must be "none", "memory" or "disk", got "ram"',
        ),
        (
            'keep = "sample"',
            (
                '7:8 upstream.buffer.keep is "sample", which needs to know how often (add sample ='
                ' "10s")'
            ),
        ),
        (
            'sample = "10s"',
            (
                "7:10 upstream.buffer.sample is of no use: events are not thinned out (add keep ="
                ' "sample", or remove it)'
            ),
        ),
        (
            'topics = [{ topic = "edge.gh1.*" }]',
            (
                "7:21 upstream.buffer.topics[0].topic must be a topic or a pattern of some, got"
                ' "edge.gh1.*" (write "edge.gh1.air.temperature", "edge.gh1." for all below,'
                ' "edge..status")'
            ),
        ),
        (
            'topics = [{ topic = "wamp.session." }]',
            "7:21 upstream.buffer.topics[0].topic must not be under wamp (nothing of it goes up)",
        ),
        (
            'topics = [{ topic = "..", store = "none" }]',
            (
                "7:21 upstream.buffer.topics[0].topic must be a topic or a pattern of some, got"
                ' ".." (write "edge.gh1.air.temperature", "edge.gh1." for all below,'
                ' "edge..status")'
            ),
        ),
        (
            'topics = [{ topic = "edge.gh1.", store = "none", commit = "5s" }]',
            (
                "7:59 upstream.buffer.topics[0].commit is of no use: none of these events waits"
                ' (remove it, or write store = "memory" or "disk")'
            ),
        ),
        (
            'topics = [{ topic = "edge." }, { topic = "edge.gh1.", store = "none" }]',
            (
                "7:42 upstream.buffer.topics[1].topic is never reached: topics[0] (edge.) decides"
                " for it (put it first)"
            ),
        ),
        (
            'max_bytes = 100\nmax_age = "0s"',
            "7:13 upstream.buffer.max_bytes must be 4096 to 1e+12, got 100",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(rest: str, found: str) -> None:
    assert complaints(site(f"{BUFFER}{rest}\n"))[0] == found
