"""Lets go wrong in a fleet what was drawn, and writes down what was done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.errors import WampedgeError
from wampedge.simulation.fleet.faults import Fault
from wampedge.simulation.fleet.node import FleetNode
from wampedge.simulation.fleet.upstream import FleetRouter

__all__ = ["ChaosMonkey"]


class ChaosMonkey:
    """Strikes once each fault, at its time; started and closed by the fleet.

    A fault of a node that has one of the same kind, or no power, is skipped.

    Args:
        faults: what goes wrong, in the order of time.
        nodes: by number.
        router: the router, where it can die.
        on_broken: told of a node that does not start again: node, what is broken, how.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        nodes: Mapping[int, FleetNode],
        router: FleetRouter | None,
        on_broken: Callable[[FleetNode, str, str], None],
    ) -> None:
        self.done: list[Fault] = []
        """What was done, in order; what was skipped is not in it."""
        self._faults = faults
        self._nodes, self._router = nodes, router
        self._on_broken = on_broken
        self._tasks: set[asyncio.Task[None]] = set()
        self._striking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the times of the faults count from now."""
        self._striking = asyncio.get_running_loop().create_task(self._strike_all())

    async def finish(self) -> None:
        """Wait until the last fault is over."""
        if self._striking is not None:
            await self._striking
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """End everything at once."""
        tasks = [*self._tasks, *([self._striking] if self._striking is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _strike_all(self) -> None:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        for fault in self._faults:
            await asyncio.sleep(begun_s + fault.at_s - loop.time())
            self._strike(fault)

    def _strike(self, fault: Fault) -> None:
        if fault.kind == "router":
            if self._router is not None and self._router.is_up:
                self._note(fault, self._kill_router(self._router, fault.for_s))
            return
        node = self._nodes.get(fault.node)
        if node is None or not node.is_up:
            return
        if fault.kind == "clock":
            self.done.append(fault)
            node.step_clock(fault.step_s)
        elif fault.kind == "power":
            self._note(fault, self._cut_power(node, fault.for_s))
        elif not node.trouble.has("link"):
            self._note(fault, self._cut_link(node, fault))

    def _note(self, fault: Fault, work: Any) -> None:
        self.done.append(fault)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cut_link(self, node: FleetNode, fault: Fault) -> None:
        assert fault.kind in ("reset", "stall", "ghost"), "all others are no cuts"
        node.trouble.begin("link")
        node.link.cut(fault.kind)
        await asyncio.sleep(fault.for_s)
        node.link.heal()
        node.trouble.end("link")

    async def _cut_power(self, node: FleetNode, dark_s: float) -> None:
        try:
            await node.cut_power(dark_s)
        except WampedgeError as error:
            self._on_broken(node, "start", f"it does not start after a power cut: {error}")

    async def _kill_router(self, router: FleetRouter, away_s: float) -> None:
        nodes = self._nodes.values()
        for node in nodes:
            node.trouble.begin("router")
        router.die()
        for node in nodes:
            node.link.router_died()
        await asyncio.sleep(away_s)
        await router.start()
        for node in nodes:
            node.trouble.end("router")
