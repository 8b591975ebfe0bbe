"""A router that starts again under 200 nodes, in virtual time: who comes back when."""

from __future__ import annotations

import asyncio
import collections
import functools
import random

from wampedge.client import Connection
from wampedge.simulation.fleet.upstream import FleetRouter
from wampedge.transports.base import Transport
from wampedge_simulator.clock import run_virtual

NODES = 200
NAMES = 2
DOWN_S = 20.0


class Return:
    """One restart, and what the nodes did meanwhile."""

    def __init__(self, seed: int) -> None:
        self._luck = random.Random(seed)
        self._router = FleetRouter("edge")
        self.tries_s: list[float] = []
        self.up_s = self.back_s = 0.0

    async def run(self) -> None:
        """Let the router die, and wait until each node has its names again."""
        loop = asyncio.get_running_loop()
        await self._router.start()
        nodes = [self._node(number) for number in range(NODES)]
        await self._all_back(nodes)
        await asyncio.sleep(10.0)
        self._router.die()
        await asyncio.sleep(DOWN_S)
        self.tries_s.clear()
        self.up_s = loop.time()
        await self._router.start()
        await self._all_back(nodes)
        self.back_s = loop.time() - self.up_s
        await asyncio.gather(*(node.stop() for node in nodes))
        await self._router.stop()

    def in_slices(self, slice_s: float) -> collections.Counter[int]:
        """Return how many tried to connect in each slice since the router was up."""
        return collections.Counter(int((at_s - self.up_s) / slice_s) for at_s in self.tries_s)

    def _node(self, number: int) -> Connection:
        node = Connection(self._open, "edge", random=self._luck.random)
        for name in range(NAMES):
            node.register(f"edge.n{number}.p{name}", lambda: None)
        node.start()
        return node

    async def _open(self) -> Transport:
        self.tries_s.append(asyncio.get_running_loop().time())
        return await self._router.open()

    @staticmethod
    async def _all_back(nodes: list[Connection]) -> None:
        for node in nodes:
            await node.wait_joined()
            await node.wait_restored()


def restarted(seed: int) -> Return:
    """Return what became of one restart."""
    story = Return(seed)
    run_virtual(story.run())
    return story


@functools.cache
def told() -> Return:
    """Return a restart that several tests look at."""
    return restarted(1)


def test_all_nodes_are_back_a_second_after_their_router() -> None:
    story = told()

    # Refused tries come at most 0.7 s after each other, so each node has tried once by then.
    assert 0.0 < story.back_s <= 0.7 + 0.1
    assert len(story.tries_s) == NODES


def test_nodes_do_not_come_back_as_a_herd() -> None:
    most = max(told().in_slices(0.1).values())

    # The waits are spread over 0.7 s: 200 tries in 7 slices, more of them in the first ones,
    # where a herd would be all 200 in one.
    assert most < 80


def test_who_comes_back_when_is_the_same_from_the_same_seed() -> None:
    assert restarted(1).tries_s == told().tries_s
    assert restarted(2).tries_s != told().tries_s
