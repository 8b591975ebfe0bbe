"""What goes when an outbox is full, and what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.store.outbox_rig import Site
from wampedge.config.buffering_model import StorePolicy
from wampedge.store.outbox import OutboxLimits
from wampedge_simulator.clock import EPOCH_S, run_virtual

# An event counts 1 for its topic, 2 for [number] as MessagePack and 64 for the rest: 67 bytes.
THREE = 201
LIMITS = OutboxLimits(max_window=4, max_unwritten_acks=2)
COLD = OutboxLimits(max_window=4, max_unwritten_acks=2, cached_bytes=0)

Story = Callable[[Site], Coroutine[Any, Any, None]]


def told(folder: Path, story: Story, limits: OutboxLimits = LIMITS) -> Site:
    """Run *story* on a node that is away, then send all that waits."""
    site = Site(folder, limits)

    async def run() -> None:
        site.begin()
        await story(site)
        await site.drain()
        await site.end()

    run_virtual(run())
    return site


@pytest.mark.parametrize("limits", [LIMITS, COLD], ids=["in memory", "on the disk"])
def test_the_oldest_make_room_and_leave_a_gap_in_their_place(
    tmp_path: Path, limits: OutboxLimits
) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=THREE)
        for _ in range(5):
            site.publish("t", policy)
            await asyncio.sleep(2.0)

    site = told(tmp_path, story, limits)

    assert site.hub.numbers == [3, 4, 5]
    assert site.hub.gaps == [
        {
            "topic": "t", "count": 2, "bytes": 134, "first_seq": 1, "since": EPOCH_S,
            "until": EPOCH_S + 2.0, "reason": "full",
        }
    ]  # fmt: skip
    assert next(iter(site.hub.contents))[2] == 2, "in the place of the last that was dropped"
    assert site.outbox.status.dropped_by_reason == {"full": 2}


def test_the_newest_may_be_the_ones_that_go(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=THREE, drop="newest")
        entries = [site.publish("t", policy) for _ in range(5)]
        assert [entry is None for entry in entries] == [False, False, False, True, True]

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 2, 3]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(2, "full")]


def test_a_publisher_may_be_refused(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=THREE, drop="refuse")
        entries = [site.publish("t", policy) for _ in range(4)]
        assert entries[3] is None

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 2, 3]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(1, "refused")]


@pytest.mark.parametrize("limits", [LIMITS, COLD], ids=["in memory", "on the disk"])
def test_topics_keep_their_latest_when_that_is_wanted(tmp_path: Path, limits: OutboxLimits) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=4 * 67, drop="latest_per_topic")
        for topic in "abccc":
            site.publish(topic, policy)
            await asyncio.sleep(2.0)

    site = told(tmp_path, story, limits)

    assert site.hub.numbers == [1, 2, 4, 5]
    assert [(gap["topic"], gap["count"], gap["reason"]) for gap in site.hub.gaps] == [
        ("c", 1, "full")
    ]


def test_when_all_are_the_latest_the_oldest_go(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=THREE, drop="latest_per_topic")
        for topic in "abcd":
            site.publish(topic, policy)

    site = told(tmp_path, story)

    assert site.hub.numbers == [2, 3, 4]


@pytest.mark.parametrize("limits", [LIMITS, COLD], ids=["in memory", "on the disk"])
def test_only_the_latest_of_a_topic_waits_where_that_is_wanted(
    tmp_path: Path, limits: OutboxLimits
) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(rule="x.", keep="latest")
        for topic in "abaab":
            site.publish(topic, policy)
            await asyncio.sleep(2.0)
        assert site.outbox.status.depth == 2

    site = told(tmp_path, story, limits)

    assert site.hub.numbers == [4, 5]
    assert [(gap["topic"], gap["count"], gap["reason"]) for gap in site.hub.gaps] == [
        ("x.", 3, "latest")
    ]


def test_after_a_restart_what_is_no_longer_the_latest_goes_as_well(tmp_path: Path) -> None:
    policy = StorePolicy(rule="x.", keep="latest")
    limits = OutboxLimits(max_window=1, max_unwritten_acks=0, cached_bytes=0, policies=(policy,))

    async def story(site: Site) -> None:
        for topic in "zab":
            site.publish(topic, policy)
        await asyncio.sleep(2.0)
        await site.crash()
        site.publish("a", policy)
        await asyncio.sleep(2.0)
        site.publish("b", policy)
        await asyncio.sleep(20.0)
        site.publish("b", policy)
        await asyncio.sleep(20.0)

    site = told(tmp_path, story, limits)

    assert site.hub.numbers == [1, 4, 6]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(3, "latest")]


def test_one_of_each_period_waits_where_that_is_wanted(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(keep="sample", sample_s=10.0)
        for _ in range(6):  # at 0, 4, 8 | 12, 16 | 20
            site.publish("t", policy)
            await asyncio.sleep(4.0)

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 4, 6]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(3, "sample")]


def test_nothing_is_thinned_out_while_the_link_is_up(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.is_up = True
        policies = (StorePolicy(keep="latest"), StorePolicy(keep="sample", sample_s=10.0))
        for policy in policies * 2:
            site.publish("t", policy)

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 2, 3, 4]


@pytest.mark.parametrize("limits", [LIMITS, COLD], ids=["in memory", "on the disk"])
def test_what_is_too_old_is_not_sent(tmp_path: Path, limits: OutboxLimits) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_age_s=60.0)
        site.publish("t", policy)
        site.publish("t", policy)
        await asyncio.sleep(30.0)
        site.publish("t", policy)
        await asyncio.sleep(31.0)

    site = told(tmp_path, story, limits)

    assert site.hub.numbers == [3]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(2, "age")]


def test_what_is_too_old_goes_while_others_come(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_age_s=60.0)
        for _ in range(10):
            site.publish("t", policy)
            await asyncio.sleep(20.0)
        assert site.outbox.status.depth <= 5

    site = told(tmp_path, story, COLD)

    # At 200 s those of 140 s and later are young enough.
    assert site.hub.numbers == [8, 9, 10]
    assert site.hub.missed == 7


def test_the_whole_is_bounded_beside_the_rules(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        big, small = StorePolicy(rule="big"), StorePolicy(rule="small", drop="newest")
        for _ in range(3):
            site.publish("b", big)
        site.publish("s", small)
        assert site.publish("s", small) is None
        site.publish("b", big)

    site = told(tmp_path, story, OutboxLimits(max_bytes=4 * 67))

    assert site.hub.numbers == [2, 3, 4, 6]
    assert site.hub.missed == 2


def test_many_small_events_are_bounded_as_well(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(20):
            site.publish("t", StorePolicy())
            assert site.outbox.status.depth <= 5

    told(tmp_path, story, OutboxLimits(max_entries=5))


def test_what_is_on_its_way_is_never_dropped(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=67)
        site.is_up = True
        for _ in range(4):
            site.publish("t", policy)
        site.cut()
        site.publish("t", policy)
        site.publish("t", policy)

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 2, 3, 4, 6]
    assert site.hub.missed == 1


def test_what_the_upstream_router_never_takes_is_counted(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(3):
            site.publish("t", StorePolicy())
        await asyncio.sleep(2.0)
        await site.send(1, gives_up=True)

    site = told(tmp_path, story)

    assert site.hub.numbers == [2, 3]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(1, "refused")]


def test_a_dropped_event_is_not_called_safe(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=67)
        first = site.publish("t", policy)
        assert first is not None
        safe = site.outbox.when_safe(first)
        site.publish("t", policy)
        late = site.outbox.when_safe(first)
        assert safe is not None
        assert late is not None
        assert (safe.result(), late.result()) == (False, False)

    told(tmp_path, story)
