"""A router upstream in the process of a test, which remembers what came."""

from __future__ import annotations

import asyncio
import time

from wampedge.client import Session
from wampedge.router import RealmSettings, Router
from wampedge.server import Server, random_ids

__all__ = ["Hub"]

_ARRIVAL_S = 30.0


class Hub:
    """A router, and somebody there who hears everything.

    Args:
        url: where it listens.
        topic: what is heard, numbers.
    """

    def __init__(self, url: str, topic: str) -> None:
        ids = random_ids()
        router = Router([RealmSettings("farm")], random_id=ids.__next__, monotonic_s=time.monotonic)
        self._server = Server(router, [url])
        self.heard: list[int] = []
        self._topic = topic
        self._arrival = asyncio.Event()

    async def start(self) -> None:
        """Listen."""
        self._ears = await Session.over(self._server.attach_local("ears"), "farm")
        await self._ears.subscribe(self._topic, self._hear)
        await self._server.start()

    async def stop(self) -> None:
        """Be gone."""
        await self._ears.leave()
        await self._server.stop()

    async def wait_for(self, number: int) -> None:
        """Wait until *number* is there."""
        async with asyncio.timeout(_ARRIVAL_S):
            while not self.heard or self.heard[-1] < number:
                self._arrival.clear()
                await self._arrival.wait()

    def _hear(self, value: int, **_: object) -> None:
        self.heard.append(value)
        self._arrival.set()
