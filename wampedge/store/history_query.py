"""What there is of one channel in a span of time: rows as they are, or summed up in buckets.

Rows on disk and rows that are still in memory are one to who asks. The thread of the store is used
in short turns, so that whoever waits for a write does not wait for a long query.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.history import HistoryTable, Row

__all__ = ["Bucket", "Sample", "Span", "first_ms", "read_buckets", "read_rows"]

_ROWS_A_TURN: Final = 50_000
"""Rows that are summed up before others have their turn: some 10 ms."""
_BUCKETS_A_TURN: Final = 500
_LONG_MS: Final = 3_600_000
"""A longer bucket may hold more rows than one turn sums up."""

_ROWS: Final = (
    "SELECT time, value, quality FROM (SELECT time, value, quality FROM history"
    " WHERE channel = ?1 AND time >= ?2 AND time < ?3 ORDER BY time {way} LIMIT ?4)"
    " UNION ALL SELECT time, value, quality FROM (SELECT time, value, quality FROM history_recent"
    " WHERE channel = ?1 AND time >= ?2 AND time < ?3 ORDER BY time {way} LIMIT ?4)"
)
_RECENT: Final = (
    "SELECT time, value FROM history_recent WHERE channel = ? AND time >= ? AND time < ?"
    " AND value IS NOT NULL AND typeof(value) != 'text'"
)
_NEXT: Final = (
    "SELECT time FROM history WHERE channel = ? AND time >= ? AND time < ? ORDER BY time LIMIT 1"
)
_NTH: Final = (
    "SELECT time FROM history WHERE channel = ? AND time >= ? AND time < ? ORDER BY time"
    " LIMIT 1 OFFSET ?"
)
_SUM: Final = (
    "SELECT min(value), total(value), max(value), count(value), count(*) FROM history"
    " WHERE channel = ? AND time >= ? AND time < ? AND typeof(value) != 'text'"
)
_FIRST: Final = (
    "SELECT min(time) FROM (SELECT min(time) AS time FROM history WHERE channel = ?1"
    " UNION ALL SELECT min(time) FROM history_recent WHERE channel = ?1)"
)


class Span(NamedTuple):
    """From when, included, until when, excluded; in milliseconds since 1970."""

    start_ms: int
    end_ms: int


class Sample(NamedTuple):
    """One row of one channel."""

    time_ms: int
    value: Any
    quality: int
    """Place in ``QUALITIES``."""


class Bucket(NamedTuple):
    """What the numbers of one stretch of time come to."""

    time_ms: int
    """Where it begins."""
    least: float
    total: float
    most: float
    numbers: int


async def read_rows(
    table: HistoryTable, name: str, span: Span, limit: int, *, is_newest: bool
) -> tuple[list[Sample], bool]:
    """Return rows of the channel *name*, oldest first, and whether there are more.

    Args:
        table: the history.
        name: one of its channels.
        span: which rows.
        limit: how many at most.
        is_newest: leave out the oldest where there are more, and not the newest.

    Raises:
        StoreError: the disk gives nothing.
    """
    async with table.at_rest(name) as (number, pending):
        rows = [Sample(time, value, code or 0) for _, time, value, code in _within(pending, span)]
        if number is not None:
            way = "DESC" if is_newest else "ASC"
            values = (number, *span, limit + 1)
            found = await table.store.read(
                lambda c: c.execute(_ROWS.format(way=way), values).fetchall()
            )
            rows += [Sample(time, value, code or 0) for time, value, code in found]
    rows.sort(key=_time_of)
    wanted = rows[-limit:] if is_newest else rows[:limit]
    return wanted, len(rows) > limit


async def read_buckets(
    table: HistoryTable, name: str, span: Span, every_ms: int, limit: int
) -> tuple[list[Bucket], bool]:
    """Return the first *limit* buckets that have a number, and whether there are more.

    Buckets begin at whole multiples of *every_ms* since 1970.

    Raises:
        StoreError: the disk gives nothing.
    """
    async with table.at_rest(name) as (number, pending):
        loose = [(time, value) for _, time, value, _ in _within(pending, span) if _is_number(value)]
        buckets: dict[int, Bucket] = {}
        if number is not None:
            values = (number, *span)
            loose += await table.store.read(lambda c: c.execute(_RECENT, values).fetchall())
            start_ms: int | None = span.start_ms
            while start_ms is not None and len(buckets) <= limit:
                turn = _Turn(number, Span(start_ms, span.end_ms), every_ms)
                found, start_ms = await table.store.read(turn.summed)
                for bucket in found:
                    _add(buckets, bucket)
    for time_ms, value in loose:
        _add(buckets, Bucket(time_ms - time_ms % every_ms, value, value, value, 1))
    times = sorted(buckets)
    return [buckets[time_ms] for time_ms in times[:limit]], len(times) > limit


async def first_ms(table: HistoryTable, name: str) -> int | None:
    """Return the time of the oldest row of the channel *name*; None without rows."""
    async with table.at_rest(name) as (number, pending):
        times = [row[1] for row in pending]
        if number is not None:
            found = await table.store.read(lambda c: c.execute(_FIRST, (number,)).fetchone()[0])
            times += [] if found is None else [found]
    return min(times, default=None)


class _Turn:
    """One turn of the thread of the store."""

    def __init__(self, channel: int, span: Span, every_ms: int) -> None:
        self._channel, self._span, self._every_ms = channel, span, every_ms

    def summed(self, connection: sqlite3.Connection) -> tuple[list[Bucket], int | None]:
        """Return some buckets, and where to go on, maybe within the last one; None: nowhere."""
        buckets: list[Bucket] = []
        at_ms, end_ms = self._span
        rows = 0
        while rows < _ROWS_A_TURN and len(buckets) < _BUCKETS_A_TURN:
            found = connection.execute(_NEXT, (self._channel, at_ms, end_ms)).fetchone()
            if found is None:
                return buckets, None
            begin_ms = found[0] - found[0] % self._every_ms
            stop_ms = min(begin_ms + self._every_ms, end_ms)
            if self._every_ms > _LONG_MS:
                within = (self._channel, found[0], stop_ms)
                beyond = connection.execute(_NTH, (*within, _ROWS_A_TURN)).fetchone()
                stop_ms = stop_ms if beyond is None else beyond[0]
            span = (self._channel, found[0], stop_ms)
            least, total, most, numbers, looked_at = connection.execute(_SUM, span).fetchone()
            if numbers:
                buckets.append(Bucket(begin_ms, least, total, most, numbers))
            rows += looked_at + 1
            at_ms = stop_ms
        return buckets, at_ms


def _add(buckets: dict[int, Bucket], part: Bucket) -> None:
    """Add a *part* to its bucket."""
    known = buckets.get(part.time_ms)
    if known is None:
        buckets[part.time_ms] = part
        return
    buckets[part.time_ms] = Bucket(
        part.time_ms,
        min(known.least, part.least),
        known.total + part.total,
        max(known.most, part.most),
        known.numbers + part.numbers,
    )


def _within(rows: Iterable[Row], span: Span) -> Iterable[Row]:
    return (row for row in rows if span.start_ms <= row[1] < span.end_ms)


def _time_of(sample: Sample) -> int:
    return sample.time_ms


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
