"""What an outbox reads from the file: at the start, and events that are not in memory."""

from __future__ import annotations

from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Final

from wampedge.store.outbox_entry import Row, item_of_row
from wampedge.store.outbox_gaps import Gap
from wampedge.store.outbox_group import LANE_BITS, LINK_BITS, DiskReads, link_number
from wampedge.store.outbox_lane import Handed
from wampedge.store.outbox_queue import Queue

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "MAX_HANDED_SIZE",
    "MAX_UNWRITTEN_ACK_SIZE",
    "read_rows",
    "restore",
    "restore_copy",
]

MAX_UNWRITTEN_ACK_SIZE: Final = 1_048_576
"""Bytes of events that may be upstream and the disk has not heard of; then it is told at once."""

MAX_HANDED_SIZE: Final = 1_048_576
"""Bytes that are handed out at once, but for one event that is larger."""

_CHUNK: Final = 256

_ROWS: Final = "SELECT * FROM outbox WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
_HEADS: Final = (
    "SELECT id, rule, size, time FROM outbox WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
)
_GAPS: Final = "SELECT * FROM outbox_gap WHERE id > ? AND id <= ? ORDER BY id"


def restore(connection: sqlite3.Connection, link: str, queue: Queue, may_be_upstream: int) -> None:
    """Fill an empty *queue* with what the file knows of *link*.

    The first *may_be_upstream* events count as handed out: the run before may have sent them, and
    died before it wrote that they had arrived.
    """
    number = link_number(connection, link)
    if number is None:
        return
    run, base = connection.execute, number << LINK_BITS
    acked = run("SELECT acked_0, acked_1 FROM outbox_link WHERE link = ?", (number,)).fetchone()
    queue.rules.load(
        run("SELECT number, name, count, bytes FROM outbox_rule WHERE link = ?", (number,))
    )
    for seq, *columns in run(_GAPS, (base, base + (1 << LANE_BITS))):
        queue.gaps.restore(Gap.of_row((seq - base, *columns)))
    for which, lane in enumerate(queue.lanes):
        start = base + (which << LANE_BITS)
        end = start + (1 << LANE_BITS) - 1
        last = run("SELECT max(id) FROM outbox WHERE id > ? AND id <= ?", (start, end)).fetchone()
        lane.acked = lane.handed_until = acked[which]
        lane.cold_until = 0 if last[0] is None else last[0] - start
        lane.next_seq = max(lane.acked, lane.cold_until, queue.gaps.last_seq) + 1
        heads = run(_HEADS, (start + lane.acked, end, may_be_upstream)).fetchall()
        sizes = accumulate(size for _, _, size, _ in heads)
        few = list(takewhile(lambda size: size <= 2 * MAX_UNWRITTEN_ACK_SIZE, sizes))
        for row, rule, size, time in heads[: len(few)]:
            queue.hand_out(which, row - start, Handed(rule, size, time))
        if which == 0 and len(few) < may_be_upstream and len(few) == len(heads):
            lane.handed_until = max(lane.handed_until, queue.gaps.last_seq)
        lane.cold_time = heads[-1][3] if heads else 0.0
    for rule in queue.rules:
        rule.last_seq = queue.lanes[0].next_seq - 1
    rows = run(
        "SELECT epoch, boot, first_0, first_1, base_s FROM outbox_run WHERE link = ?"
        " ORDER BY first_0, first_1, rowid",
        (number,),
    )
    queue.runs.load(rows, seqs=(queue.lanes[0].next_seq, queue.lanes[1].next_seq))


def restore_copy(connection: sqlite3.Connection, link: str, queue: Queue, max_bytes: int) -> None:
    """Take events out of a copy into a *queue* that was restored from it: it is gone afterwards.

    The disk takes no writes. What is more than *max_bytes* goes up after another start.
    """
    for rule in queue.rules:
        rule.count = rule.disk_count = rule.cold_count = rule.handed_size = 0
        rule.size = rule.disk_size = rule.cold_size = 0
        rule.wants_latest = False
    size = 0
    for which, lane in enumerate(queue.lanes):
        handed_until, lane.handed_until = lane.handed_until, lane.acked
        until, lane.cold_until = lane.cold_until, 0
        lane.handed.clear()
        after, is_all = lane.acked, False
        while not is_all and size < max_bytes:
            rows, is_all = read_rows(
                connection, link, which, after, until_seq=until, limit=_CHUNK, reads=DiskReads()
            )
            for row in rows:
                item = item_of_row(row, which)
                queue.add(item, queue.rules[item.rule])
                size, after = size + item.size, item.seq
                if item.seq <= handed_until:
                    queue.hand_out(which, item.seq, Handed(item.rule, item.size, item.time))
        lane.handed_until = handed_until


def read_rows(
    connection: sqlite3.Connection, link: str, lane: int, after_seq: int, *, until_seq: int,
    limit: int, reads: DiskReads,
) -> tuple[list[Row], bool]:  # fmt: skip
    """Return events of *link* above *after_seq*, and whether these are all up to *until_seq*.

    Runs on the thread of the store. There is one at least where there is any, however large.
    """
    number = link_number(connection, link)
    if number is None:
        return [], True
    start = (number << LINK_BITS) + (lane << LANE_BITS)
    rows: list[Row] = []
    size, is_all = 0, True
    for row in connection.execute(_ROWS, (start + after_seq, start + until_seq, limit)):
        size += row[2]
        if rows and size > MAX_HANDED_SIZE:
            is_all = False
            break
        rows.append((row[0] - start, *row[1:]))
    if lane == 0 and rows:
        reads.until_seq = max(reads.until_seq, rows[-1][0])
    return rows, is_all and len(rows) < limit
