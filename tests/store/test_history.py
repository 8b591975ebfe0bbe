"""The history table: what is written when, what goes first, and what a failing disk costs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from wampedge.store.history import MAX_PENDING, QUALITIES, HistoryTable
from wampedge.store.history_query import Bucket, Sample, Span, first_ms, read_buckets, read_rows
from wampedge.store.history_upkeep import MOVED_ROWS, ROW_BYTES
from wampedge.store.store import Store
from wampedge_simulator.clock import run_virtual

ALL = Span(0, 2**53)
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


def test_rows_are_there_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async def first() -> None:
        book = Book(tmp_path / "n.db")
        book.note({0: 21.5, 10: 22, 20: None, 30: True, 40: "open"})
        assert await book.rows() == [(0, 21.5), (10, 22), (20, None), (30, True), (40, "open")]
        await book.close()

    async def second() -> None:
        book = Book(tmp_path / "n.db")
        assert await book.rows() == [(0, 21.5), (10, 22), (20, None), (30, 1), (40, "open")]
        book.note({50: 23.0})
        assert (await book.rows())[-2:] == [(40, "open"), (50, 23.0)]
        await book.close()

    virtually(first())
    virtually(second())


def test_qualities_are_kept(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        for after_s, quality in enumerate(QUALITIES):
            book.table.note("air.t", NOON_S + after_s, 1.0, quality)
        await book.write()
        rows, _ = await read_rows(book.table, "air.t", ALL, 10, is_newest=False)
        assert [row.quality for row in rows] == [0, 1, 2, 3]
        await book.close()

    virtually(work())


def test_a_row_is_on_disk_within_its_time_and_not_with_each_write_of_others(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({0: 1.0})
        book.store.kept.of("pump").put("on", True, within_s=1.0)
        await asyncio.sleep(2)
        assert book.store.commits == 1
        assert await book.count("history_recent") == 0
        await asyncio.sleep(58.1)
        assert book.store.commits == 2
        assert await book.count("history_recent") == 1
        await book.close()

    virtually(work())


def test_a_node_without_rows_makes_no_file(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        assert await book.rows() == []
        assert await first_ms(book.table, "air.t") is None
        await book.close()

    virtually(work())

    assert list(tmp_path.iterdir()) == []


def test_recent_rows_are_put_in_order_when_there_are_enough(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db", channels=("air.t", "air.h"))
        for after_s in range(MOVED_ROWS // 2 - 1):
            book.note({after_s: after_s})
            book.note({after_s: -after_s}, "air.h")
        await book.write()
        assert await book.count("history") == 0
        book.note({5000: 5000})
        book.note({5000: -5000}, "air.h")
        await book.write()
        assert await book.count("history_recent") == 0
        assert await book.count("history") == MOVED_ROWS
        assert (await book.rows("air.h"))[-2:] == [(2046, -2046), (5000, -5000)]
        await book.close()

    virtually(work())


def test_four_thousand_rows_do_not_wait_for_their_minute(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note(dict.fromkeys(range(5_000), 1.0))
        await asyncio.sleep(0.1)
        assert book.store.commits == 1
        await book.close()

    virtually(work())


def test_rows_of_one_moment_keep_their_order(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        for value in (1, 2, 3):
            book.note({0: value})
        book.note({-5: 4})  # a clock that was set right, by 5 s
        await book.write()
        assert await book.rows() == [(0, 1), (0.001, 2), (0.002, 3), (0.003, 4)]
        await book.close()

    virtually(work())


def test_a_clock_that_was_set_back_is_taken_at_its_word(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({0: 1, 10: 2})
        book.note({-3600: 3, -3590: 4})
        await book.write()
        assert await book.rows() == [(-3600, 3), (-3590, 4), (0, 1), (10, 2)]
        await book.close()

    virtually(work())


def test_rows_older_than_their_channel_keeps_are_removed(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db", keep_s=DAY_S, channels=("air.t", "air.h"))
        book.table.keep({"air.t": DAY_S, "air.h": 3 * DAY_S})
        for channel in ("air.t", "air.h"):
            book.note({-2 * DAY_S + after_s: after_s for after_s in range(100)}, channel)
            book.note({-100 + after_s: after_s for after_s in range(2_000)}, channel)
        await book.write()
        assert await book.count("history") == 100 + 2 * 2_000
        assert book.table.oldest_ms("air.t") == 1_000 * (NOON_S - DAY_S)
        assert await first_ms(book.table, "air.t") == 1_000 * (NOON_S - 100)
        assert await first_ms(book.table, "air.h") == 1_000 * (NOON_S - 2 * DAY_S)
        await book.close()

    virtually(work())


def test_a_great_many_old_rows_are_removed_bit_by_bit(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        for part in range(5):
            book.note({part * 5_000 + second: 1.0 for second in range(5_000)})
            await book.write()
        assert await book.count("history") == 25_000
        book.now_s = NOON_S + 366 * DAY_S
        book.note({366 * DAY_S + second: 1.0 for second in range(MOVED_ROWS)})
        await book.write()
        assert await book.count("history") == 25_000 - 4 * MOVED_ROWS + MOVED_ROWS
        await asyncio.sleep(61)  # what is left is done without new rows, too
        assert await book.count("history") == MOVED_ROWS
        await book.close()

    virtually(work())


def test_the_oldest_of_all_channels_go_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(
            tmp_path / "n.db", max_bytes=5_000 * ROW_BYTES, channels=("air.t", "air.h", "air.p")
        )
        book.note({-1_000 + after_s: 1.0 for after_s in range(500)}, "air.p")
        for part in range(4):
            for channel in ("air.t", "air.h"):
                book.note({part * 1_000 + second: 1.0 for second in range(1_000)}, channel)
            await book.write()
        await book.write()
        left = await book.count("history") + await book.count("history_recent")
        assert 4_800 <= left <= 5_000
        assert not await book.rows("air.p")
        warm, humid = await book.rows("air.t"), await book.rows("air.h")
        assert abs(len(warm) - len(humid)) <= 240
        assert (warm[-1][0], humid[-1][0]) == (3_999, 3_999)
        assert len(warm) == 4_000 - warm[0][0]
        await book.close()

    virtually(work())


def test_long_texts_count_with_their_length(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db", max_bytes=200 * (ROW_BYTES + 1_000))
        for second in range(400):
            book.note({second: "x" * 1_000})
            if second % 50 == 49:
                await book.write()
        rows = await book.rows()
        assert 150 <= len(rows) <= 200
        assert rows[-1][0] == 399
        await book.close()

    virtually(work())


def test_a_channel_of_another_file_goes_with_its_last_row(tmp_path: Path) -> None:
    async def first() -> None:
        book = Book(tmp_path / "n.db", keep_s=DAY_S)
        book.note({0: 1.0})
        await book.close()

    async def second() -> None:
        book = Book(tmp_path / "n.db", keep_s=DAY_S, channels=("air.h",))
        book.now_s = NOON_S + 2 * DAY_S
        for _ in range(2):  # the rows first, and the channel with the next that are moved
            book.note({2 * DAY_S + second: 1.0 for second in range(MOVED_ROWS)}, "air.h")
            await book.write()
        names = await book.store.read(
            lambda c: [name for (name,) in c.execute("SELECT name FROM history_channel")]
        )
        assert names == ["air.h"]
        await book.close()

    virtually(first())
    virtually(second())


def test_rows_are_held_while_the_disk_takes_none_and_the_oldest_go_first(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.write_text("no folder yet")

    async def work() -> None:
        book = Book(folder / "n.db")
        book.note(dict.fromkeys(range(MAX_PENDING), 1.0))
        await asyncio.sleep(61)
        assert book.store.trouble is not None
        book.note({MAX_PENDING: 2.0, MAX_PENDING + 1: 3.0})
        assert book.table.dropped == 2
        folder.unlink()
        await asyncio.sleep(61)
        rows = await book.rows()
        assert len(rows) == MAX_PENDING
        assert (rows[0], rows[-1]) == ((2, 1.0), (MAX_PENDING + 1, 3.0))
        await book.close()

    virtually(work())


def test_long_texts_fill_no_memory_while_the_disk_takes_none(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(None)
        for second in range(100):
            book.note({second: "x" * 65_536})
        rows = await book.rows()
        assert [row[0] for row in rows] == list(range(68, 100))  # 32 times 64 KiB
        assert book.table.dropped == 68
        await book.close()

    virtually(work())


def test_a_file_that_was_removed_begins_anew_with_what_is_in_memory(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({0: 1.0})
        await book.write()
        for part in list(folder_of(tmp_path)):
            part.unlink()
        book.note({10: 2.0})
        book.table._turn.hurry()
        await asyncio.sleep(10)
        assert book.store.trouble is None
        assert await book.rows() == [(10, 2.0)]
        await book.close()

    virtually(work())


def folder_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def test_text_no_disk_can_take_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({0: "a\ud800b"})
        await book.write()
        assert await book.rows() == [(0, "a?b")]
        await book.close()

    virtually(work())


@pytest.mark.parametrize("is_written", [False, True])
async def test_what_is_written_meanwhile_is_counted_once(tmp_path: Path, is_written: bool) -> None:
    book = Book(tmp_path / "n.db")
    book.store._is_inline = False  # the thread of the store, as on a board
    book.note({0: 1.0, 1: 2.0})
    if is_written:
        await book.write()
        book.note({2: 3.0})

    async with book.table.at_rest("air.t") as (number, pending):
        assert (number is None) is not is_written
        book.table._turn.hurry()
        assert await book.store.flush()
        assert [row[2] for row in pending] == ([3.0] if is_written else [1.0, 2.0])
        assert book.table.take() is None
    rows = await book.rows()

    assert [value for _, value in rows] == [1.0, 2.0, 3.0][: 3 if is_written else 2]
    assert await book.count("history_recent") == len(rows)
    await book.close()


def test_the_newest_or_the_oldest_rows_of_a_span(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({second: second for second in range(4_096)})
        await book.write()
        book.note({second: second for second in range(4_096, 4_100)})
        await book.write()
        book.note({second: second for second in range(4_100, 4_104)})
        span = Span(1_000 * (int(NOON_S) + 4_090), 1_000 * (int(NOON_S) + 4_102))

        async def values(limit: int, *, is_newest: bool) -> tuple[list[Any], bool]:
            rows, has_more = await read_rows(book.table, "air.t", span, limit, is_newest=is_newest)
            assert all(isinstance(row, Sample) for row in rows)
            return [row.value for row in rows], has_more

        assert await values(12, is_newest=False) == (list(range(4_090, 4_102)), False)
        assert await values(11, is_newest=False) == (list(range(4_090, 4_101)), True)
        assert await values(3, is_newest=True) == ([4_099, 4_100, 4_101], True)
        await book.close()

    virtually(work())


def test_buckets_sum_up_what_is_sorted_recent_and_in_memory(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({second: second for second in range(-4_000, 96)})
        await book.write()
        book.note({96: 1_000})
        await book.write()
        book.note({97: "text", 98: -1_000, 100: None})

        span = Span(1_000 * (int(NOON_S) + 40), 2**53)
        buckets, has_more = await read_buckets(book.table, "air.t", span, 60_000, 10)

        # Noon is 20 s after a full minute: the first bucket holds the seconds from 40 to 99.
        begin = 1_000 * (int(NOON_S) + 40)
        assert buckets == [Bucket(begin, -1_000, sum(range(40, 96)), 1_000, 58)]
        assert not has_more
        await book.close()

    virtually(work())


def test_buckets_without_a_number_are_left_out_and_many_come_in_turns(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({10 * number: number for number in range(4_096)})
        await book.write()
        span = Span(1_000 * int(NOON_S), 2**53)

        buckets, has_more = await read_buckets(book.table, "air.t", span, 1_000, 2_000)

        assert has_more
        assert [bucket.time_ms for bucket in buckets[:2]] == [
            1_000 * int(NOON_S),
            1_000 * int(NOON_S) + 10_000,
        ]
        assert [bucket.least for bucket in buckets] == list(range(2_000))
        await book.close()

    virtually(work())
