"""Old rows go bit by bit, so that no commit takes long, and all of them in the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.store.history_rig import DAY_S, MOVED_ROWS, Book, virtually
from wampedge.store.history_upkeep import ROW_BYTES

BOTH = ("air.t", "air.h")


def test_channels_take_turns_where_many_rows_are_too_old(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db", keep_s=DAY_S, channels=BOTH)
        for part in range(5):
            for channel in BOTH:
                book.note({part * 4_000 + second: 1.0 for second in range(4_000)}, channel)
            await book.write()
        book.now_s += 3 * DAY_S
        book.note({3 * DAY_S + second: 1.0 for second in range(MOVED_ROWS)})
        await book.write()
        assert await book.count("history") == 40_000 + MOVED_ROWS - 4 * MOVED_ROWS
        await asyncio.sleep(61)
        assert await book.count("history") == 40_000 + MOVED_ROWS - 8 * MOVED_ROWS
        await asyncio.sleep(61)
        assert await book.count("history") == MOVED_ROWS
        await book.close()

    virtually(work())


def test_a_bound_that_was_lowered_is_reached_after_a_while(tmp_path: Path) -> None:
    async def first() -> None:
        book = Book(tmp_path / "n.db")
        for part in range(5):
            book.note({part * 4_096 + second: 1.0 for second in range(4_096)})
            await book.write()
        await book.close()

    async def second() -> None:
        book = Book(tmp_path / "n.db", max_bytes=8_000 * ROW_BYTES)
        book.note({30_000: 1.0})
        await book.write()
        assert await book.count("history") == 20_481 - 4 * 1_000
        await asyncio.sleep(5 * 61)
        assert await book.count("history") == int(8_000 * 0.87)
        assert (await book.rows())[-1] == (30_000, 1.0)
        await book.close()

    virtually(first())
    virtually(second())


def test_a_size_that_is_not_true_takes_no_more_than_there_is(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db", max_bytes=40_000 * ROW_BYTES)
        book.note(dict.fromkeys(range(100), 1.0))
        await book.write()
        lie = "INSERT OR REPLACE INTO history_size VALUES (0, 10000000, 1000000000)"
        await book.store.read(lambda c: c.execute(lie))
        book.note({100 + second: 1.0 for second in range(MOVED_ROWS)})
        await book.write()
        assert await book.count("history") == 0
        await book.close()

    virtually(work())
