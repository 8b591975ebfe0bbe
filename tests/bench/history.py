"""What a history costs: bytes on the card, bytes written to it, time to answer.

Run it as ``python -m tests.bench.history``; ``--rows 100000`` is quicker.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

from wampedge.store import history_query, history_upkeep
from wampedge.store.history import HistoryTable
from wampedge.store.history_query import Span, read_buckets, read_rows
from wampedge.store.store import Store

__all__ = ["main"]

START_S = 1_770_000_000
GOAL_QUERY_S = 1.0
GOAL_OPEN_S = 1.0
CHANNELS = 50


def main() -> None:
    """Measure and print; exit code 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        is_met = asyncio.run(_one_channel(Path(folder) / "one.db", rows))
        asyncio.run(_many_channels(Path(folder)))
    sys.exit(0 if is_met else 1)


class Book:
    """A history on a disk; everything runs on this thread, so that its CPU time is all there is."""

    def __init__(self, path: Path, channels: int) -> None:
        self.path = path
        self.names = [f"air.c{number}" for number in range(channels)]
        self.store = Store(path, is_inline=True)
        self.table = HistoryTable(
            self.store, max_bytes=1 << 40, within_s=60.0, time_s=lambda: START_S + 1e7
        )
        self.table.keep(dict.fromkeys(self.names, 3e8))
        self.store.join(self.table)
        self.store.open()

    async def write(self) -> None:
        """Have all written that is there."""
        self.table._turn.hurry()
        assert await self.store.flush()

    async def close(self) -> None:
        """Let go of the file."""
        self.table.finish()
        await self.store.close()

    @property
    def size_bytes(self) -> int:
        """What the file takes."""
        return self.path.stat().st_size


async def _one_channel(path: Path, rows: int) -> bool:
    book = Book(path, 1)
    began = time.process_time()
    for number in range(rows):
        book.table.note("air.c0", START_S + number, 20.0 + number % 1_000 / 128, "good")
        if number % 4_096 == 4_095:
            await book.write()
    await book.write()
    spent = time.process_time() - began
    await book.close()
    print(f"{rows} rows of one channel written: {1e6 * spent / rows:.1f} µs CPU a row")
    print(f"on the card: {book.size_bytes / rows:.1f} bytes a row")
    began = time.perf_counter()
    book = Book(path, 1)
    opened_s = time.perf_counter() - began
    print(f"opening the file: {opened_s * 1_000:.1f} ms")
    span = Span(0, 2**53)
    slowest = await _timed(
        "the newest 1,000 rows", read_rows(book.table, "air.c0", span, 1_000, is_newest=True)
    )
    for every_s, count in ((rows // 1_000, 1_000), (rows // 10_000, 10_000), (rows, 2)):
        work = read_buckets(book.table, "air.c0", span, 1_000 * max(every_s, 1), 10_001)
        slowest = max(slowest, await _timed(f"all rows in some {count} buckets", work))
    await book.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory at most: {peak_mb:.0f} MB")
    return slowest < GOAL_QUERY_S and opened_s < GOAL_OPEN_S


async def _timed(name: str, work: Any) -> float:
    """Answer a query; return its CPU time, and print the longest turn of the store's thread."""
    turns: list[float] = []
    inner = history_query._Turn.summed

    def summed(turn: Any, connection: Any) -> Any:
        began = time.perf_counter()
        try:
            return inner(turn, connection)
        finally:
            turns.append(time.perf_counter() - began)

    began = time.process_time()
    with mock.patch.object(history_query._Turn, "summed", summed):
        found, _ = await work
    spent = time.process_time() - began
    longest = f", longest turn {1_000 * max(turns):.0f} ms" if turns else ""
    print(f"{name} ({len(found)}): {1_000 * spent:.0f} ms CPU{longest}")
    return spent


def _one(channels: int, max_bytes: int) -> int:
    return 1


async def _many_channels(folder: Path) -> None:
    """Write three hours of fifty channels, one commit a minute, in two ways."""
    for name, moved in (("appended first", history_upkeep.moved_rows), ("sorted at once", _one)):
        for period_s in (1, 30):
            book = Book(folder / f"{name}-{period_s}.db", CHANNELS)
            rows = 0
            with mock.patch.object(history_upkeep, "moved_rows", moved):
                for minute in range(180):
                    for second in range(0, 60, period_s):
                        moment = START_S + 60 * minute + second
                        for channel in book.names:
                            book.table.note(channel, moment, 20.0 + moment % 977 / 128, "good")
                            rows += 1
                    await book.write()
            await book.close()
            written = book.store.bytes_written
            told = "not known" if written is None else f"{written / rows:.0f} bytes a row"
            print(f"{CHANNELS} channels every {period_s} s, {name}: written to the card {told}")


if __name__ == "__main__":
    main()
