"""Readings that nothing renews: stale after so long, once, and fresh again with the next value."""

from __future__ import annotations

import asyncio

from tests.support.virtual import virtual
from wampedge.runtime.staleness import Staleness


class Told:
    """What was said to be stale, and when."""

    def __init__(self) -> None:
        self.at: list[tuple[float, list[str]]] = []

    def __call__(self, channels: list[str]) -> None:
        self.at.append((round(asyncio.get_running_loop().time(), 6), channels))


@virtual
async def test_a_channel_that_never_had_a_value_is_stale_once() -> None:
    told = Told()
    Staleness(["a"], 5.0, told)

    await asyncio.sleep(100.0)

    assert told.at == [(5.0, ["a"])]


@virtual
async def test_each_value_puts_the_time_off_for_its_channel_only() -> None:
    told = Told()
    staleness = Staleness(["a", "b"], 5.0, told)
    for _ in range(3):
        await asyncio.sleep(2.0)
        staleness.note_fresh("a")

    await asyncio.sleep(100.0)

    assert told.at == [(5.0, ["b"]), (11.0, ["a"])]


@virtual
async def test_what_was_stale_is_watched_again_after_its_next_value() -> None:
    told = Told()
    staleness = Staleness(["a"], 5.0, told)
    await asyncio.sleep(20.0)
    staleness.note_fresh("a")
    await asyncio.sleep(20.0)

    assert told.at == [(5.0, ["a"]), (25.0, ["a"])]


@virtual
async def test_nothing_is_told_after_the_end() -> None:
    told = Told()
    staleness = Staleness(["a"], 5.0, told)
    staleness.close()

    await asyncio.sleep(20.0)

    assert told.at == []
