"""Making room on the disk, a part of it at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from wampedge.store import outbox_trim
from wampedge.store.outbox_entry import Flag
from wampedge.store.outbox_group import LINK_BITS, TABLES
from wampedge.store.outbox_trim import Trim, Trimmed, trim

BASE = 1 << LINK_BITS
WANTED = Trim(
    rule=1, name="r.", after_seq=0, until_seq=1_000, size=0, oldest_time=-1.0,
    oldest_monotonic=-1.0, run_seq=1, drops_superseded=False, keeps_latest=False,
    topics=frozenset(),
)  # fmt: skip


@pytest.fixture
def disk() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for table in TABLES:
        connection.execute(table)
    yield connection
    connection.close()


def fill(disk: sqlite3.Connection, topics: str, *, rule: int = 1, first: int = 1) -> None:
    """Put events of 10 bytes on the disk, each a second after the one before."""
    row = "INSERT INTO outbox VALUES (?, ?, 10, ?, ?, ?, ?, '', 0, x'', NULL)"
    for seq, topic in enumerate(topics, first):
        disk.execute(row, (BASE + seq, rule, Flag.SYNCED, seq, seq, topic))


def left(disk: sqlite3.Connection) -> list[int]:
    return [row[0] - BASE for row in disk.execute("SELECT id FROM outbox ORDER BY id")]


def run(disk: sqlite3.Connection, **wanted: object) -> Trimmed:
    return trim(disk, BASE, WANTED._replace(**wanted))  # type: ignore[arg-type] # its own fields


def test_no_more_goes_than_has_to(disk: sqlite3.Connection) -> None:
    fill(disk, "aaaaa")

    trimmed = run(disk, size=11)

    assert left(disk) == [3, 4, 5]
    assert (trimmed.gaps[0].seq, trimmed.gaps[0].count, trimmed.searched_seq) == (2, 2, 2)


def test_what_was_handed_out_and_what_is_in_memory_stays(disk: sqlite3.Connection) -> None:
    fill(disk, "aaaaaa")

    trimmed = run(disk, size=1_000, after_seq=2, until_seq=4)

    assert left(disk) == [1, 2, 5, 6]
    assert trimmed.searched_seq == 4


def test_other_rules_pay_nothing(disk: sqlite3.Connection) -> None:
    fill(disk, "bbbb", rule=2)
    fill(disk, "aa", first=5)

    trimmed = run(disk, size=10)

    assert left(disk) == [1, 2, 3, 4, 6]
    assert trimmed.searched_seq == 5


def test_what_is_too_old_goes_and_says_why(disk: sqlite3.Connection) -> None:
    fill(disk, "aaaa")

    trimmed = run(disk, oldest_monotonic=2.5, size=30)

    assert left(disk) == [4]
    assert [(gap.reason, gap.count) for gap in trimmed.gaps] == [("age", 2), ("full", 1)]


def test_what_an_earlier_run_could_not_date_is_never_too_old(disk: sqlite3.Connection) -> None:
    fill(disk, "aaa")
    disk.execute("UPDATE outbox SET flags = 0 WHERE id = ?", (BASE + 2,))

    run(disk, oldest_time=100.0, run_seq=4)

    assert left(disk) == [2, 3]


def test_a_long_search_goes_on_with_the_next_group(
    disk: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_trim, "_SCANNED", 3)
    fill(disk, "bbbb", rule=2)
    fill(disk, "aa", first=5)

    first = run(disk, size=10)
    second = run(disk, size=10, after_seq=first.searched_seq)

    assert (first.gaps, first.searched_seq) == ([], 3)
    assert [gap.seq for gap in second.gaps] == [5]


def test_much_goes_a_part_at_a_time(
    disk: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_trim, "_DROPPED", 2)
    fill(disk, "aaaaa")

    trimmed = run(disk, size=1_000)

    assert left(disk) == [3, 4, 5]
    assert trimmed.searched_seq == 2


def test_old_values_go_before_the_latest(disk: sqlite3.Connection) -> None:
    fill(disk, "abcbd")

    trimmed = run(disk, size=20, drops_superseded=True, topics=frozenset("d"))

    assert left(disk) == [1, 3, 4]
    assert (trimmed.gaps[0].count, trimmed.gaps[0].topic, trimmed.gaps[0].seq) == (2, "", 5)


def test_newer_values_are_looked_for_behind_the_oldest_ones(
    disk: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_trim, "_CHUNK", 2)
    fill(disk, "abcba")

    trimmed = run(disk, keeps_latest=True)

    assert left(disk) == [3, 4, 5]
    assert trimmed.has_more
    assert run(disk, keeps_latest=True).kept == {"b": (4, 10, 4.0), "c": (3, 10, 3.0)}


def test_nothing_is_left_to_drop(disk: sqlite3.Connection) -> None:
    trimmed = run(disk, keeps_latest=True)

    assert (trimmed.gaps, trimmed.has_more) == ([], False)
