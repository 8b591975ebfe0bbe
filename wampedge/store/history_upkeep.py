"""One write of the history: new rows in, rows in order, old rows out; on the thread of the store.

Each step is bounded, so that no commit takes long: what is left is done by the next ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.history import HistoryTable

__all__ = ["ROW_BYTES", "HistoryGroup", "Limits", "Provisional", "moved_rows"]

_LEAST_MOVED: Final = 4_096
_MOST_MOVED: Final = 32_768
_ROWS_A_PAGE: Final = 160
_MUCH_TEXT: Final = 32 * 1024
"""Characters of texts in one group that are reason enough to put rows in order."""
ROW_BYTES: Final = 26
"""What a number takes on disk, measured; texts take their length more."""
_ROOM: Final = 0.87
"""Share of the bytes that sorted rows may take: recent ones are an eighth at most."""
_FIRST_STEP_MS: Final = 60_000

_TELL: Final = "INSERT OR REPLACE INTO history_channel VALUES (?, ?, ?)"
_ADD: Final = "INSERT INTO history_recent (channel, time, value, quality) VALUES (?, ?, ?, ?)"
_MOVE: Final = (
    "INSERT OR REPLACE INTO history SELECT channel, time, value, quality"
    " FROM history_recent ORDER BY channel, time, id"
)
_HEADS: Final = (
    "SELECT id, name, keep_ms, (SELECT time FROM history WHERE channel = id ORDER BY time LIMIT 1)"
    " FROM history_channel"
)
_NTH: Final = (
    "SELECT time FROM history WHERE channel = ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?"
)
_REMOVE: Final = "DELETE FROM history WHERE channel = ? AND time < ?"
_GONE: Final = (
    "DELETE FROM history_channel WHERE id = ?"
    " AND NOT EXISTS (SELECT 1 FROM history_recent WHERE channel = id)"
)
_ENDS: Final = "SELECT min(id), max(id) FROM history_recent"
_RECENT_SIZE: Final = (
    "SELECT count(*), total(length(CAST(value AS BLOB)))"
    " FILTER (WHERE typeof(value) = 'text') FROM history_recent"
)
_REDATE: Final = "UPDATE history_recent SET time = time + ? WHERE id >= ?"
_SIZE: Final = "SELECT rows, bytes FROM history_size WHERE id = 0"
_SET_SIZE: Final = "INSERT OR REPLACE INTO history_size VALUES (0, ?, ?)"


def moved_rows(channels: int, max_bytes: int) -> int:
    """Return how many recent rows are put in order at once.

    Each channel has a place of its own among the sorted rows, and a page there is written anew
    whether it gets one row or a hundred: so many that each gets a page on average.
    """
    wanted = min(max(_LEAST_MOVED, _ROWS_A_PAGE * channels), _MOST_MOVED)
    return max(min(wanted, max_bytes // (8 * ROW_BYTES)), 1)


class _Head(NamedTuple):
    """Where a channel begins; None: nowhere."""

    channel: int
    name: str
    keep_ms: int
    oldest_ms: int | None


class Limits(NamedTuple):
    """What decides which rows go."""

    max_bytes: int
    """What all rows may take."""
    now_ms: int
    """The time, in milliseconds since 1970."""
    wanted: frozenset[str]
    """Channels that get rows: they stay known without any."""
    is_due: bool
    """Remove what is too old, though there are few new rows."""


class Provisional(NamedTuple):
    """Recent rows whose times are not known to be right."""

    is_so: bool = False
    """Rows that come now are among them."""
    first: int | None = None
    """The number of the first of them among the recent ones; None: there is none on disk."""
    step_ms: int = 0
    """How far those on disk have to be moved."""


class HistoryGroup:
    """Rows written together, and what is to be done on the occasion.

    Args:
        table: hears how it went.
        rows: channel, time, value and quality of each.
        channels: number, name and age of those that are new or have another age.
        limits: what decides which rows go.
        provisional: which rows may have to be dated anew.

    Attributes:
        provisional: the same, once the group is written.
        has_more_to_do: there are more rows to remove than one commit does.
    """

    def __init__(
        self,
        table: HistoryTable,
        rows: Sequence[tuple[int, int, Any, int | None]],
        channels: Sequence[tuple[int, str, int]],
        limits: Limits,
        provisional: Provisional,
    ) -> None:
        self.rows, self.channels = rows, channels
        self.has_more_to_do = False
        self._table, self._limits = table, limits
        self._before = self.provisional = provisional

    def apply(self, connection: sqlite3.Connection) -> None:
        """Write it."""
        self.has_more_to_do = False
        connection.executemany(_TELL, self.channels)
        self._redate(connection)
        connection.executemany(_ADD, self.rows)
        first, last = connection.execute(_ENDS).fetchone()
        moved = moved_rows(len(self._limits.wanted), self._limits.max_bytes)
        crowd = _MOST_MOVED if self.provisional.first is not None else moved
        is_crowded = first is not None and last - first + 1 >= crowd
        is_due = self._limits.is_due and self.provisional.first is None
        if is_crowded or is_due or sum(map(_text_of, self.rows)) > _MUCH_TEXT:
            self._sort(connection, 4 * moved)
            self.provisional = self.provisional._replace(first=None)

    def _redate(self, connection: sqlite3.Connection) -> None:
        """Move provisional rows to where they belong, and note where new ones begin."""
        is_so, first, step_ms = self._before
        if first is not None and step_ms:
            connection.execute(_REDATE, (step_ms, first))
        if not is_so:
            first = None
        elif first is None:
            first = (connection.execute(_ENDS).fetchone()[1] or 0) + 1
        self.provisional = Provisional(is_so, first, step_ms)

    def _sort(self, connection: sqlite3.Connection, most: int) -> None:
        """Put the recent rows in order, and remove at most *most* that are too many."""
        rows, size = connection.execute(_SIZE).fetchone() or (0, 0)
        more, text = connection.execute(_RECENT_SIZE).fetchone()
        rows, size = rows + more, size + more * ROW_BYTES + int(text)
        connection.execute(_MOVE)
        connection.execute("DELETE FROM history_recent")
        for remove in (self._remove_old, self._remove_surplus):
            gone = remove(connection, most, rows, size)
            rows, size, most = rows - gone, size - size * gone // max(rows, 1), most - gone
        connection.execute(_SET_SIZE, (rows, size))

    def written(self) -> None:
        """Hear that it is on disk."""
        self._table.written(self)

    def failed(self, error: Exception) -> None:
        """Hear that it is not."""
        self._table.failed(self, error)

    def _remove_old(self, connection: sqlite3.Connection, most: int, rows: int, size: int) -> int:
        """Remove what is older than its channel keeps; return how many rows that were."""
        gone = 0
        for channel, name, keep_ms, oldest_ms in _heads(connection):
            cut_ms = self._limits.now_ms - keep_ms
            if oldest_ms is None and name not in self._limits.wanted:
                connection.execute(_GONE, (channel,))
            elif oldest_ms is not None and oldest_ms < cut_ms:
                room = most - gone
                if room <= 0:
                    self.has_more_to_do = True
                    break
                beyond = connection.execute(_NTH, (channel, cut_ms, room)).fetchone()
                self.has_more_to_do |= beyond is not None
                cut_ms = cut_ms if beyond is None else beyond[0]
                gone += connection.execute(_REMOVE, (channel, cut_ms)).rowcount
        return gone

    def _remove_surplus(
        self, connection: sqlite3.Connection, most: int, rows: int, size: int
    ) -> int:
        """Remove the oldest rows of all channels while they take too much; return how many.

        The cut goes through all channels at one time. How far it has to go is found by steps that
        become longer, because there is no index by time alone: it would double each row.
        """
        room = self._limits.max_bytes * _ROOM
        if size <= room:
            return 0
        wanted = int(rows * (1.0 - room / size)) + 1
        if wanted > most:
            wanted, self.has_more_to_do = max(most, 0), True
        gone, step_ms = 0, _FIRST_STEP_MS
        while gone < wanted:
            heads = [head for head in _heads(connection) if head.oldest_ms is not None]
            if not heads:
                break
            cut_ms = min(head.oldest_ms or 0 for head in heads) + step_ms
            before = gone
            for channel, _, _, oldest_ms in heads:
                if oldest_ms is not None and oldest_ms < cut_ms and gone < wanted:
                    beyond = connection.execute(_NTH, (channel, cut_ms, wanted - gone)).fetchone()
                    until_ms = cut_ms if beyond is None else beyond[0]
                    gone += connection.execute(_REMOVE, (channel, until_ms)).rowcount
            if gone - before < wanted // 8:
                step_ms *= 2
        return gone


def _heads(connection: sqlite3.Connection) -> list[_Head]:
    return [_Head(*row) for row in connection.execute(_HEADS)]


def _text_of(row: tuple[int, int, Any, int | None]) -> int:
    return len(row[2]) if isinstance(row[2], str) else 0
