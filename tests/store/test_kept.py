"""Kept values: in memory at once, on disk in groups, and never a lie about what is safe."""

from __future__ import annotations

import asyncio
import logging
import resource
import sqlite3
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import turns
from wampedge.errors import AddressInUseError
from wampedge.store.database import Database, StoreError
from wampedge.store.store import Store
from wampedge_simulator.clock import run_virtual


def opened(path: Path | None) -> Store:
    store = Store(path, is_inline=True)
    store.open()
    return store


def on_disk(path: Path) -> dict[tuple[str, str], str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {(s, n): v for s, n, v in connection.execute("SELECT * FROM kept")}
    finally:
        connection.close()


def copied(folder: Path, copy: Path) -> Path:
    copy.mkdir()
    for part in folder.glob("gh1.db*"):
        (copy / part.name).write_bytes(part.read_bytes())
    return copy


def virtually(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


def test_what_is_urgent_while_a_write_is_under_way_does_not_wait_for_the_next_group(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state" / "gh1.db"

    async def work() -> None:
        store = Store(path)
        store.open()
        store.kept.of("pump").put("on", True, within_s=0.0)
        await turns(3)  # the timer, the task, the thread
        store.kept.of("pump").put("on", False, within_s=0.0)
        await asyncio.sleep(0.5)

        copy = copied(path.parent, tmp_path / "copy")
        assert on_disk(copy / path.name) == {("pump", "on"): "false"}
        await store.close()

    virtually(work())


def save(path: Path, **values: int) -> None:
    """Let a node keep *values* of the rain, and end."""

    async def node() -> None:
        store = opened(path)
        for name, value in values.items():
            store.kept.of("rain").put(name, value)
        await store.close()

    virtually(node())


def test_a_value_is_there_at_once_and_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "gh1.db"

    async def first() -> None:
        store = opened(path)
        store.kept.of("rain").put("total", 12.5)
        assert store.kept.of("rain").get("total") == 12.5
        assert store.kept.of("pump").get("total", 0) == 0
        await store.close()

    async def second() -> None:
        store = opened(path)
        assert store.kept.of("rain").get("total") == 12.5
        await store.close()

    virtually(first())
    virtually(second())


def test_a_node_that_keeps_nothing_makes_no_file(tmp_path: Path) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db")
        assert store.kept.of("rain").get("total", 3) == 3
        await store.close()

    virtually(node())

    assert list(tmp_path.iterdir()) == []


def test_values_are_written_together_when_the_most_urgent_is_due(tmp_path: Path) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db")
        store.kept.of("rain").put("total", 1, within_s=10)
        store.kept.of("pump").put("is_on", True, within_s=2)
        await asyncio.sleep(1.9)
        assert store.commits == 0
        await asyncio.sleep(0.2)
        assert store.commits == 1
        await asyncio.sleep(20)
        assert store.commits == 1
        await store.close()

    virtually(node())


def test_a_value_put_often_is_written_once_a_period(tmp_path: Path) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db")
        for count in range(100):
            store.kept.of("rain").put("total", count)
            await asyncio.sleep(1)
        assert store.commits in (9, 10)
        await store.close()

    virtually(node())


def test_the_same_value_again_writes_nothing(tmp_path: Path) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db")
        store.kept.of("pump").put("is_on", True)
        assert await store.kept.of("pump").flush()
        store.kept.of("pump").put("is_on", True)
        await asyncio.sleep(60)
        assert store.commits == 1
        await store.close()

    virtually(node())


def test_after_flush_the_value_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "gh1.db"

    async def node() -> None:
        store = opened(path)
        store.kept.of("pump").put("is_on", True, within_s=3600)
        assert await store.kept.of("pump").flush()
        copy = copied(tmp_path, tmp_path / "copy")  # what a power cut would leave
        assert on_disk(copy / "gh1.db") == {("pump", "is_on"): "true"}
        await store.close()

    virtually(node())


def test_without_a_file_nothing_is_ever_said_to_be_safe() -> None:
    async def node() -> None:
        store = opened(None)
        store.kept.of("pump").put("is_on", True)
        assert not store.is_lasting
        assert not await store.kept.of("pump").flush()
        assert store.kept.of("pump").get("is_on") is True
        await store.close()

    virtually(node())


@pytest.mark.parametrize("value", ["x" * 4096, float("nan"), {1: object()}, [[[[b"x"]]]]])
def test_what_cannot_be_kept_is_refused(tmp_path: Path, value: Any) -> None:
    async def node() -> None:
        store = opened(tmp_path / "gh1.db")
        with pytest.raises(ValueError, match=r"rain.total cannot be kept|not JSON compliant"):
            store.kept.of("rain").put("total", value)
        await store.close()

    virtually(node())


def test_a_second_node_on_one_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gh1.db"
    first = Database(path)
    try:
        with pytest.raises(AddressInUseError, match="in use by another node"):
            Database(path)
    finally:
        first.close()


def test_a_damaged_file_is_moved_aside_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gh1.db"
    path.write_bytes(b"this is no database" * 100)

    async def node() -> None:
        store = opened(path)
        store.kept.of("rain").put("total", 1)
        assert await store.flush()
        await store.close()

    with caplog.at_level(logging.ERROR):
        virtually(node())

    assert (tmp_path / "gh1.db.damaged").read_bytes().startswith(b"this is no database")
    assert on_disk(path) == {("rain", "total"): "1"}
    assert "totals begin anew" in caplog.text


def test_a_file_of_a_later_version_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gh1.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()

    async def node() -> None:
        store = opened(path)
        store.kept.of("rain").put("total", 1)
        assert not await store.flush()
        assert store.kept.of("rain").get("total") == 1
        assert not store.is_lasting
        await store.close()

    with caplog.at_level(logging.ERROR):
        virtually(node())

    assert path.read_bytes() == before
    assert "later version" in caplog.text


def test_a_full_card_is_read_and_left_alone(tmp_path: Path) -> None:
    """Opening writes nothing where there is nothing new to write."""
    path = tmp_path / "gh1.db"
    save(path, total=7)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def node() -> None:
        store = opened(path)
        assert store.kept.of("rain").get("total") == 7
        assert store.is_lasting
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        await store.close()

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
    try:
        virtually(node())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert not list(tmp_path.glob("*.damaged"))
    assert on_disk(path) == {("rain", "total"): "7"}


def test_what_a_disk_without_writes_has_lives_on_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite takes a lock, which a read-only disk refuses; a copy elsewhere can be read."""
    path = tmp_path / "card" / "gh1.db"
    save(path, total=7)
    prepare = Database._prepare

    def refusing(self: Database, tables: Sequence[str]) -> None:
        if self.path == path:
            error = sqlite3.OperationalError("attempt to write a readonly database")
            error.sqlite_errorcode = sqlite3.SQLITE_READONLY
            raise error
        prepare(self, tables)

    monkeypatch.setattr(Database, "_prepare", refusing)

    async def node() -> None:
        store = opened(path)
        assert store.kept.of("rain").get("total") == 7
        assert (store.is_lasting, store.trouble) == (
            False, f"{path}: attempt to write a readonly database"
        )  # fmt: skip
        store.kept.of("rain").put("total", 8)
        assert not await store.flush()
        await store.close()

    with caplog.at_level(logging.ERROR):
        virtually(node())

    assert "not safe, and ends with it" in caplog.text
    assert [file.name for file in path.parent.iterdir()] == ["gh1.db"]


def test_what_the_disk_refuses_is_tried_again_and_not_called_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gh1.db"
    is_full = True
    troubles: list[str | None] = []
    write = Database.write

    def refusing(self: Database, *args: Any) -> Any:
        if is_full:
            raise StoreError("disk is full")
        return write(self, *args)

    monkeypatch.setattr(Database, "write", refusing)

    async def node() -> None:
        nonlocal is_full
        store = opened(path)
        store.kept.of("rain").put("total", 7)
        assert not await store.flush()
        troubles.append(store.trouble)
        is_full = False
        await asyncio.sleep(1.5)
        troubles.append(store.trouble)
        assert await store.flush()
        await store.close()

    with caplog.at_level(logging.INFO):
        virtually(node())

    assert troubles == ["disk is full", None]
    assert on_disk(path) == {("rain", "total"): "7"}
    assert caplog.text.count("disk is full") == 1
    assert "can be written again" in caplog.text


async def test_a_value_put_on_another_thread_is_written_by_the_store_thread(
    tmp_path: Path,
) -> None:
    path = tmp_path / "gh1.db"
    store = Store(path)
    store.open()

    await asyncio.to_thread(store.kept.of("rain").put, "total", 3, within_s=0.0)
    assert await store.flush()
    await store.close()

    assert on_disk(path) == {("rain", "total"): "3"}
    await asyncio.get_running_loop().shutdown_default_executor()
