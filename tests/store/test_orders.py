"""Orders on the disk: written before they are carried out, and found again."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.support.virtual import virtual
from wampedge.store.orders import OrderLog, WrittenOrder
from wampedge.store.store import Store

A, B = ("edge.n1.lamp.on", "anna", "k1"), ("edge.n1.lamp.on", "anna", "k2")


async def opened(path: Path) -> tuple[Store, OrderLog]:
    store = Store(path, is_inline=True)
    log = OrderLog(store)
    store.join(log)
    store.open()
    return store, log


def remove(folder: Path) -> None:
    for part in folder.glob("state.db*"):
        part.unlink()


def order(time: float, answer: str | None = None) -> WrittenOrder:
    return WrittenOrder("()", time, answer)


@virtual
async def test_an_order_that_began_is_on_the_disk_when_that_is_told(tmp_path: Path) -> None:
    store, log = await opened(tmp_path / "state.db")

    assert await log.begin(A, order(5.0))

    with sqlite3.connect(tmp_path / "copy.db") as copy:
        store._opened().read(lambda connection: connection.backup(copy))
        rows = copy.execute("SELECT key, time, answer FROM orders").fetchall()
    copy.close()
    assert rows == [("k1", 5.0, None)]
    await store.close()


@virtual
async def test_the_oldest_is_found_first_and_what_was_dropped_is_not_found(tmp_path: Path) -> None:
    store, log = await opened(tmp_path / "state.db")
    await log.begin(A, order(5.0))
    await log.begin(B, order(6.0))
    log.end(A, order(7.0, "{}"))
    await asyncio.sleep(2.0)
    await log.begin(("p", "c", "k3"), order(8.0))
    log.drop(("p", "c", "k3"))
    log.drop(("p", "c", "k4"))
    await store.close()

    store, log = await opened(tmp_path / "state.db")

    assert list(log.restored().items()) == [(B, order(6.0)), (A, order(7.0, "{}"))]
    await store.close()


@virtual
async def test_without_a_file_nothing_is_safe_and_nothing_fails() -> None:
    store = Store(None, is_inline=True)
    log = OrderLog(store)
    store.join(log)
    store.open()

    assert not await log.begin(A, order(5.0))

    await store.close()


@virtual
async def test_a_file_that_is_lost_is_written_anew(tmp_path: Path) -> None:
    store, log = await opened(tmp_path / "state.db")
    await log.begin(A, order(5.0))
    remove(tmp_path)
    await log.begin(B, order(6.0))
    await asyncio.sleep(5.0)
    await store.close()

    store, log = await opened(tmp_path / "state.db")

    assert set(log.restored()) == {A, B}
    await store.close()
