"""A history on a disk, and what is in it."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from wampedge.store.history import HistoryTable
from wampedge.store.history_query import Span, read_rows
from wampedge.store.store import Store
from wampedge_simulator.clock import run_virtual

__all__ = ["ALL", "DAY_S", "MOVED_ROWS", "NOON_S", "Book", "virtually"]

ALL = Span(0, 2**53)
MOVED_ROWS = 4_096
NOON_S = 1_700_000_000.0
DAY_S = 86_400.0


def virtually(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


class Book:
    """A history and the store it is in."""

    def __init__(
        self,
        path: Path | None,
        *,
        keep_s: float = 365 * DAY_S,
        max_bytes: int = 1 << 30,
        channels: tuple[str, ...] = ("air.t",),
    ) -> None:
        self.now_s = NOON_S
        self.store = Store(path, is_inline=True)
        self.table = HistoryTable(
            self.store, max_bytes=max_bytes, within_s=60.0, time_s=lambda: self.now_s
        )
        self.table.keep(dict.fromkeys(channels, keep_s))
        self.store.join(self.table)
        self.store.open()

    def note(self, values: dict[float, Any], channel: str = "air.t") -> None:
        """Note values by their seconds after noon."""
        for after_s, value in values.items():
            self.table.note(channel, NOON_S + after_s, value, "good")

    async def write(self) -> None:
        """Have all there is written."""
        self.table._turn.hurry()  # the time of a minute would be the other way
        assert await self.store.flush()

    async def rows(self, channel: str = "air.t") -> list[tuple[float, Any]]:
        """Return seconds after noon and value of each row."""
        rows, _ = await read_rows(self.table, channel, ALL, 100_000, is_newest=False)
        return [((time_ms - 1_000 * NOON_S) / 1_000, value) for time_ms, value, _ in rows]

    async def count(self, table: str) -> int:
        """Return how many rows a table of the file has."""
        query = f"SELECT count(*) FROM {table}"
        number: int = await self.store.read(lambda c: c.execute(query).fetchone()[0])
        return number

    async def close(self) -> None:
        self.table.finish()
        await self.store.close()
