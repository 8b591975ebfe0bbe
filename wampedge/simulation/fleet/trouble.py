"""What keeps a node from the router upstream, and how long it takes to be back after that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

__all__ = ["Troubles", "Why"]

Why = Literal["start", "link", "power", "router"]
"""Why a node cannot be at the router now."""


class Troubles:
    """Of one node; told of each trouble that begins and ends.

    Args:
        within_s: how long the node may take to be back.
        is_back: tells whether all is at the router that should be.
        on_late: called when it is not back in time.
    """

    def __init__(
        self, within_s: float, is_back: Callable[[], bool], on_late: Callable[[], None]
    ) -> None:
        self.longest_s = 0.0
        """The longest time it took to be back; one that is not yet does not count."""
        self.settled = asyncio.Event()
        """Set unless nothing is in its way and it is neither back nor late."""
        self.settled.set()
        self._within_s = within_s
        self._is_back, self._on_late = is_back, on_late
        self._reasons: set[Why] = set()
        self._healed_s: float | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def has(self, why: Why) -> bool:
        """Tell whether *why* is in its way now."""
        return why in self._reasons

    def begin(self, why: Why) -> None:
        """Note that *why* is in its way from now on."""
        self._reasons.add(why)
        self._forget_deadline()

    def end(self, why: Why) -> None:
        """Note that *why* is over; when nothing else is in its way, its time runs."""
        if why not in self._reasons:
            return
        self._reasons.discard(why)
        if not self._reasons:
            loop = asyncio.get_running_loop()
            self._healed_s = loop.time()
            self.settled.clear()
            self._deadline = loop.call_later(self._within_s, self._on_deadline)
            self.look()

    def look(self) -> None:
        """Look whether it is back: something has changed."""
        if self._healed_s is not None and self._is_back():
            now_s = asyncio.get_running_loop().time()
            self.longest_s = max(self.longest_s, now_s - self._healed_s)
            self._forget_deadline()

    def _on_deadline(self) -> None:
        self.look()
        if self._healed_s is not None:
            self._forget_deadline()
            self._on_late()

    def _forget_deadline(self) -> None:
        self._healed_s = None
        self.settled.set()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
