"""The store: sections written together, or not at all, and a disk that fails in every way."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from wampedge.store import database
from wampedge.store.database import Database, StoreError
from wampedge.store.store import Store
from wampedge_simulator.clock import run_virtual

TABLE = "CREATE TABLE IF NOT EXISTS notes (text TEXT PRIMARY KEY)"


class Notes:
    """A section that keeps texts."""

    tables: Sequence[str] = (TABLE,)

    def __init__(self, *texts: str) -> None:
        self.waiting = list(texts)
        self.safe: list[str] = []
        self.loaded: list[str] = []
        self.losses = 0
        self.spoil: Callable[[], object] = lambda: None

    def load(self, connection: sqlite3.Connection) -> None:
        self.loaded = [text for (text,) in connection.execute("SELECT text FROM notes")]

    def take(self) -> _Page | None:
        texts, self.waiting = self.waiting, []
        return _Page(self, texts) if texts else None

    def forget(self) -> None:
        self.losses += 1
        self.waiting, self.safe = self.safe + self.waiting, []


class _Page:
    def __init__(self, notes: Notes, texts: list[str]) -> None:
        self._notes, self._texts = notes, texts

    def apply(self, connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO notes VALUES (?)", [(text,) for text in self._texts])
        self._notes.spoil()

    def written(self) -> None:
        self._notes.safe += self._texts

    def failed(self, error: Exception) -> None:
        self._notes.waiting = self._texts + self._notes.waiting


def virtually(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


def opened(path: Path | None, *sections: Notes) -> Store:
    store = Store(path, is_inline=True)
    for section in sections:
        store.join(section)
    store.open()
    return store


def texts_in(path: Path) -> list[str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY text")]
    finally:
        connection.close()


def test_sections_are_written_with_one_commit_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "gh1.db"

    async def first() -> None:
        notes = Notes("a", "b")
        store = opened(path, notes)
        store.kept.of("rain").put("total", 1)
        assert await store.flush()
        assert (store.commits, notes.safe) == (1, ["a", "b"])
        await store.close()

    async def second() -> None:
        notes = Notes()
        store = opened(path, notes)
        assert notes.loaded == ["a", "b"]
        assert store.kept.of("rain").get("total") == 1
        await store.close()

    virtually(first())
    virtually(second())


def test_a_section_that_is_wrong_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def node() -> None:
        wrong, right = Notes("a"), Notes("b")
        wrong.spoil = lambda: int("no number")
        store = opened(tmp_path / "gh1.db", wrong, right)
        store.plan(0.0)
        assert not await store.flush()
        assert (wrong.waiting, wrong.safe, right.safe) == (["a"], [], ["b"])
        assert store.trouble is None
        await store.close()

    with caplog.at_level(logging.ERROR):
        virtually(node())

    assert texts_in(tmp_path / "gh1.db") == ["b"]
    assert "a part of what the node keeps cannot be written" in caplog.text


def test_a_text_that_is_there_already_is_the_fault_of_its_section(tmp_path: Path) -> None:
    """A broken rule of a table is no reason to open the file anew."""

    async def node() -> None:
        twice, right = Notes("a", "a"), Notes("b")
        store = opened(tmp_path / "gh1.db", twice, right)
        store.plan(0.0)
        assert not await store.flush()
        assert (store.trouble, right.safe) == (None, ["b"])
        await store.close()

    virtually(node())


def test_what_fails_on_the_disk_is_written_by_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: list[str | None] = []

    def fail() -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    async def node() -> None:
        first, second = Notes("a"), Notes("b")
        second.spoil = fail
        store = opened(tmp_path / "gh1.db", first, second)
        store.on_trouble(troubles.append)
        store.plan(0.0)
        assert not await store.flush()
        assert (first.waiting, second.waiting, store.commits) == (["a"], ["b"], 0)
        second.spoil = lambda: None
        first.waiting.append("c")
        store.plan(0.0)  # nothing comes of it before the next try is due
        await asyncio.sleep(0.9)
        assert store.commits == 0
        await asyncio.sleep(0.2)
        assert (first.safe, second.safe, store.commits) == (["a", "c"], ["b"], 1)
        await store.close()

    virtually(node())

    assert troubles == [f"{tmp_path / 'gh1.db'}: disk I/O error", None]


def test_the_pauses_between_tries_grow_to_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []

    def refusing(self: Database, batches: Any) -> Any:
        tries.append(asyncio.get_running_loop().time())
        raise StoreError("disk is full")

    monkeypatch.setattr(Database, "write", refusing)

    async def node() -> None:
        store = opened(tmp_path / "gh1.db", Notes("a"))
        store.plan(0.0)
        await asyncio.sleep(250)
        await store.close()

    virtually(node())

    pauses = [round(after - before) for before, after in pairwise(tries)]
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_file_that_is_removed_is_made_again_with_all_there_is(tmp_path: Path) -> None:
    """SQLite would go on with the file nobody can find any more, and never complain."""
    path = tmp_path / "gh1.db"

    async def node() -> None:
        notes = Notes("a")
        store = opened(path, notes)
        store.kept.of("rain").put("total", 1)
        assert await store.flush()
        path.unlink()
        notes.waiting.append("b")
        store.plan(0.0)
        assert not await store.flush()
        troubles = [store.trouble]
        await asyncio.sleep(1.1)
        troubles.append(store.trouble)
        assert (troubles, notes.losses) == ([f"{path} was removed", None], 1)
        await store.close()

    virtually(node())

    assert texts_in(path) == ["a", "b"]


def test_a_file_that_breaks_while_it_is_open_is_moved_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gh1.db"

    def fail() -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    async def node() -> None:
        notes = Notes("a")
        store = opened(path, notes)
        store.plan(0.0)
        assert await store.flush()
        notes.waiting, notes.spoil = ["b"], fail
        store.plan(0.0)
        assert not await store.flush()
        notes.spoil = lambda: None
        await asyncio.sleep(1.1)
        assert notes.safe == ["a", "b"]
        await store.close()

    with caplog.at_level(logging.ERROR):
        virtually(node())

    assert texts_in(path) == ["a", "b"]
    assert (tmp_path / "gh1.db.damaged").exists()
    assert "totals begin anew" in caplog.text


def test_a_section_that_comes_later_has_its_tables_and_what_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "gh1.db"

    async def node(*texts: str) -> list[str]:
        store = opened(path)
        store.kept.of("rain").put("total", len(texts))
        await store.flush()
        notes = Notes(*texts)
        await store.add(notes)
        store.plan(0.0)
        await store.close()
        return notes.loaded

    assert run_virtual(node("a")) == []
    assert run_virtual(node("b")) == ["a"]
    assert texts_in(path) == ["a", "b"]


def test_a_section_that_was_removed_is_asked_no_more(tmp_path: Path) -> None:
    async def node() -> None:
        notes = Notes("a")
        store = opened(tmp_path / "gh1.db", notes)
        store.remove(notes)
        store.plan(0.0)
        assert await store.flush()
        assert notes.waiting == ["a"]
        await store.close()

    virtually(node())


def test_reading_finds_what_was_written(tmp_path: Path) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db", Notes("a"))
        store.plan(0.0)
        await store.flush()
        count = await store.read(lambda c: c.execute("SELECT count(*) FROM notes").fetchone())
        assert count == (1,)
        with pytest.raises(StoreError, match="no such table: letters"):
            await store.read(lambda c: c.execute("SELECT * FROM letters"))
        await store.close()

    virtually(node())


@pytest.mark.parametrize("is_closed", [False, True])
def test_without_a_file_nothing_can_be_read(tmp_path: Path, *, is_closed: bool) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db" if is_closed else None)
        if is_closed:
            await store.close()
        with pytest.raises(StoreError, match="nothing is kept on a disk"):
            await store.read(lambda c: None)
        await store.close()

    virtually(node())


def test_what_reaches_the_card_is_counted(tmp_path: Path) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db", Notes("x" * 10_000))
        store.plan(0.0)
        await store.flush()
        assert store.bytes_written is not None, "this kernel does not count"
        assert 10_000 < store.bytes_written < 100_000
        before = store.bytes_written
        assert await store.flush()
        assert store.bytes_written == before
        await store.close()

    virtually(node())


@pytest.mark.parametrize("failing", ["state", "", ".."])
def test_a_name_that_could_not_be_made_safe_is_made_safe_with_the_next_try(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = (tmp_path / failing).resolve()
    synced: list[Path] = []

    def sync(folder: Path) -> None:
        if folder == bad and bad not in synced:
            synced.append(bad)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        synced.append(folder)

    monkeypatch.setattr(database, "_sync_folder", sync)

    async def act() -> None:
        notes = Notes("a")
        store = Store(tmp_path / "state" / "n1.db", is_inline=True)
        store.join(notes)
        store.open()
        store.plan(0.0)
        await asyncio.sleep(0.5)
        assert notes.safe == []
        await asyncio.sleep(1.0)
        assert notes.safe == ["a"]
        await store.close()

    run_virtual(act())
    assert synced.count(bad) == 2


def test_what_is_planned_while_the_disk_recovers_is_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan made in times of trouble waits for the next try; that may be under way already."""
    write, notes = Database.write, Notes("a")
    is_full = True

    def slowly(self: Database, batches: Any) -> Any:
        if is_full:
            raise StoreError("disk is full")
        answer = write(self, batches)
        if "b" not in notes.waiting + notes.safe:
            notes.waiting.append("b")
            store.plan(5.0)
        return answer

    monkeypatch.setattr(Database, "write", slowly)
    store = Store(tmp_path / "gh1.db", is_inline=True)
    store.join(notes)

    async def node() -> None:
        nonlocal is_full
        store.open()
        store.plan(0.0)
        assert not await store.flush()
        is_full = False
        await asyncio.sleep(1.5)
        assert notes.safe == ["a", "b"]
        await store.close()

    virtually(node())
