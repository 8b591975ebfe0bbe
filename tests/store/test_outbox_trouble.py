"""The outbox on disks that are full, gone, broken, read-only, or say one thing and do another."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.store.outbox_rig import Site
from wampedge.config.buffering_model import StorePolicy
from wampedge.store.database import Database, StoreError
from wampedge.store.outbox import OutboxLimits
from wampedge_simulator.clock import run_virtual

ALL = StorePolicy()
LIMITS = OutboxLimits(max_window=4, max_unwritten_acks=2, cached_bytes=0, memory_bytes=10 * 67)

Story = Callable[[Site], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "wampedge.store.store")


def told(folder: Path, story: Story) -> Site:
    """Run *story*, then send all that waits on a disk that works."""
    site = Site(folder, LIMITS)

    async def run() -> None:
        site.begin()
        await story(site)
        site.disk.mood = "fine"
        await asyncio.sleep(100.0)
        await site.drain()
        await site.end()

    run_virtual(run())
    return site


def test_nothing_is_called_safe_that_the_disk_refuses(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.disk.mood = "full"
        entry = site.publish("t", ALL)
        assert entry is not None
        safe = site.outbox.when_safe(entry)
        assert safe is not None
        await asyncio.sleep(1_000.0)
        assert not safe.done()
        assert site.outbox.status.trouble == "the disk is full"
        site.disk.mood = "fine"
        await asyncio.sleep(60.0)
        assert safe.result() is True
        assert site.outbox.status.trouble is None

    told(tmp_path, story)


def test_what_is_upstream_is_safe_without_a_disk(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.disk.mood = "full"
        site.is_up = True
        entry = site.publish("t", ALL)
        assert entry is not None
        safe = site.outbox.when_safe(entry)
        assert safe is not None
        site.acknowledge()
        assert safe.result() is True

    told(tmp_path, story)


def test_memory_is_bounded_while_the_disk_refuses(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.disk.mood = "full"
        for _ in range(30):
            site.publish("t", ALL)
            await asyncio.sleep(1.0)
        assert site.outbox.status.depth == 10
        assert site.outbox.status.dropped_by_reason == {"store": 20}

    site = told(tmp_path, story)

    assert site.hub.numbers == list(range(21, 31))
    assert site.hub.missed == 20


def test_a_group_that_was_written_after_all_is_not_written_twice(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        policy = StorePolicy(max_bytes=4 * 67)
        for _ in range(4):
            site.publish("t", policy)
        await asyncio.sleep(2.0)
        site.publish("t", policy)
        site.disk.mood = "lost"  # drops the first, and says that it did not
        await asyncio.sleep(1.5)
        site.disk.mood = "fine"
        await asyncio.sleep(60.0)
        assert site.outbox.status.dropped_by_reason == {"full": 1}
        await site.crash()
        assert site.outbox.status.depth == 4

    site = told(tmp_path, story)

    assert site.hub.numbers == [2, 3, 4, 5]
    assert site.hub.missed == 1


def test_events_on_a_disk_that_went_away_are_counted(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for _ in range(3):
            site.publish("t", ALL)
        await asyncio.sleep(2.0)
        for file in list(site.path.parent.iterdir()):
            file.unlink()
        site.publish("t", ALL)
        await asyncio.sleep(60.0)
        assert site.path.exists()

    site = told(tmp_path, story)

    assert site.hub.numbers == [4]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(3, "store")]


def test_a_broken_file_is_told_where_nobody_knows_what_was_in_it(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.publish("t", ALL)
        await site.end()
        site.path.write_bytes(b"no database" * 1_000)
        site.begin()
        site.publish("t", ALL)

    site = told(tmp_path, story)

    assert site.hub.numbers == [2]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(0, "store")]


def test_events_that_cannot_be_read_do_not_hold_up_others_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        for _ in range(3):
            site.publish("t", ALL)
        await asyncio.sleep(2.0)
        calls: list[float] = []
        loop = asyncio.get_running_loop()
        site.outbox.on_change(lambda: calls.append(loop.time()))

        def broken(*_: object) -> object:
            raise StoreError("unreadable")

        with monkeypatch.context() as patch:
            patch.setattr(Database, "read", broken)
            assert await site.outbox.fetch(0, 0, 4) == []
            await asyncio.sleep(6.0)
            assert calls == [pytest.approx(7.0, abs=0.1)], "it is worth asking again"
            await asyncio.sleep(60.0)
            [gap] = await site.outbox.fetch(0, 0, 4)
            assert gap.is_gap
        site.publish("t", ALL)

    site = told(tmp_path, story)

    assert site.hub.numbers == [4]
    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(3, "store")]


def test_without_a_disk_events_wait_in_memory_and_are_not_called_safe(tmp_path: Path) -> None:
    site = Site(tmp_path, LIMITS)

    async def run() -> None:
        site.begin(path=None)
        entries = [site.publish("t", ALL) for _ in range(12)]
        first, last = entries[0], entries[-1]
        assert first is not None
        assert last is not None
        safe = site.outbox.when_safe(last)
        assert safe is not None
        await asyncio.sleep(100.0)
        assert not safe.done()
        assert not site.outbox.status.is_lasting
        await site.drain()
        assert safe.result() is True
        await site.end()

    run_virtual(run())

    assert site.hub.numbers == list(range(3, 13))
    assert site.hub.missed == 2


def test_what_a_disk_without_writes_has_goes_up_from_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Database._prepare

    async def story(site: Site) -> None:
        for _ in range(3):
            site.publish("t", ALL)
        await asyncio.sleep(2.0)
        await site.end()
        path = site.path

        def refusing(self: Database, tables: Sequence[str]) -> None:
            if self.path == path:
                error = sqlite3.OperationalError("attempt to write a readonly database")
                error.sqlite_errorcode = sqlite3.SQLITE_READONLY
                raise error
            prepare(self, tables)

        monkeypatch.setattr(Database, "_prepare", refusing)
        site.begin()
        assert site.outbox.status.depth == 3
        site.publish("t", ALL)

    site = told(tmp_path, story)

    assert site.hub.numbers == [1, 2, 3, 4]
    assert site.hub.missed == 0


def test_a_gap_lets_others_go_first_while_the_disk_cannot_forget_what_it_counts(
    tmp_path: Path,
) -> None:
    async def story(site: Site) -> None:
        site.publish("t", StorePolicy(rule="young", max_age_s=10.0))
        site.publish("t", ALL)
        await asyncio.sleep(11.0)
        site.disk.mood = "full"
        site.publish("t", ALL)
        await asyncio.sleep(2.0)
        assert await site.send(4) == 2
        assert site.hub.numbers == [2, 3]
        assert await site.send(4) == 0, "the gap has to wait"
        site.disk.mood = "fine"
        await asyncio.sleep(60.0)
        assert await site.send(4) == 1

    site = told(tmp_path, story)

    assert [(gap["count"], gap["reason"]) for gap in site.hub.gaps] == [(1, "age")]
