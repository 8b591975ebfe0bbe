"""The outbox on a disk that works: what is written when, what is read again, who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.store.outbox_rig import GAP_TOPIC, Hub, Site
from wampedge.config.buffering_model import StorePolicy
from wampedge.store.outbox import OutboxLimits
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import EPOCH_S, run_virtual

ALL = StorePolicy()
LIMITS = OutboxLimits(max_window=4, max_unwritten_acks=2, cached_bytes=0)


def told(site_folder: Path, story: Callable[[Site], Coroutine[Any, Any, None]]) -> Site:
    """Run *story* with a node whose disk works."""
    site = Site(site_folder, LIMITS)

    async def run() -> None:
        site.begin()
        await story(site)
        await site.end()

    run_virtual(run())
    return site


def test_what_is_upstream_in_time_is_never_written(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.is_up = True
        site.publish("t", ALL)
        await asyncio.sleep(0.9)
        site.acknowledge()
        await asyncio.sleep(100.0)
        assert site.outbox.status.written == 0

    site = told(tmp_path, story)

    assert site.hub.numbers == [1]
    assert site.disk.writes == 0


def test_what_is_not_upstream_is_on_the_disk_when_its_policy_says(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        entry = site.publish("t", StorePolicy(commit_s=3.0))
        assert entry is not None
        safe = site.outbox.when_safe(entry)
        assert safe is not None
        await asyncio.sleep(2.9)
        assert not safe.done()
        await asyncio.sleep(0.2)
        assert safe.result() is True
        assert site.outbox.when_safe(entry) is None

    told(tmp_path, story)


def test_others_do_not_make_it_be_written_before_its_time(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.publish("t", ALL)
        site.store.kept.put("rain", "total", 1, 0.1)
        await asyncio.sleep(0.5)
        assert (site.disk.writes, site.outbox.status.written) == (1, 0)
        await asyncio.sleep(0.6)
        assert (site.disk.writes, site.outbox.status.written) == (2, 1)

    told(tmp_path, story)


def test_much_is_written_before_its_time(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(7):
            site.outbox.append("t", Payload(["x" * 10_000]), ALL, waited=True)
        await asyncio.sleep(0.01)
        assert site.outbox.status.written == 7

    told(tmp_path, story)


def test_an_event_is_read_as_it_was_appended(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        payload = Payload([1, "zwei"], {"unit": "lx"})
        options = {"retain": True, "ppt_scheme": "x_own"}
        written = site.outbox.append(
            "edge.lux", payload, ALL, options=options, time=EPOCH_S - 7.5, is_own=True, waited=True
        )
        blob = site.outbox.append("sealed", Payload.sealed(b"\x00\xff"), ALL, waited=True)
        assert written is not None
        assert blob is not None
        await asyncio.sleep(2.0)
        await site.crash()
        read = await site.outbox.fetch(0, 0, 4)
        assert read == [written, blob]
        assert (read[0].time, read[0].monotonic) == (EPOCH_S - 7.5, -7.5)
        assert (read[0].is_own, read[0].has_waited, read[1].is_own) == (True, True, False)
        assert read[0].options == options
        assert read[1].payload.blob == b"\x00\xff"

    told(tmp_path, story)


def test_events_come_in_order_from_memory_and_disk(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        memory = StorePolicy(rule="memory", store="memory")
        for place in range(10):
            site.publish("t", memory if place % 3 == 1 else ALL)
        await asyncio.sleep(2.0)
        site.publish("t", ALL)
        assert site.outbox.next(0, 0, 4) == []
        assert site.outbox.has_after(0, 0)
        await site.drain()
        assert not site.outbox.has_after(0, 11)
        assert await site.outbox.fetch(0, 11, 4) == []

    site = told(tmp_path, story)

    assert site.hub.numbers == list(range(1, 12))


def test_what_was_not_acknowledged_comes_again_under_its_name(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(4):
            site.publish("t", ALL)
        await asyncio.sleep(2.0)
        first = await site.outbox.fetch(0, 0, 4)
        site.outbox.acknowledge(0, 2)
        assert await site.outbox.fetch(0, 2, 4) == first[2:]
        await site.crash()  # the disk has not heard of the two yet
        assert await site.outbox.fetch(0, 0, 4) == first

    told(tmp_path, story)


def test_the_disk_hears_of_what_is_upstream_a_little_later(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.publish("t", ALL)
        await asyncio.sleep(2.0)
        await site.send(1)
        site.acknowledge()
        await asyncio.sleep(4.9)
        assert site.disk.writes == 1
        await asyncio.sleep(0.2)
        assert site.disk.writes == 2
        await site.crash()
        assert await site.outbox.fetch(0, 0, 4) == []

    told(tmp_path, story)


def test_the_disk_hears_at_once_when_much_is_upstream(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(3):
            site.publish("t", ALL)
        await asyncio.sleep(2.0)
        await site.send(3)
        site.acknowledge()
        await asyncio.sleep(0.01)
        assert site.disk.writes == 2

    told(tmp_path, story)


def test_a_number_never_means_two_events_after_a_power_cut(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.is_up = True
        lost = site.publish("t", ALL)
        epoch = site.outbox.epoch
        await site.crash()
        site.is_up = True
        fresh = site.publish("t", ALL)
        assert lost is not None
        assert fresh is not None
        assert (lost.seq, fresh.seq) == (1, 1)
        assert lost.epoch == epoch != fresh.epoch == site.outbox.epoch

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 2]


def test_events_of_an_earlier_run_keep_their_epoch(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        old = site.publish("t", ALL)
        await site.end()
        site.begin()
        new = site.publish("t", ALL)
        assert old is not None
        assert new is not None
        assert (new.seq, new.epoch == old.epoch) == (2, False)
        await asyncio.sleep(2.0)
        found = await site.outbox.fetch(0, 0, 4)
        assert [(each.epoch, each.seq) for each in found] == [(old.epoch, 1), (new.epoch, 2)]

    told(tmp_path, story)


def test_live_values_overtake_in_a_lane_of_their_own(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        quick = StorePolicy(rule="quick", overtake=True)
        site.publish("t", ALL)
        site.publish("q", quick)
        site.is_up = True
        entry = site.publish("q", quick)
        assert entry is not None
        assert (entry.lane, entry.seq, entry.has_waited) == (1, 1, False)
        await site.drain()

    site = told(tmp_path, story)

    assert site.hub.numbers_by_lane == ([1, 2], [3])


def test_nothing_goes_live_before_what_waits(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.publish("t", ALL)
        entry = site.outbox.append("t", Payload([2]), ALL, waited=False)
        assert entry is not None
        assert entry.has_waited

    told(tmp_path, story)


def test_links_do_not_mix(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.publish("t", ALL)
        await asyncio.sleep(2.0)
        first = site.outbox
        site.outbox = other = type(first)(
            site.store, "cloud", first._clock, gap_topic=GAP_TOPIC, limits=LIMITS
        )
        await site.store.add(other)
        assert other.status.depth == 0
        other.append("c", Payload([7]), ALL, waited=True)
        await asyncio.sleep(2.0)
        assert [each.topic for each in await other.fetch(0, 0, 4)] == ["c"]
        assert [each.topic for each in await first.fetch(0, 0, 4)] == ["t"]
        first.finish()

    told(tmp_path, story)


def test_an_event_that_cannot_be_read_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(site: Site) -> None:
        for _ in range(2):
            site.publish("t", ALL)
        await asyncio.sleep(2.0)
        await site.store.read(
            lambda db: db.execute(
                "UPDATE outbox SET content = x'c1' WHERE id IN (SELECT min(id) FROM outbox)"
            )
        )
        await site.drain()

    site = told(tmp_path, story)

    assert (len(site.hub.numbers), [gap["reason"] for gap in site.hub.gaps]) == (1, ["store"])
    assert "cannot be read" in caplog.text


def test_what_changed_is_told_once(tmp_path: Path) -> None:
    calls: list[int] = []

    async def story(site: Site) -> None:
        site.outbox.on_change(lambda: calls.append(site.outbox.status.depth))
        site.publish("t", ALL)
        site.publish("t", ALL)
        await asyncio.sleep(0)
        assert calls == [2]

    told(tmp_path, story)


def test_the_status_tells_how_much_waits(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        assert site.outbox.status.oldest_time is None
        for _ in range(3):
            site.publish("t", ALL)
            await asyncio.sleep(2.0)
        site.is_up = True
        status = site.outbox.status
        # 1 for the topic, 2 for [1] as MessagePack, 64 for the rest.
        assert (status.depth, status.size_bytes, status.written) == (3, 201, 3)
        assert (status.oldest_time, status.is_lasting, status.trouble) == (EPOCH_S, True, None)
        await site.drain()
        assert (site.outbox.status.depth, site.outbox.status.size_bytes) == (0, 0)

    told(tmp_path, story)


def test_writing_and_sending_go_on_at_the_same_time(tmp_path: Path) -> None:
    """With the thread of the store, on a loop in real time."""
    from wampedge.runtime.system_clock import SystemClock
    from wampedge.store.outbox import Outbox
    from wampedge.store.store import Store

    hub = Hub()
    full = StorePolicy(rule="full", max_bytes=4_000, commit_s=0.0)
    newest = StorePolicy(rule="latest", keep="latest", commit_s=0.0)

    async def run() -> None:
        store = Store(tmp_path / "gh1.db")
        outbox = Outbox(store, "up", SystemClock(), gap_topic=GAP_TOPIC, limits=LIMITS)
        store.join(outbox)
        store.open()
        after = 0
        for number in range(2_000):
            policy = newest if number % 5 == 0 else full
            outbox.append(f"{policy.rule}.{number % 3}", Payload([number]), policy, waited=True)
            if number % 40 == 0:
                for entry in await outbox.fetch(0, after, 4):
                    hub.receive(entry)
                    after = entry.seq
                outbox.acknowledge(0, after)
        while outbox.has_after(0, after):
            for entry in await outbox.fetch(0, after, 64):
                hub.receive(entry)
                after = entry.seq
            outbox.acknowledge(0, after)
        outbox.finish()
        await store.close()

    asyncio.run(run())

    assert len(hub.numbers) + hub.missed == 2_000
    assert hub.numbers == sorted(hub.numbers)
    assert hub.missed > 1_000
