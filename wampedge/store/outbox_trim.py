"""Making room among events that are on the disk only; done on the thread of the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from wampedge.store.outbox_entry import Flag
from wampedge.store.outbox_gaps import Gap, Reason

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Trim", "Trimmed", "trim"]

_SCANNED: Final = 20_000
"""Rows that are looked at in one group at most: others wait for the disk meanwhile."""
_DROPPED: Final = 5_000
"""Rows that are dropped under one rule in one group at most."""
_CHUNK: Final = 2_000
"""Oldest rows among which those with a newer one of their topic are looked for."""

_ROWS: Final = """
SELECT id - :base, size, flags, time, monotonic, topic FROM (
    SELECT * FROM outbox WHERE id > :base + :after AND id <= :base + :until ORDER BY id LIMIT :limit
) WHERE rule = :rule ORDER BY id
"""
_LAST: Final = """
SELECT max(id) - :base, count(*) FROM (
    SELECT id FROM outbox WHERE id > :base + :after AND id <= :base + :until
    ORDER BY id LIMIT :limit
)
"""

_Row = tuple[int, int, int, float, float, str]


class Trim(NamedTuple):
    """What is to be dropped under one rule.

    Attributes:
        rule: its number.
        name: its name.
        after_seq: nothing up to here may be dropped.
        until_seq: what comes later is in memory, and not for the thread to drop.
        size: how many bytes to drop, oldest first.
        oldest_time: what was published before is too old, in seconds since 1970.
        oldest_monotonic: the same, for what this run published.
        run_seq: the first number of this run.
        drops_superseded: first drop what has a newer event of its topic.
        keeps_latest: drop nothing but that, and all of it.
        topics: topics of events in memory.
    """

    rule: int
    name: str
    after_seq: int
    until_seq: int
    size: int
    oldest_time: float
    oldest_monotonic: float
    run_seq: int
    drops_superseded: bool
    keeps_latest: bool
    topics: frozenset[str]


class Trimmed(NamedTuple):
    """What was dropped.

    Attributes:
        rule: number of the rule.
        planned: the bytes that were to be dropped.
        gaps: stand for what was dropped.
        searched_seq: nothing up to here may be dropped now.
        has_more: there may be more to drop of topics that have newer events.
        kept: number, bytes and time of the newest event of topics, where old ones were looked for.
    """

    rule: int
    planned: int
    gaps: list[Gap]
    searched_seq: int
    has_more: bool
    kept: dict[str, tuple[int, int, float]]


def trim(connection: sqlite3.Connection, base: int, wanted: Trim) -> Trimmed:
    """Drop what *wanted* tells from the rows that begin at *base*."""
    return _Trimming(connection, base, wanted).run()


class _Trimming:
    """One trim under way."""

    def __init__(self, connection: sqlite3.Connection, base: int, wanted: Trim) -> None:
        self._connection, self._base, self._wanted = connection, base, wanted
        self._gaps: dict[Reason, Gap] = {}
        self._dropped: list[tuple[int]] = []
        self._kept: dict[str, tuple[int, int, float]] = {}
        self._size = 0

    def run(self) -> Trimmed:
        wanted = self._wanted
        searched, has_more = wanted.after_seq, False
        if wanted.drops_superseded or wanted.keeps_latest:
            has_more = self._drop_superseded("latest" if wanted.keeps_latest else "full")
            self._delete()
        if not wanted.keeps_latest:
            searched = self._drop_oldest()
            self._delete()
        gaps = list(self._gaps.values())
        return Trimmed(wanted.rule, wanted.size, gaps, searched, has_more, self._kept)

    def _drop_oldest(self) -> int:
        """Drop the oldest and those that are too old; return up to where there are none left."""
        last = self._wanted.after_seq
        for row in self._rows(self._wanted.after_seq, _SCANNED):
            is_too_old = self._is_too_old(row)
            if not is_too_old and self._size >= self._wanted.size:
                return row[0] - 1
            if len(self._dropped) >= _DROPPED:
                return last
            self._drop(row, "age" if is_too_old else "full")
            last = row[0]
        end, count = self._connection.execute(
            _LAST, self._range(self._wanted.after_seq, _SCANNED)
        ).fetchone()
        return int(end) if count >= _SCANNED else self._wanted.until_seq

    def _drop_superseded(self, reason: Reason) -> bool:
        """Drop old values of the oldest topics; return whether there may be more of them."""
        chunk = list(self._rows(self._wanted.after_seq, _CHUNK))
        if not chunk:
            return False
        last_of = {row[5]: row[0] for row in chunk}
        missing = last_of.keys() - self._wanted.topics
        later = set(last_of) - missing
        for row in self._rows(chunk[-1][0], _SCANNED):
            if not missing:
                break
            if row[5] in missing:
                missing.remove(row[5])
                later.add(row[5])
        for row in chunk:
            if self._size >= self._wanted.size and not self._wanted.keeps_latest:
                break
            if row[5] in later or row[0] < last_of[row[5]]:
                self._drop(row, reason)
            else:
                seq, size, _, time, _, topic = row
                self._kept[topic] = (seq, size, time)
        return len(chunk) == _CHUNK and bool(self._dropped)

    def _is_too_old(self, row: _Row) -> bool:
        seq, _, flags, time, monotonic, _ = row
        if seq >= self._wanted.run_seq:
            return monotonic < self._wanted.oldest_monotonic
        return bool(flags & Flag.SYNCED) and time < self._wanted.oldest_time

    def _rows(self, after_seq: int, limit: int) -> Iterator[_Row]:
        return iter(self._connection.execute(_ROWS, self._range(after_seq, limit)))

    def _range(self, after_seq: int, limit: int) -> dict[str, int]:
        wanted = self._wanted
        return {
            "base": self._base, "after": after_seq, "until": wanted.until_seq,
            "rule": wanted.rule, "limit": limit,
        }  # fmt: skip

    def _drop(self, row: _Row, reason: Reason) -> None:
        seq, size, _, time, _, topic = row
        gap = Gap(seq, self._wanted.name, reason, topic, 1, size, seq, time, time, is_lasting=True)
        earlier = self._gaps.get(reason)
        self._gaps[reason] = gap if earlier is None else earlier.joined(gap, max(earlier.seq, seq))
        self._dropped.append((self._base + seq,))
        self._size += size

    def _delete(self) -> None:
        self._connection.executemany("DELETE FROM outbox WHERE id = ?", self._dropped)
        self._dropped.clear()
