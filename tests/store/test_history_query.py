"""Rows and buckets of a span, wherever they are: sorted, recent, or in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.store.history_rig import NOON_S, Book, virtually
from tests.support.turns import until
from wampedge.store.history_query import Bucket, Sample, Span, read_buckets, read_rows


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


def test_a_bucket_with_more_rows_than_a_turn_is_one_bucket(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        for part in range(15):
            book.note({part * 4_096 + number: 1.0 for number in range(4_096)})
            await book.write()
        span = Span(1_000 * int(NOON_S), 2**53)

        buckets, _ = await read_buckets(book.table, "air.t", span, 366 * 86_400_000, 10)

        assert [bucket.numbers for bucket in buckets] == [15 * 4_096]
        await book.close()

    virtually(work())


async def test_a_query_waits_for_the_write_under_way(tmp_path: Path) -> None:
    book = Book(tmp_path / "n.db")
    book.store._is_inline = False  # the thread of the store, as on a board
    book.note({0: 1.0})
    book.table._turn.hurry()
    writing = asyncio.ensure_future(book.store.flush())
    await until(lambda: book.table._group_ended is not None)

    rows = await book.rows()

    assert rows == [(0, 1.0)]
    assert await writing
    await book.close()


async def test_a_write_that_waited_for_a_query_goes_before_the_next(tmp_path: Path) -> None:
    book = Book(tmp_path / "n.db")
    book.note({0: 1.0})
    async with book.table.at_rest("air.t"):
        book.table._turn.hurry()
        await book.store.flush()
        assert book.store.commits == 0
        following = asyncio.ensure_future(book.rows())
        await asyncio.sleep(0)

    assert await following == [(0, 1.0)]
    assert book.store.commits == 1
    await book.close()
