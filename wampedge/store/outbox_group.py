"""What an outbox writes in one step: on the thread of the store, once, whatever the disk says.

Each group has a number that is written with it. Where the disk says that a commit failed and has
done it all the same, the same group finds its number when it is tried again, and is not done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.errors import WampedgeError
from wampedge.records import Record
from wampedge.store.outbox_entry import Item, Row
from wampedge.store.outbox_gaps import Gap
from wampedge.store.outbox_trim import Trim, Trimmed, trim

if TYPE_CHECKING:
    import sqlite3

__all__ = ["LANE_BITS", "LINK_BITS", "TABLES", "Changes", "DiskReads", "OutboxGroup", "link_number"]

LINK_BITS: Final = 48
"""The id of a row is number of the link, lane and number in the lane."""
LANE_BITS: Final = 47

TABLES: Final = (
    (
        "CREATE TABLE IF NOT EXISTS outbox_link"
        " (link INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, acked_0 INTEGER NOT NULL,"
        " acked_1 INTEGER NOT NULL, last_group INTEGER NOT NULL)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS outbox_run"
        " (link INTEGER NOT NULL, epoch INTEGER NOT NULL, boot TEXT NOT NULL,"
        " first_0 INTEGER NOT NULL, first_1 INTEGER NOT NULL, base_s REAL)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS outbox_rule"
        " (link INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
        " count INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (link, number)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS outbox_gap"
        " (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL,"
        " count INTEGER NOT NULL, bytes INTEGER NOT NULL, first_seq INTEGER NOT NULL,"
        " since REAL NOT NULL, until REAL NOT NULL)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS outbox"
        " (id INTEGER PRIMARY KEY, rule INTEGER NOT NULL, size INTEGER NOT NULL,"
        " flags INTEGER NOT NULL, time REAL NOT NULL, monotonic REAL NOT NULL, topic TEXT NOT NULL,"
        " serializer TEXT NOT NULL, elements INTEGER NOT NULL, content BLOB NOT NULL, options BLOB)"
    ),
)
_ROW: Final = "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GAP: Final = "INSERT OR REPLACE INTO outbox_gap VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class DiskReads:
    """Up to which number events were read from the disk to be handed out.

    Attributes:
        until_seq: used on the thread of the store only, so that no group drops what a read before
            it has found, and which the event loop hears of later.
    """

    def __init__(self) -> None:
        self.until_seq = 0


class Changes(Record):
    """What is to be written.

    Attributes:
        items: events.
        acked: up to which number events are upstream, by lane.
        gone: up to which number there are to be none, by lane.
        deleted: lane and number of events that were dropped.
        gaps: gaps that are new or have changed.
        deleted_gaps: numbers of gaps that are gone.
        runs: all runs, None where they are as they are on the disk.
        rules: number, name, count and bytes of rules, before anything is trimmed.
        trims: what to drop on the disk.
    """

    items: Sequence[Item]
    acked: tuple[int, int]
    gone: tuple[int, int]
    deleted: Sequence[tuple[int, int]]
    gaps: Sequence[Gap]
    deleted_gaps: Sequence[int]
    runs: Sequence[tuple[Any, ...]] | None
    rules: Sequence[tuple[int, str, int, int]]
    trims: Sequence[Trim]


class OutboxGroup:
    """A batch of the store.

    Args:
        link: the name of the link.
        number: random; the group after it has the next one.
        changes: what to write.
        reads: see there.
        is_first: the file was never read: there must be nothing of the link in it.
        on_written: called on the event loop with this group when it is on the disk.
        on_failed: called on the event loop when it is not.

    Attributes:
        trimmed: what was dropped on the disk.
    """

    def __init__(
        self, link: str, number: int, *, changes: Changes, reads: DiskReads, is_first: bool,
        on_written: Callable[[OutboxGroup], None],
        on_failed: Callable[[OutboxGroup, Exception], None],
    ) -> None:  # fmt: skip
        self.link, self.number, self.changes = link, number, changes
        self.trimmed: list[Trimmed] = []
        self._reads, self._is_first = reads, is_first
        self._on_written, self._on_failed = on_written, on_failed
        self._rows: list[Row] = [item.row for item in changes.items]

    def apply(self, connection: sqlite3.Connection) -> None:
        """Write it, unless that was done."""
        found = connection.execute(
            "SELECT link, last_group FROM outbox_link WHERE name = ?", (self.link,)
        ).fetchone()
        if found is not None and found[1] == self.number:
            return
        if found is not None and self._is_first:
            raise WampedgeError(f"events of the link {self.link} could not be read at the start")
        link = self._note_link(connection, None if found is None else found[0])
        base = link << LINK_BITS
        self._delete(connection, base)
        self.trimmed = [self._trim(connection, base, wanted) for wanted in self.changes.trims]
        bases = (base, base + (1 << LANE_BITS))
        connection.executemany(
            _ROW,
            [
                (bases[item.lane] + row[0], *row[1:])
                for item, row in zip(self.changes.items, self._rows, strict=True)
            ],
        )
        gaps = [*self.changes.gaps, *(gap for each in self.trimmed for gap in each.gaps)]
        connection.executemany(_GAP, [(base + gap.seq, *gap.row[1:]) for gap in gaps])
        self._note_rules(connection, link)
        if self.changes.runs is not None:
            connection.execute("DELETE FROM outbox_run WHERE link = ?", (link,))
            connection.executemany(
                "INSERT INTO outbox_run VALUES (?, ?, ?, ?, ?, ?)",
                [(link, *run) for run in self.changes.runs],
            )

    def written(self) -> None:
        """Tell the outbox."""
        self._on_written(self)

    def failed(self, error: Exception) -> None:
        """Tell the outbox."""
        self._on_failed(self, error)

    def _note_link(self, connection: sqlite3.Connection, link: int | None) -> int:
        run = connection.execute
        if link is None:
            link = run("SELECT coalesce(max(link), 0) + 1 FROM outbox_link").fetchone()[0]
        run(
            "INSERT OR REPLACE INTO outbox_link VALUES (?, ?, ?, ?, ?)",
            (link, self.link, *self.changes.acked, self.number),
        )
        return int(link)

    def _delete(self, connection: sqlite3.Connection, base: int) -> None:
        run = connection.execute
        for lane, gone in enumerate(self.changes.gone):
            start = base + (lane << LANE_BITS)
            run("DELETE FROM outbox WHERE id > ? AND id <= ?", (start, start + gone))
        run("DELETE FROM outbox_gap WHERE id > ? AND id <= ?", (base, base + self.changes.acked[0]))
        connection.executemany(
            "DELETE FROM outbox WHERE id = ?",
            [(base + (lane << LANE_BITS) + seq,) for lane, seq in self.changes.deleted],
        )
        connection.executemany(
            "DELETE FROM outbox_gap WHERE id = ?",
            [(base + seq,) for seq in self.changes.deleted_gaps],
        )

    def _trim(self, connection: sqlite3.Connection, base: int, wanted: Trim) -> Trimmed:
        floor = max(wanted.after_seq, self._reads.until_seq)
        return trim(connection, base, wanted._replace(after_seq=floor))

    def _note_rules(self, connection: sqlite3.Connection, link: int) -> None:
        rules = {rule[0]: rule for rule in self.changes.rules}
        for each in self.trimmed:
            number, name, count, size = rules[each.rule]
            count -= sum(gap.count for gap in each.gaps)
            size -= sum(gap.size for gap in each.gaps)
            rules[each.rule] = (number, name, count, size)
        connection.executemany(
            "INSERT OR REPLACE INTO outbox_rule VALUES (?, ?, ?, ?, ?)",
            [(link, *rule) for rule in rules.values()],
        )


def link_number(connection: sqlite3.Connection, name: str) -> int | None:
    """Return the number of the link *name*, None where it never wrote anything."""
    found = connection.execute("SELECT link FROM outbox_link WHERE name = ?", (name,)).fetchone()
    return None if found is None else int(found[0])
