"""One timer for all polls of a node.

A timer and a task for each sensor cost several times what one shared timer costs, and reads that
fall due together could not share a trip to the worker of their bus.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable

__all__ = ["Poller"]

TICK_S = 0.002
"""Polls due within this time of each other are handed out together."""


class Poller:
    """Keeps one due time for each name and hands out all names that are due, in one call.

    Lives on the event loop that runs when ``schedule`` is called first; ``close`` ends it.

    Args:
        on_due: called with the names due now, in order of their due time.
    """

    def __init__(self, on_due: Callable[[list[str]], None]) -> None:
        self._on_due = on_due
        self._due_by_name: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self, name: str, at_s: float) -> None:
        """Make *name* due at *at_s* (time of the event loop), in place of any earlier plan."""
        self._due_by_name[name] = at_s
        heapq.heappush(self._heap, (at_s, name))
        if self._heap[0] == (at_s, name):
            self._arm()

    def cancel(self, name: str) -> None:
        """Forget *name*; unknown names are ignored."""
        self._due_by_name.pop(name, None)

    def close(self) -> None:
        """Forget every name and stop the timer."""
        self._due_by_name.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._fire)

    def _fire(self) -> None:
        self._timer = None
        horizon = asyncio.get_running_loop().time() + TICK_S
        due = []
        while self._heap and self._heap[0][0] <= horizon:
            at_s, name = heapq.heappop(self._heap)
            if self._due_by_name.get(name) == at_s:
                del self._due_by_name[name]
                due.append(name)
        if self._heap:
            self._arm()
        if due:
            self._on_due(due)
