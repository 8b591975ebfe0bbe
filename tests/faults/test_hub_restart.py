"""A router with 200 nodes is killed and started again: all are back, and not as a herd."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import functools
import json
import sys
import time
from collections.abc import AsyncIterator

import pytest

from tests.faults.crowded_hub import REALM
from wampedge.client import Connection, Session
from wampedge.client.status import ConnectionState, ConnectionStatus

pytestmark = pytest.mark.slow

NODES = 200
NAMES = 5
BACK_WITHIN_S = 10.0
SLICE_S = 0.1


class Hub:
    """The router as a process; the same port each time."""

    def __init__(self) -> None:
        self.url = ""
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Return when it listens."""
        port = self.url.rpartition(":")[2].partition("/")[0] or "0"
        command = (sys.executable, "-m", "tests.faults.crowded_hub", port)
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None, "it is a pipe"
        self.url = json.loads(await self._process.stdout.readline())["url"]

    async def kill(self) -> None:
        """Let it be gone as by a loss of power."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()


class Crowd:
    """The nodes, each with names of its own, and when each of them tried to connect."""

    def __init__(self, url: str) -> None:
        self.tries_s: list[float] = []
        self._joined: dict[int, bool] = {}
        self._all_lost = asyncio.Event()
        self._enough, self._is_enough = 0, asyncio.Event()
        self._nodes = [Connection(url, REALM) for _ in range(NODES)]
        for number, node in enumerate(self._nodes):
            node.on_status(functools.partial(self._note, number))
            for name in range(NAMES):
                node.register(f"edge.n{number}.p{name}", lambda answer=number: answer)

    async def join(self) -> None:
        """Return when each has all its names."""
        for node in self._nodes:
            node.start()
        await self.back()

    async def back(self) -> None:
        """Wait until each has all its names, once it is joined."""
        await asyncio.gather(*(self._restored(node) for node in self._nodes))

    async def lost(self) -> None:
        """Wait until none is joined."""
        await self._all_lost.wait()

    async def tried(self, count: int) -> None:
        """Wait for so many further tries to connect, all of them in vain."""
        self._enough = len(self.tries_s) + count
        self._is_enough.clear()
        await self._is_enough.wait()

    async def stop(self) -> None:
        """Leave."""
        await asyncio.gather(*(node.stop() for node in self._nodes))

    def _note(self, number: int, status: ConnectionStatus) -> None:
        if status.state is ConnectionState.CONNECTING:
            self.tries_s.append(time.monotonic())
            if len(self.tries_s) >= self._enough:
                self._is_enough.set()
        self._joined[number] = status.state is ConnectionState.JOINED
        if not any(self._joined.values()):
            self._all_lost.set()
        else:
            self._all_lost.clear()

    @staticmethod
    async def _restored(node: Connection) -> None:
        await node.wait_joined()
        await node.wait_restored()


@contextlib.asynccontextmanager
async def hub_and_crowd() -> AsyncIterator[tuple[Hub, Crowd]]:
    """Give a router with all nodes joined."""
    hub = Hub()
    await hub.start()
    crowd = Crowd(hub.url)
    try:
        await crowd.join()
        yield hub, crowd
    finally:
        await crowd.stop()
        await hub.kill()


async def test_two_hundred_nodes_are_back_within_ten_seconds_and_not_at_once() -> None:
    async with hub_and_crowd() as (hub, crowd):
        await hub.kill()
        await crowd.lost()
        await crowd.tried(3 * NODES)
        await hub.start()
        crowd.tries_s.clear()
        started_s = time.monotonic()
        await crowd.back()
        took_s = time.monotonic() - started_s
        tries = list(crowd.tries_s)
        async with await Session.connect(hub.url, REALM) as guest:
            answers = [
                (await guest.call(f"edge.n{number}.p{name}")).args[0]
                for number in range(NODES)
                for name in range(NAMES)
            ]

    in_slice = collections.Counter(int((at_s - started_s) / SLICE_S) for at_s in tries)
    figures = f"{took_s:.1f} s, {len(tries)} tries, {max(in_slice.values())} in {SLICE_S} s"
    assert took_s < BACK_WITHIN_S, figures
    assert answers == [number for number in range(NODES) for _ in range(NAMES)]
    # A herd is all 200 in one slice of a tenth of a second, or tries without end.
    assert max(in_slice.values()) < NODES // 2, figures
    assert len(tries) < 5 * NODES, figures
