"""Units of work for a bus worker, and a gate that holds a unit's thread.

Who opens the worker closes it: ``async with worker() as bus``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from wampedge.devices.worker import BusWorker, pause
from wampedge_simulator.clock import SimulatedClock

__all__ = ["FAR_S", "Gate", "LongPause", "returning", "worker"]

FAR_S = 60.0


@asynccontextmanager
async def worker(*, inline: bool = False, queue_limit: int = 32) -> AsyncIterator[BusWorker]:
    made = BusWorker("i2c1", SimulatedClock(), inline=inline, queue_limit=queue_limit)
    try:
        yield made
    finally:
        await made.close()


def returning(value: Any) -> Callable[[], Awaitable[Any]]:
    async def unit() -> Any:
        return value

    return unit


class Gate:
    """A place in a unit where its thread stands until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self._open = threading.Event()
        self._loop = asyncio.get_running_loop()

    def hang(self) -> None:
        self._loop.call_soon_threadsafe(self._reached.set)
        assert self._open.wait(FAR_S)

    async def reached(self) -> None:
        await self._reached.wait()

    def open(self) -> None:
        self._open.set()


class LongPause:
    """A unit that pauses for 10 s, and tells when it has ended, closed or not."""

    has_ended = False

    async def __call__(self) -> None:
        try:
            await pause(10)
        finally:
            self.has_ended = True
