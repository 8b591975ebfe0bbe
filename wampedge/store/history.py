"""The history of readings: a table of what channels published, bounded in age and bytes.

Rows are first appended to ``history_recent``, all channels together: a commit touches few pages
then. When there are enough of them they are moved to ``history``, which is sorted by channel and
time, so that a range of one channel is read in one go. A row is in one of the two tables.

Times are those of the wall clock, in milliseconds. No two rows of a channel have one time: within
``_STEP_BACK_MS`` of the last row, which is how clocks are set right that run a little fast, a row
gets the next millisecond, and so keeps its place. A clock that is set back further is taken at its
word. While it is known that nobody has set the clock, times are provisional: what was noted since
then is dated anew when the clock is set, unless there was so much that it was sorted already.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.store.history_upkeep import HistoryGroup, Limits, Provisional
from wampedge.store.lazy import LazyTurn

if TYPE_CHECKING:
    import sqlite3

    from wampedge.devices.values import Quality
    from wampedge.store.store import Store

__all__ = ["MAX_PENDING", "QUALITIES", "HistoryTable", "Row"]

log = logging.getLogger(__name__)

Row = tuple[int, int, Any, int | None]
"""Number of the channel, milliseconds since 1970, value, place of the quality in QUALITIES."""

QUALITIES: Final[tuple[Quality, ...]] = ("good", "uncertain", "bad", "stale")
MAX_PENDING: Final = 20_000
"""Rows that are held in memory while the disk takes none; the oldest go first."""
_EARLY: Final = 4_096
"""Rows after which they are written before their time."""
_MAX_TEXT: Final = 2 * 1024 * 1024
"""The same in characters, as a text may be long."""
_EARLY_TEXT: Final = 64 * 1024
_STEP_BACK_MS: Final = 10_000
_CODES: Final = {quality: code or None for code, quality in enumerate(QUALITIES)}

_CHANNELS: Final = """
CREATE TABLE IF NOT EXISTS history_channel (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, keep_ms INTEGER NOT NULL
)
"""
_SORTED: Final = """
CREATE TABLE IF NOT EXISTS history (
    channel INTEGER NOT NULL, time INTEGER NOT NULL, value, quality INTEGER,
    PRIMARY KEY (channel, time)
) WITHOUT ROWID
"""
_RECENT: Final = """
CREATE TABLE IF NOT EXISTS history_recent (
    id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, time INTEGER NOT NULL, value, quality INTEGER
)
"""
_SIZE: Final = """
CREATE TABLE IF NOT EXISTS history_size (
    id INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL
)
"""


class HistoryTable:
    """A section of the store; used on the event loop.

    Args:
        store: where it is kept; rows that have no disk are held as long as there is room.
        max_bytes: what all rows together may take.
        within_s: when a row is on disk at the latest, in seconds.
        time_s: tells the time, in seconds since 1970; what is too old is too old by it.

    Attributes:
        dropped: rows that were lost because the disk took none for too long.
    """

    tables: Sequence[str] = (_CHANNELS, _SORTED, _RECENT, _SIZE)

    def __init__(
        self, store: Store, *, max_bytes: int, within_s: float, time_s: Callable[[], float]
    ) -> None:
        self.dropped = 0
        self._dropped_before = 0
        self.store = store
        self._max_bytes, self._time_s = max_bytes, time_s
        self._turn = LazyTurn(store, within_s)
        self._pending: deque[Row] = deque()
        self._pending_text = 0
        self._numbers: dict[str, int] = {}
        self._keep_ms: dict[str, int] = {}
        self._wanted: set[str] = set()
        self._last_ms: dict[int, int] = {}
        self._untold: set[str] = set()
        """Channels that are not on disk as they are here."""
        self._group_ended: asyncio.Future[None] | None = None
        self._is_on_disk = False
        self._is_upkeep_due = False
        self._provisional = Provisional()
        self._moved_ms = 0
        """How far the clock was moved since the last group was taken."""
        self._is_over = False
        self._queries = asyncio.Lock()
        self._is_asked = False
        self._was_put_off = False

    def keep(self, ages_s: Mapping[str, float]) -> None:
        """Keep the channels *ages_s*, each for so many seconds; others get no more rows.

        What there is of others stays until it is as old as it was to get.
        """
        self._wanted = set(ages_s)
        for name, age_s in ages_s.items():
            keep_ms = int(age_s * 1_000)
            if self._keep_ms.get(name) != keep_ms:
                self._keep_ms[name] = keep_ms
                self._untold.add(name)
            if name not in self._numbers:
                self._numbers[name] = max(self._numbers.values(), default=0) + 1

    def note(self, name: str, time_s: float, value: Any, quality: Quality) -> None:
        """Keep what the channel *name* published; one of those that ``keep`` named."""
        number, time_ms = self._numbers[name], int(time_s * 1_000)
        if isinstance(value, bool):
            value = int(value)
        elif isinstance(value, str):
            value = value.encode(errors="replace").decode()
            self._pending_text += len(value)
        last_ms = self._last_ms.get(number)
        if last_ms is not None and last_ms - _STEP_BACK_MS < time_ms <= last_ms:
            time_ms = last_ms + 1
        self._last_ms[number] = time_ms
        pending = self._pending
        pending.append((number, time_ms, value, _CODES[quality]))
        if len(pending) >= _EARLY or self._pending_text > _EARLY_TEXT:
            self._turn.hurry()
            self._make_room()
        self._turn.want()

    def distrust_clock(self) -> None:
        """Take the times of rows as provisional from now on, until the clock is set."""
        self._provisional = Provisional(is_so=True)

    def redate(self, step_s: float, *, is_set: bool) -> None:
        """Move the provisional times by *step_s*, which is how far the clock was wrong.

        Args:
            step_s: how far the clock was moved, in seconds.
            is_set: whether it can be trusted now.
        """
        if not self._provisional.is_so:
            return
        step_ms = round(step_s * 1_000)
        before = self._provisional
        self._provisional = before._replace(is_so=not is_set, step_ms=before.step_ms + step_ms)
        self._moved_ms += step_ms
        self._pending = deque(_moved(self._pending, step_ms))
        self._last_ms = {number: time_ms + step_ms for number, time_ms in self._last_ms.items()}
        self._turn.hurry()

    def oldest_ms(self, name: str) -> int:
        """Return the time before which rows of *name* are too old, in milliseconds since 1970."""
        return int(self._time_s() * 1_000) - self._keep_ms[name]

    @contextlib.asynccontextmanager
    async def at_rest(self, name: str) -> AsyncIterator[tuple[int | None, list[Row]]]:
        """Have nothing written meanwhile, so that each row is either in memory or on disk.

        Yields:
            The number of the channel *name* on disk, None where nothing is on disk, and its rows
            that are not, in order.
        """
        async with self._queries:
            if self._was_put_off:  # rows must not wait for ever because somebody always asks
                self._was_put_off = False
                await self.store.flush()
            while self._group_ended is not None:
                await asyncio.shield(self._group_ended)
            number = self._numbers[name]
            self._is_asked = True
            try:
                rows = [row for row in self._pending if row[0] == number]
                yield number if self._is_on_disk else None, rows
            finally:
                self._is_asked = False
                if self._was_put_off:
                    self._turn.hurry()

    def finish(self) -> None:
        """Let nothing wait any more: the store is about to be closed."""
        self._is_over = True
        self._turn.finish()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read which channels there are."""
        found = connection.execute("SELECT id, name, keep_ms FROM history_channel").fetchall()
        self._is_on_disk = True
        self._is_upkeep_due = bool(found)  # the node may have been off for long
        self._last_ms.clear()
        wanted = {name: self._keep_ms[name] for name in self._wanted}
        self._numbers = {name: number for number, name, _ in found}
        self._keep_ms = {name: keep_ms for _, name, keep_ms in found}
        self._untold.clear()
        self.keep({name: keep_ms / 1_000 for name, keep_ms in wanted.items()})

    def take(self) -> HistoryGroup | None:
        """Return what is not on disk yet, once in its time."""
        if not self._turn.is_due():
            return None
        if self._is_asked and not self._is_over:
            self._was_put_off = True
            return None
        rows, self._pending, self._pending_text = list(self._pending), deque(), 0
        channels = [(self._numbers[n], n, self._keep_ms[n]) for n in sorted(self._untold)]
        self._untold.clear()
        now_ms = int(self._time_s() * 1_000)
        self._group_ended = asyncio.get_running_loop().create_future()
        limits = Limits(self._max_bytes, now_ms, frozenset(self._wanted), self._is_upkeep_due)
        self._moved_ms = 0
        return HistoryGroup(self, rows, channels, limits, self._provisional)

    def written(self, group: HistoryGroup) -> None:
        """Hear that *group* is on disk."""
        self._is_on_disk = True
        self._end_group()
        if self.dropped > self._dropped_before:
            lost = self.dropped - self._dropped_before
            log.warning("the history is written again; %d rows were lost", lost)
            self._dropped_before = self.dropped
        self._is_upkeep_due = group.has_more_to_do
        done, now = group.provisional, self._provisional
        self._provisional = now._replace(first=done.first, step_ms=now.step_ms - done.step_ms)
        if group.has_more_to_do:
            self._turn.want()

    def failed(self, group: HistoryGroup, error: Exception) -> None:
        """Take *group* again with the next one."""
        self._pending.extendleft(reversed(_moved(group.rows, self._moved_ms)))
        self._pending_text += sum(len(row[2]) for row in group.rows if isinstance(row[2], str))
        self._make_room()
        self._untold.update(name for _, name, _ in group.channels)
        self._end_group()
        self._turn.again(error)

    def forget(self) -> None:
        """Begin anew: all that was on disk is lost."""
        self._is_on_disk = False
        self._provisional = self._provisional._replace(first=None, step_ms=0)
        self._untold = set(self._keep_ms)

    def _make_room(self) -> None:
        """Drop the oldest rows that are too many."""
        pending = self._pending
        while len(pending) > MAX_PENDING or self._pending_text > _MAX_TEXT:
            if self._dropped_before == self.dropped and self.store.is_lasting:
                log.error("rows of the history are lost: the card takes none, and memory is full")
            value = pending.popleft()[2]
            self._pending_text -= len(value) if isinstance(value, str) else 0
            self.dropped += 1

    def _end_group(self) -> None:
        ended, self._group_ended = self._group_ended, None
        if ended is not None:
            ended.set_result(None)


def _moved(rows: Iterable[Row], step_ms: int) -> list[Row]:
    """Return *rows* so much later."""
    return [(number, time_ms + step_ms, value, code) for number, time_ms, value, code in rows]
