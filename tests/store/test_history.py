"""The history table: what is written when, what goes first, and what a failing disk costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.store.history_rig import ALL, DAY_S, MOVED_ROWS, NOON_S, Book, virtually
from wampedge.store.history import MAX_PENDING, QUALITIES
from wampedge.store.history_query import first_ms, read_rows
from wampedge.store.history_upkeep import ROW_BYTES, moved_rows


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
            tmp_path / "n.db", max_bytes=40_000 * ROW_BYTES, channels=("air.t", "air.h", "air.p")
        )
        book.note({-1_000 + after_s: 1.0 for after_s in range(500)}, "air.p")
        for part in range(12):
            for channel in ("air.t", "air.h"):
                begin = part * 2_100
                book.note({begin + second: 1.0 for second in range(2_100)}, channel)
            await book.write()
        assert await book.count("history") == int(40_000 * 0.87)
        assert not await book.rows("air.p")
        warm, humid = await book.rows("air.t"), await book.rows("air.h")
        assert abs(len(warm) - len(humid)) <= 4_096
        assert (warm[-1][0], humid[-1][0]) == (25_199, 25_199)
        assert len(warm) == 25_200 - warm[0][0]
        await book.close()

    virtually(work())


@pytest.mark.parametrize(
    ("channels", "max_bytes", "rows"),
    [
        (1, 1 << 28, 4_096),
        (50, 1 << 28, 8_000),
        (500, 1 << 28, 32_768),
        (50, 1 << 20, 5_041),  # an eighth of the bytes there are
        (1, 10, 1),
    ],
)
def test_so_many_rows_are_put_in_order_at_once(channels: int, max_bytes: int, rows: int) -> None:
    assert moved_rows(channels, max_bytes) == rows


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


def test_rows_are_held_while_the_disk_takes_none_and_the_oldest_go_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
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
    told = [each.message for each in caplog.records if each.name == "wampedge.store.history"]
    assert told == [
        "rows of the history are lost: the card takes none, and memory is full",
        "the history is written again; 2 rows were lost",
    ]


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


def test_rows_of_a_clock_nobody_has_set_are_dated_anew_when_it_is(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.note({-90_000: 1, -80_000: 2})  # of a run before this one
        await book.write()
        book.table.distrust_clock()
        book.note({-50_000: 3})
        await book.write()
        book.note({-49_990: 4})
        book.table.redate(10_000.0, is_set=False)  # a first guess, of whatever
        book.note({-39_980: 5})
        book.table.redate(40_000.0, is_set=True)
        book.note({30: 6})
        wanted = [(-90_000, 1), (-80_000, 2), (0, 3), (10, 4), (20, 5), (30, 6)]
        await book.write()
        assert await book.rows() == wanted
        book.table.redate(-3_600.0, is_set=True)  # a clock that was right once is taken at its word
        await book.write()
        assert await book.rows() == wanted
        await book.close()

    virtually(work())


def test_rows_the_disk_refused_meanwhile_are_dated_anew_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.write_text("no folder yet")

    async def work() -> None:
        book = Book(folder / "n.db")
        book.table.distrust_clock()
        book.note({-50_000: 1})
        book.table._turn.hurry()
        group = book.table.take()
        assert group is not None
        book.table.redate(50_000.0, is_set=True)
        group.failed(OSError("no folder"))
        folder.unlink()
        await book.write()
        assert await book.rows() == [(0, 1)]
        await book.close()

    virtually(work())


def test_provisional_rows_are_sorted_late(tmp_path: Path) -> None:
    async def work() -> None:
        book = Book(tmp_path / "n.db")
        book.table.distrust_clock()
        for part in range(3):
            book.note({-90_000 + part * 4_096 + number: number for number in range(4_096)})
            await book.write()
        assert await book.count("history") == 0
        book.table.redate(90_000.0, is_set=True)
        await book.write()
        assert await book.count("history") == 3 * 4_096
        assert (await book.rows())[0] == (0, 0)
        await book.close()

    virtually(work())
