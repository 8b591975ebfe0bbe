"""Which marked events came: on disk a little later, and known to the next router."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.support.virtual import virtual
from wampedge.router.deduplication import Stream
from wampedge.store.marks import StreamMarks
from wampedge.store.store import Store

ONE = Stream("authid:gh1", "gh1", 0xFFFF_FFFF_FFFF_FFFE, 0)
TWO = Stream("authid:gh2", "gh2", 1, 1)


async def opened(path: Path) -> tuple[Store, StreamMarks]:
    store = Store(path, is_inline=True)
    marks = StreamMarks(store)
    store.join(marks)
    store.open()
    return store, marks


async def close(store: Store, marks: StreamMarks) -> None:
    marks.finish()
    await store.close()


@virtual
async def test_the_next_router_knows_how_far_streams_were(tmp_path: Path) -> None:
    store, marks = await opened(tmp_path / "state.db")
    for stream, seq, seen in ((ONE, 1, 1), (TWO, 7, 2**256 - 3), (ONE, 2, 2)):
        marks.write(stream, seq, seen)
    await close(store, marks)

    store, marks = await opened(tmp_path / "state.db")

    assert list(marks.restored()) == [(TWO, 7, 2**256 - 3), (ONE, 2, 2)]
    await close(store, marks)


@virtual
async def test_many_changes_are_one_write_after_ten_seconds(tmp_path: Path) -> None:
    store, marks = await opened(tmp_path / "state.db")
    for seq in range(1, 10):
        marks.write(ONE, seq, 1)
        await asyncio.sleep(1.0)
    assert store.commits == 0

    await asyncio.sleep(2.0)

    assert store.commits == 1
    await close(store, marks)
    assert store.commits == 1


@virtual
async def test_a_stream_that_is_forgotten_is_gone_from_the_disk(tmp_path: Path) -> None:
    store, marks = await opened(tmp_path / "state.db")
    marks.write(ONE, 1, 1)
    await asyncio.sleep(11.0)
    marks.forget_stream(ONE)
    marks.write(TWO, 1, 1)
    await close(store, marks)

    store, marks = await opened(tmp_path / "state.db")

    assert list(marks.restored()) == [(TWO, 1, 1)]
    await close(store, marks)


class Broken(Exception):  # noqa: N818 # what a test breaks with
    """A write that fails."""


@virtual
async def test_what_could_not_be_written_is_written_again(tmp_path: Path) -> None:
    store, marks = await opened(tmp_path / "state.db")
    marks.write(ONE, 1, 1)
    marks.write(TWO, 1, 1)
    await asyncio.sleep(9.0)
    await asyncio.sleep(0.0)
    marks.write(ONE, 2, 1)
    await asyncio.sleep(0.0)
    marks._turn.hurry()  # so that the group is due
    group = marks.take()
    assert group is not None
    marks.write(TWO, 5, 1)

    group.failed(Broken())

    await close(store, marks)
    store, marks = await opened(tmp_path / "state.db")
    assert sorted(marks.restored()) == [(ONE, 2, 1), (TWO, 5, 1)]
    await close(store, marks)


@virtual
async def test_a_file_that_is_lost_is_written_anew(tmp_path: Path) -> None:
    store, marks = await opened(tmp_path / "state.db")
    marks.forget()
    marks.write(ONE, 1, 1)
    await asyncio.sleep(11.0)
    marks.forget()
    await close(store, marks)

    with sqlite3.connect(tmp_path / "state.db") as connection:
        rows = connection.execute("SELECT node, epoch, seq, seen FROM streams").fetchall()
    connection.close()

    assert rows == [("gh1", "18446744073709551614", 1, "1")]


def test_nothing_to_write_is_no_group() -> None:
    assert StreamMarks(Store(None, is_inline=True)).take() is None
