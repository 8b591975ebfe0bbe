"""A real node behind a line that breaks in every way, and those who use it meanwhile.

A client of the node publishes numbers all the time, another calls a device, and the line to the
router upstream does its worst. ``LINE_CUTS`` says how often it is cut, 20 times unless it is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.faults.bad_line import BadLine
from tests.support.node_process import NodeProcess
from wampedge.client import Session
from wampedge.router import RealmSettings, Router
from wampedge.server import Server, random_ids

__all__ = [
    "CUTS",
    "REALM",
    "Ears",
    "Site",
    "Trouble",
    "black_hole",
    "crawling",
    "ends",
    "flapping",
    "holding",
    "hub",
    "latency",
    "refusals",
    "resets",
    "site",
    "slices",
    "trouble_and_after",
]

CUTS = int(os.environ.get("LINE_CUTS", "20"))
REALM = "farm"
TOPIC, GAPS = "edge.t.lan.count", "edge.t.sys.gap"
SITE = """\
wampedge = 1
[node]
name = "t"
[upstream]
url = "{scheme}://127.0.0.1:{port}{path}"
realm = "farm"
reconnect = {{ min = "100ms", max = "2s" }}
forward = {{ up = ["edge.t."] }}
[devices.lamp]
driver = "led"
pin = 17
"""
_EVERY_S = 0.005
_ARRIVAL_S = 60.0
_NOISE_S = 0.03
"""What a call may take longer on a machine that others use as well."""

Trouble = Callable[[BadLine], Awaitable[None]]


class Ears:
    """Somebody at the router upstream who hears all that arrives."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.gaps = 0
        self._arrival = asyncio.Event()

    async def listen(self, session: Session) -> None:
        """Hear numbers and gaps."""
        await session.subscribe(TOPIC, self._hear)
        await session.subscribe(GAPS, self._hear_of_gap)

    async def wait_for(self, number: int) -> None:
        """Wait until *number* is there."""
        async with asyncio.timeout(_ARRIVAL_S):
            while number not in self.heard[-1000:]:
                self._arrival.clear()
                await self._arrival.wait()

    def _hear(self, number: int, **_: Any) -> None:
        self.heard.append(number)
        self._arrival.set()

    def _hear_of_gap(self, *_: Any, count: int = 0, **__: Any) -> None:
        self.gaps += count


class Site:
    """The node, its line, and those who use it all the time."""

    def __init__(self, node: NodeProcess, line: BadLine) -> None:
        self.node, self.line = node, line
        self.published = 0
        self.latencies_s: list[float] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Publish and call, without a pause."""
        self._tasks = [asyncio.ensure_future(self._publish()), asyncio.ensure_future(self._call())]

    async def end(self) -> None:
        """Publish and call no more; raises what went wrong."""
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError), f"the node stopped serving: {result}"

    async def _publish(self) -> None:
        async with await Session.connect(self.node.url("unix"), "edge") as session:
            for number in itertools.count(1):
                await session.publish(TOPIC, number)
                self.published = number
                await asyncio.sleep(_EVERY_S)

    async def _call(self) -> None:
        async with await Session.connect(self.node.url("unix"), "edge") as session:
            while True:
                began_s = time.perf_counter()
                await session.call("edge.t.lamp.get")
                self.latencies_s.append(time.perf_counter() - began_s)
                await asyncio.sleep(_EVERY_S)


@contextlib.asynccontextmanager
async def site(folder: Path, port: int, *, scheme: str = "ws") -> AsyncIterator[Site]:
    """Run a node whose router upstream is at *port*, behind a line that is good so far."""
    line = BadLine(port)
    await line.start()
    file = folder / "devices.toml"
    path = "/ws" if scheme == "ws" else ""
    file.write_text(SITE.format(scheme=scheme, port=line.own_port, path=path), encoding="utf-8")
    with contextlib.closing(NodeProcess(file, listen=("unix:",))) as node:
        await asyncio.to_thread(node.start)
        yield Site(node, line)
        assert "Traceback" not in node.log()
    await line.close()


@contextlib.asynccontextmanager
async def hub(ears: Ears | None = None) -> AsyncIterator[tuple[int, Ears]]:
    """Run a wampedge router upstream, with *ears* or others."""
    ids, ears = random_ids(), ears or Ears()
    router = Router([RealmSettings(REALM)], random_id=ids.__next__, monotonic_s=time.monotonic)
    server = Server(router, ["ws://127.0.0.1:0/ws"])
    await server.start()
    async with await Session.over(server.attach_local("ears"), REALM) as session:
        await ears.listen(session)
        yield server.addresses[0].port, ears
    await server.stop()


def p99(latencies_s: list[float]) -> float:
    return sorted(latencies_s)[int(0.99 * len(latencies_s))]


async def trouble_and_after(place: Site, ears: Ears, trouble: Trouble) -> None:
    """Let the line have its trouble, and wait until everything is upstream."""
    await place.begin()
    await ears.wait_for(1)
    await asyncio.sleep(1.0)
    quiet, place.latencies_s = place.latencies_s, []
    await trouble(place.line)
    disturbed = place.latencies_s
    await asyncio.sleep(0.5)
    await place.end()
    await ears.wait_for(place.published)

    assert p99(disturbed) < 2 * p99(quiet) + _NOISE_S, "clients of the node noticed"


async def resets(line: BadLine) -> None:
    luck = random.Random(2)
    for _ in range(CUTS):
        line.reset()
        await asyncio.sleep(luck.uniform(0.01, 0.4))


async def ends(line: BadLine) -> None:
    for _ in range(5):
        line.finish()
        await asyncio.sleep(0.3)


async def refusals(line: BadLine) -> None:
    for _ in range(3):
        await line.refuse()
        line.reset()
        await asyncio.sleep(0.7)
        await line.start()
        await asyncio.sleep(0.7)


async def flapping(line: BadLine) -> None:
    """Connections that are taken and reset at once."""
    for _ in range(40):
        line.reset()
        await asyncio.sleep(0.02)


async def holding(line: BadLine) -> None:
    for _ in range(3):
        line.hold()
        await asyncio.sleep(0.8)
        line.go_on()
        await asyncio.sleep(0.2)


async def black_hole(line: BadLine) -> None:
    """Found by our own pings after 10 to 15 s; the old connection is never told of."""
    line.hold()
    await asyncio.sleep(16.0)
    line.go_on()


async def slices(line: BadLine) -> None:
    line.slice_bytes = 1
    line.reset()
    await asyncio.sleep(2.0)
    line.slice_bytes = 16_384


async def latency(line: BadLine) -> None:
    line.latency_s = 0.5
    await asyncio.sleep(4.0)
    line.latency_s = 0.0


async def crawling(line: BadLine) -> None:
    """64 kbit/s, which is less than what is published."""
    line.rate_bps = 64_000
    await asyncio.sleep(4.0)
    line.rate_bps = None
