"""The dates of events that were published before the clock was set."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.store.outbox_rig import Site
from wampedge.config.buffering_model import StorePolicy
from wampedge.store.outbox import OutboxLimits
from wampedge.store.outbox_entry import Entry
from wampedge.store.outbox_runs import Runs
from wampedge_simulator.clock import EPOCH_S, SteppedClock, run_virtual

ALL = StorePolicy()
LIMITS = OutboxLimits(max_window=8, cached_bytes=0)
YEAR_S = 365.0 * 86_400.0


async def waiting(site: Site) -> list[Entry]:
    return await site.outbox.fetch(0, 0, 8)


def test_events_are_dated_when_the_clock_is_set(tmp_path: Path) -> None:
    site = Site(tmp_path, LIMITS)

    async def run() -> None:
        site.is_synced = False
        site.begin()
        site.set_clock(-YEAR_S)
        await asyncio.sleep(5.0)
        site.publish("t", ALL)
        await asyncio.sleep(5.0)
        site.publish("t", ALL)
        [first, second] = await waiting(site)
        assert (first.time, first.monotonic, first.is_synced) == (
            EPOCH_S - YEAR_S + 5.0,
            5.0,
            False,
        )
        site.outbox.redate()
        assert not (await waiting(site))[0].is_synced, "the clock is not right yet"
        site.set_clock(0.0)
        site.is_synced = True
        site.outbox.redate()
        [first, second] = await waiting(site)
        assert (first.time, first.is_synced) == (EPOCH_S + 5.0, True)
        assert (second.time, second.is_synced) == (EPOCH_S + 10.0, True)
        await asyncio.sleep(2.0)
        await site.crash()
        assert [each.time for each in await waiting(site)] == [EPOCH_S + 5.0, EPOCH_S + 10.0]
        await site.end()

    run_virtual(run())


def test_an_earlier_run_of_the_same_boot_is_dated_as_well_and_no_other(tmp_path: Path) -> None:
    site = Site(tmp_path, LIMITS)

    async def run() -> None:
        site.is_synced = False
        for boot in ("boot-0", "boot-1", "boot-1"):
            site.boot = boot
            site.begin()
            site.set_clock(-YEAR_S)
            site.publish("t", ALL)
            await asyncio.sleep(2.0)
            if site.published < 3:
                await site.end()
        site.set_clock(0.0)
        site.is_synced = True
        site.outbox.redate()
        found = [(each.time, each.is_synced) for each in await waiting(site)]
        assert found == [(EPOCH_S - YEAR_S, False), (EPOCH_S + 2.0, True), (EPOCH_S + 4.0, True)]
        await site.end()

    run_virtual(run())


def test_a_clock_that_jumps_makes_nothing_old(tmp_path: Path) -> None:
    site = Site(tmp_path, LIMITS)

    async def run() -> None:
        site.begin()
        site.publish("t", StorePolicy(max_age_s=60.0))
        await asyncio.sleep(2.0)
        for years in (10, -10):
            site.set_clock(years * YEAR_S)
            site.publish("t", StorePolicy(max_age_s=60.0))
            await asyncio.sleep(2.0)
        await site.drain()
        await site.end()

    run_virtual(run())

    assert site.hub.numbers == [1, 2, 3]


def test_runs_are_forgotten_when_all_they_numbered_is_upstream() -> None:
    runs = Runs("b", SteppedClock())
    runs.load([(11, "a", 1, 1, None), (12, "b", 5, 1, 100.0)], seqs=(9, 2))

    assert [runs.of(0, seq).epoch for seq in (1, 4, 5, 8)] == [11, 11, 12, 12]
    assert [runs.of(1, seq).epoch for seq in (1, 2)] == [12, runs.current.epoch]
    runs.forget_before((4, 0))
    assert [row[0] for row in runs.rows] == [12, runs.current.epoch]
    runs.forget_before((8, 0))
    assert len(runs.rows) == 2
    runs.forget_before((8, 1))
    assert runs.rows == [runs.current.row]


def test_runs_that_numbered_nothing_are_forgotten() -> None:
    runs = Runs("b", SteppedClock())

    runs.load([(11, "a", 1, 1, None), (12, "a", 5, 1, None), (13, "a", 5, 1, None)], seqs=(5, 1))

    assert [row[0] for row in runs.rows] == [11, runs.current.epoch]
