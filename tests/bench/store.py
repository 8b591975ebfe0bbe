"""What the outbox costs: ``python -m tests.bench.store``.

How many events a second are on the disk for good, what one event costs the card, how long a store
with a million waiting events takes to open, and what a large backlog costs in memory.
"""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wampedge.config.buffering_model import StorePolicy
from wampedge.runtime.system_clock import SystemClock
from wampedge.store.database import Database
from wampedge.store.outbox import Outbox, OutboxLimits
from wampedge.store.outbox_group import LINK_BITS
from wampedge.store.store import Store
from wampedge.wamp.payload import Payload

__all__: list[str] = []

EVENTS = 30_000
COMMITS = (1, 10, 100)
ROWS = 1_000_000
BACKLOG_BYTES = 64 * 1024 * 1024
PAYLOAD_BYTES = 200
APPENDS_GOAL, CARD_GOAL, OPEN_GOAL_S, MEMORY_GOAL = 3_000, 3_500, 1.0, 8 * 1024 * 1024
TOPIC = "edge.greenhouse1.air.temperature"
LIMITS = OutboxLimits(max_bytes=1 << 40, max_entries=1 << 40)
POLICY = StorePolicy(max_bytes=1 << 40)


def main() -> None:
    """Measure and print; the memory in a process of its own."""
    if len(sys.argv) > 1:
        asyncio.run(memory(Path(sys.argv[1])))
        return
    print("| what | figure | goal | figure / goal |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(appends(Path(folder)))
        for commit in COMMITS:
            asyncio.run(card(Path(folder), commit))
        asyncio.run(opening(Path(folder)))
        command = [sys.executable, "-m", "tests.bench.store", folder]
        subprocess.run(command, check=True)


def line(what: str, figure: float, unit: str, goal: float | None) -> None:
    """Print one line of the table."""
    beside = "| |" if goal is None else f"{goal:,.10g} {unit} | {figure / goal:.2f} |"
    print(f"| {what} | {figure:,.10g} {unit} | {beside}", flush=True)


@asynccontextmanager
async def outbox_at(path: Path) -> AsyncIterator[tuple[Store, Outbox]]:
    """Have an outbox whose file is *path*."""
    store = Store(path)
    outbox = Outbox(store, "upstream", SystemClock(), gap_topic="gap", limits=LIMITS)
    store.join(outbox)
    store.open()
    try:
        yield store, outbox
    finally:
        outbox.finish()
        await store.close()


def append(outbox: Outbox, number: int) -> asyncio.Future[bool] | None:
    """Append one event; return what tells that it is on the disk."""
    payload = Payload([number, "x" * (PAYLOAD_BYTES - 10)])
    entry = outbox.append(TOPIC, payload, POLICY, waited=True)
    assert entry is not None, "there is room"
    return outbox.when_safe(entry)


async def appends(folder: Path) -> None:
    """Append as fast as the disk takes it."""
    async with outbox_at(folder / "appends" / "store.db") as (_, outbox):
        begun, safe = time.perf_counter(), None
        for number in range(EVENTS):
            safe = append(outbox, number)
            if number % 100 == 99:
                await asyncio.sleep(0)
        assert safe is None or await safe, "the last one is on the disk"
        rate = EVENTS / (time.perf_counter() - begun)
    line("events a second on the disk, at least", round(rate), "/s", APPENDS_GOAL)


async def card(folder: Path, commit: int) -> None:
    """Write *commit* events at a time, until the log was moved into the file several times."""
    count = max(2_000, commit * 200)
    async with outbox_at(folder / f"card{commit}" / "store.db") as (store, outbox):
        for number in range(0, count, commit):
            for each in range(commit):
                append(outbox, number + each)
            outbox.hurry()
            await store.flush()
        written = store.bytes_written
    what = f"bytes to the card an event, {commit} a commit"
    if written is not None:
        line(what, round(written / count), "B", CARD_GOAL if commit == 10 else None)


async def opening(folder: Path) -> None:
    """Open a store in which a million events wait."""
    path = folder / "opening" / "store.db"
    async with outbox_at(path) as (store, outbox):
        append(outbox, 0)
        outbox.hurry()
        await store.flush()
    database = Database(path)
    database.write([_Rows()])
    database.close()
    begun = time.perf_counter()
    async with outbox_at(path) as (_, outbox):
        opened = time.perf_counter()
        assert outbox.status.depth == ROWS, "all of them wait"
        line("seconds to open 1,000,000 events", round(opened - begun, 4), "s", OPEN_GOAL_S)
        assert await outbox.fetch(0, 0, 64), "they can be read"
        line("seconds to the first of them", round(time.perf_counter() - opened, 4), "s", None)


class _Rows:
    """A batch of a million events: copies of the first."""

    def apply(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
            f" INSERT INTO outbox SELECT {1 << LINK_BITS} + i, rule, size, flags, time, monotonic,"
            " topic, serializer, elements, content, options FROM n, outbox"
        )
        connection.execute(f"UPDATE outbox_rule SET count = {ROWS}, bytes = bytes * {ROWS}")

    def written(self) -> None:
        """Nobody waits for it."""

    def failed(self, error: Exception) -> None:
        """Tell what is wrong."""
        raise error


async def memory(folder: Path) -> None:
    """Fill the disk with a backlog, and send a part of it."""
    async with outbox_at(folder / "memory" / "store.db") as (store, outbox):
        append(outbox, 0)
        outbox.hurry()
        await store.flush()
        idle, most, number, after = resident(), 0, 1, 0
        while outbox.status.size_bytes < BACKLOG_BYTES:
            safe = None
            for _ in range(1_000):
                safe, number = append(outbox, number), number + 1
            assert safe is None or await safe, "the disk takes them"
            most = max(most, resident())
        for _ in range(500):
            after = (await outbox.fetch(0, after, 256))[-1].seq
            outbox.acknowledge(0, after)
            most = max(most, resident())
    line("bytes of memory for a backlog of 64 MiB", most - idle, "B", MEMORY_GOAL)


def resident() -> int:
    """Return the memory of this process, in bytes."""
    text = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(text.split()[1]) * 4096


if __name__ == "__main__":
    main()
