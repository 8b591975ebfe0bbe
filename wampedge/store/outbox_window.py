"""Handing out the events of an outbox, in order, from memory and from the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from wampedge.store.outbox_bounds import Bounds
from wampedge.store.outbox_entry import UNREADABLE, Entry, Row, entry_of_row
from wampedge.store.outbox_group import DiskReads, OutboxGroup
from wampedge.store.outbox_lane import Handed
from wampedge.store.outbox_queue import Queue
from wampedge.store.outbox_reading import MAX_HANDED_SIZE, read_rows
from wampedge.store.outbox_rules import Newest
from wampedge.store.outbox_turn import OutboxTurn
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["OutboxWindow"]

log = logging.getLogger(__name__)

_LAZY_S: Final = 1.0
_TRIES: Final = 4
"""How often a gap may grow while it is written, before who asks has to ask again."""
_RETRY_S: Final = 5.0
_PATIENCE_S: Final = 60.0
"""How long events on a disk that cannot be read hold up those that come after them."""


class OutboxWindow:
    """The reading end of an outbox.

    Args:
        store: the disk.
        link: the name of the link.
        queue: the events.
        bounds: tell what is too old.
        turn: when the queue is written.
        gap_topic: what gaps are published as.
        on_change: called when it is worth asking again after nothing could be read.

    Attributes:
        reads: see there; for the groups of the outbox.
        group: the group that is being written, or that has failed.
    """

    def __init__(
        self, store: Store, link: str, queue: Queue, *, bounds: Bounds, turn: OutboxTurn,
        gap_topic: str, on_change: Callable[[], None],
    ) -> None:  # fmt: skip
        self.reads = DiskReads()
        self.group: OutboxGroup | None = None
        self._store, self._link, self._queue = store, link, queue
        self._bounds, self._turn = bounds, turn
        self._gap_topic, self._on_change = gap_topic, on_change
        self._unreadable_since_s: float | None = None

    @property
    def oldest_time(self) -> float | None:
        """When the oldest event was published, about; None where there is none."""
        times = []
        for lane in self._queue.lanes:
            if lane.handed:
                times.append(next(iter(lane.handed.values())).time)
            elif lane.cold_until > lane.handed_until:
                times.append(lane.cold_time)
            elif lane.items:
                times.append(next(iter(lane.items.values())).time)
        return min(times, default=None)

    def next(self, lane: int, after_seq: int, limit: int) -> list[Entry]:
        """Hand out what is in memory; nothing where something on the disk comes first."""
        if limit < 1 or self._queue.lanes[lane].cold_until > after_seq:
            return []
        return self._hand_out(lane, [], after_seq, until=float("inf"), limit=limit)[0]

    async def fetch(self, lane: int, after_seq: int, limit: int) -> list[Entry]:
        """Hand out what comes next, wherever it is."""
        for _ in range(_TRIES):
            entries = await self._fetch(lane, after_seq, limit)
            if entries or lane == 1 or self._is_stuck or not self._has_unsettled(after_seq):
                return entries
            self._turn.want_other(0.0)
            await self._store.flush()
        return []

    @property
    def _is_stuck(self) -> bool:
        """Whether nothing can be written at the moment."""
        return self._store.trouble is not None or not self._store.is_lasting

    def _has_unsettled(self, after_seq: int) -> bool:
        gaps = self._queue.gaps
        return any(not gaps.is_settled(seq) for seq in gaps.between(after_seq, float("inf")))

    async def _fetch(self, lane: int, after_seq: int, limit: int) -> list[Entry]:
        found = self._queue.lanes[lane]
        if limit < 1:
            return []
        while (until := found.cold_until) > after_seq:
            read = await self._read(lane, after_seq, until, limit)
            if read is None:
                if found.cold_until > after_seq:
                    return []
                continue  # they are given up, and what is behind them can go
            rows, is_all = read
            is_as_before = found.cold_until == until
            if is_all and not rows and is_as_before:
                found.cold_until = after_seq
                break
            # What left memory while the disk was read is on the disk behind what was found.
            last = (float("inf") if is_as_before else until) if is_all else rows[-1][0]
            entries, is_blocked = self._hand_out(lane, rows, after_seq, until=last, limit=limit)
            if entries or is_blocked or last == float("inf"):
                return entries
            after_seq = int(last)
        return self._hand_out(lane, [], after_seq, until=float("inf"), limit=limit)[0]

    async def _read(
        self, lane: int, after_seq: int, until_seq: int, limit: int
    ) -> tuple[Sequence[Row], bool] | None:
        """Return events on the disk; None where it cannot be read."""
        from wampedge.store.database import StoreError  # noqa: PLC0415 # loads SQLite

        def work(connection: sqlite3.Connection) -> tuple[Sequence[Row], bool]:
            wanted = (self._link, lane, after_seq)
            return read_rows(
                connection, *wanted, until_seq=until_seq, limit=limit, reads=self.reads
            )

        try:
            found = await self._store.read(work)
        except StoreError:
            self._on_unreadable()
            return None
        self._unreadable_since_s = None
        return found

    def _on_unreadable(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        if self._unreadable_since_s is None:
            self._unreadable_since_s = now_s
        elif now_s - self._unreadable_since_s >= _PATIENCE_S:
            self._queue.lose_cold()
            self._unreadable_since_s = None
        loop.call_later(_RETRY_S, self._on_change)

    def _hand_out(
        self, lane: int, rows: Sequence[Row], after: int, *, until: float, limit: int
    ) -> tuple[list[Entry], bool]:
        """Hand out *rows* and what is in memory up to *until*, in order.

        Returns:
            What is handed out, and whether a gap that must be written first ends it.
        """
        cold = self._still_there(lane, rows)
        if lane == 0:
            self._drop_aged(cold, after, until, limit)
        entries: list[Entry] = []
        size, is_blocked = 0, False
        for seq in sorted({*cold, *self._queue.in_memory(lane, after, until, limit)})[:limit]:
            if lane == 0 and not self._queue.gaps.is_settled(seq):
                is_blocked = not self._put_off(seq)
                if is_blocked:
                    break
                continue
            entry, handed = self._entry(lane, seq, cold.get(seq))
            size += 0 if handed is None else handed.size
            if entries and size > MAX_HANDED_SIZE:
                break
            self._queue.hand_out(lane, seq, handed)
            if entry is not None:
                entries.append(entry)
                if entry.is_gap:
                    break  # what is too old behind it is a gap of its own, with the next call
        if self._queue.gaps.unwritten or self._queue.deleted:
            self._turn.want_other(_LAZY_S)
        return entries, is_blocked

    def _put_off(self, seq: int) -> bool:
        """Tell whether a gap that must be written first can let others go before it."""
        lane = self._queue.lanes[0]
        if not self._is_stuck or not self._queue.has_after(0, seq):
            return False
        self._queue.gaps.move(seq, lane.new_seq())
        return True

    def _still_there(self, lane: int, rows: Sequence[Row]) -> dict[int, Row]:
        """Return *rows* by number without those that are gone in memory and not yet on the disk."""
        if not rows:
            return {}
        group = () if self.group is None else self.group.changes.deleted
        gone = {seq for which, seq in (*self._queue.deleted, *group) if which == lane}
        found, lost = self._queue.lanes[lane], self._queue.gone[lane]
        return {
            row[0]: row
            for row in rows
            if row[0] > lost and row[0] not in gone and row[0] not in found.items
        }

    def _drop_aged(self, cold: dict[int, Row], after: int, until: float, limit: int) -> None:
        """Drop what waited for too long, of *cold* and in memory; gaps take its place."""
        queue = self._queue
        lane = queue.lanes[0]
        for seq in sorted({*cold, *queue.in_memory(0, after, until, limit)}):
            if seq in queue.gaps:
                return
            if seq <= lane.handed_until:
                continue
            if seq not in cold:
                if self._bounds.is_too_old(lane.items[seq]):
                    queue.drop(lane.items[seq], "age")
                continue
            _, rule, size, flags, time, monotonic, topic, *_ = cold[seq]
            is_old = self._bounds.has_aged(
                queue.rules[rule], seq, flags, time=time, monotonic=monotonic
            )
            if is_old:
                queue.drop_cold(queue.rules[rule], topic, Newest(seq, size, time), "age")
                queue.rules[rule].next_age_s = 0.0  # there are more of them, it seems
                del cold[seq]

    def _entry(self, lane: int, seq: int, row: Row | None) -> tuple[Entry | None, Handed | None]:
        """Return what to hand out as *seq*, and what it counts; no entry where it is unreadable."""
        queue = self._queue
        if row is None and lane == 0 and seq in queue.gaps:
            return self._gap_entry(seq), None
        row = queue.lanes[lane].items[seq].row if row is None else row
        handed = Handed(row[1], row[2], row[4])
        try:
            return entry_of_row(row, lane, self._queue.runs), handed
        except UNREADABLE as error:
            log.error("an event of the link %s cannot be read: %s", self._link, error)
        queue.hand_out(lane, seq, handed)
        queue.give_up(lane, seq, "store")
        return None, None

    def _gap_entry(self, seq: int) -> Entry:
        gap = self._queue.gaps[seq]
        return Entry(
            epoch=self._queue.runs.of(0, seq).epoch,
            lane=0,
            seq=seq,
            time=gap.until,
            monotonic=0.0,
            is_synced=True,
            topic=self._gap_topic,
            payload=Payload((), gap.content),
            options={},
            is_own=True,
            has_waited=True,
            is_gap=True,
        )
