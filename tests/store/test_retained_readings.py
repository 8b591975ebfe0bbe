"""Last values: written once in a while, and never lost to what others write sooner."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from wampedge.devices.readings import Reading
from wampedge.store.retained_readings import RetainedReadings
from wampedge.store.store import Store
from wampedge_simulator.clock import run_virtual


def virtually(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


def opened(path: Path) -> tuple[Store, RetainedReadings]:
    store = Store(path, is_inline=True)
    readings = RetainedReadings(store, 60.0)
    store.join(readings)
    store.open()
    return store, readings


def reading(value: Any, time: float = 1_700_000_000.0) -> Reading:
    return Reading(value, "°C", time, 7)


def values(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return dict(connection.execute("SELECT channel, value FROM last_reading"))
    finally:
        connection.close()


async def live(store: Store) -> dict[str, str]:
    """Return the same while the node has the file."""
    query = "SELECT channel, value FROM last_reading"
    return await store.read(lambda connection: dict(connection.execute(query)))


async def closed(store: Store, readings: RetainedReadings) -> None:
    readings.finish()
    await store.close()


@pytest.mark.parametrize("value", [21.5, 3, True, "open", "grün", "a\ud800b"])
def test_a_value_comes_back_as_the_last_of_a_stale_reading(tmp_path: Path, value: Any) -> None:
    async def first() -> None:
        store, readings = opened(tmp_path / "n.db")
        readings.note("air", "t", reading(value))
        readings.note("air", "t", Reading(None, "°C", 1_700_000_009.0, 8, "bad", "no answer"))
        await closed(store, readings)

    async def second() -> None:
        store, readings = opened(tmp_path / "n.db")
        stale = Reading(None, "°C", 1_700_000_000.0, 0, "stale", "from before the restart", value)
        assert readings.of("air") == {"t": stale}
        assert type(readings.of("air")["t"].last) is type(value)
        assert readings.of("lamp") == {}
        await closed(store, readings)

    virtually(first())
    virtually(second())


def test_readings_go_along_with_others_in_the_second_half_of_their_time(tmp_path: Path) -> None:
    async def work() -> None:
        store, readings = opened(tmp_path / "n.db")
        readings.note("air", "t", reading(1.0))
        await asyncio.sleep(10)
        store.kept.of("pump").put("on", True, within_s=0.0)
        await asyncio.sleep(1)
        assert await live(store) == {}
        await asyncio.sleep(30)
        store.kept.of("pump").put("on", False, within_s=0.0)
        await asyncio.sleep(1)
        assert await live(store) == {"t": "1.0"}
        await asyncio.sleep(60)
        assert store.commits == 2
        await closed(store, readings)

    virtually(work())


def test_what_others_write_early_does_not_put_readings_off(tmp_path: Path) -> None:
    async def work() -> None:
        store, readings = opened(tmp_path / "n.db")
        readings.note("air", "t", reading(1.0))
        store.kept.of("pump").put("on", True, within_s=5.0)
        await asyncio.sleep(59.9)
        assert await live(store) == {}
        await asyncio.sleep(0.2)
        assert await live(store) == {"t": "1.0"}
        await closed(store, readings)

    virtually(work())


def test_channels_that_are_gone_are_forgotten_on_disk(tmp_path: Path) -> None:
    async def first() -> None:
        store, readings = opened(tmp_path / "n.db")
        readings.note("air", "t", reading(1.0))
        readings.note("air", "h", reading(2.0))
        await closed(store, readings)

    async def second() -> None:
        store, readings = opened(tmp_path / "n.db")
        readings.keep_only([("air", "h"), ("air", "p")])
        await closed(store, readings)

    virtually(first())
    virtually(second())

    assert values(tmp_path / "n.db") == {"h": "2.0"}


def test_a_row_that_makes_no_sense_is_as_if_there_were_none(tmp_path: Path) -> None:
    path = tmp_path / "n.db"

    async def first() -> None:
        store, readings = opened(path)
        readings.note("air", "t", reading(1.0))
        readings.note("air", "h", reading(2.0))
        await closed(store, readings)

    async def second() -> None:
        store, readings = opened(path)
        assert list(readings.of("air")) == ["h"]
        await closed(store, readings)

    virtually(first())
    connection = sqlite3.connect(path)
    connection.execute("UPDATE last_reading SET value = '{' WHERE channel = 't'")
    connection.commit()
    connection.close()
    virtually(second())


def test_what_the_disk_refuses_is_written_later(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.write_text("no folder yet")

    async def work() -> None:
        store, readings = opened(folder / "n.db")
        readings.note("air", "t", reading(1.0))
        await asyncio.sleep(61)
        assert store.trouble is not None
        readings.note("air", "h", reading(2.0))
        folder.unlink()
        await asyncio.sleep(10)
        assert await live(store) == {"t": "1.0", "h": "2.0"}
        await closed(store, readings)

    virtually(work())


def test_a_file_that_was_removed_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "n.db"

    async def work() -> None:
        store, readings = opened(path)
        readings.note("air", "t", reading(1.0))
        await asyncio.sleep(61)
        remove_all(tmp_path)
        readings.note("air", "h", reading(2.0))
        await asyncio.sleep(130)
        assert await live(store) == {"t": "1.0", "h": "2.0"}
        await closed(store, readings)

    virtually(work())


def remove_all(folder: Path) -> None:
    for part in folder.iterdir():
        part.unlink()


def test_what_is_wrong_in_itself_is_not_tried_without_pause(tmp_path: Path) -> None:
    async def work() -> None:
        store, readings = opened(tmp_path / "n.db")
        readings.note("air", "t", Reading(1.0, object(), 0.0, 1))  # type: ignore[arg-type] # a bug
        await asyncio.sleep(59)
        store.kept.of("pump").put("on", True, within_s=0.0)
        await asyncio.sleep(30)
        assert store.commits == 1
        readings.note("air", "t", reading(2.0))
        await asyncio.sleep(61)
        assert await live(store) == {"t": "2.0"}
        await closed(store, readings)

    virtually(work())
