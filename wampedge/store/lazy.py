"""When something is written that may wait: once in its time, and not whenever others write.

The sections of a store are written together, and each page that one of them touches goes to the
card anew. What changes all the time would be written with every group that is urgent for others.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wampedge.errors import WampedgeError

if TYPE_CHECKING:
    from wampedge.store.store import Store

__all__ = ["LazyTurn"]


class LazyTurn:
    """The next write of one section; used on the event loop.

    Args:
        store: what writes.
        within_s: how long the section may wait, in seconds. In the second half of that time it
            goes along with others; at the end of it it is written in any case.
    """

    def __init__(self, store: Store, within_s: float) -> None:
        self._store, self._within_s = store, within_s
        self._due_s: float | None = None
        self._is_over = False

    def want(self) -> None:
        """Note that there is something to write."""
        if self._due_s is None:
            self._due_s = asyncio.get_running_loop().time() + self._within_s
            self._store.plan(self._within_s)

    def hurry(self) -> None:
        """Write at once what there is."""
        self._due_s = asyncio.get_running_loop().time()
        self._store.plan(0.0)

    def again(self, error: Exception) -> None:
        """Write again what was not written because of *error*.

        With the next try where the disk is at fault. What is wrong in itself will be so again, and
        must not keep the store busy with it: that waits its time.
        """
        if isinstance(error, WampedgeError):
            self.hurry()
        else:
            self.want()

    def finish(self) -> None:
        """Let nothing wait any more: the store is about to be closed."""
        self._is_over = True
        if self._due_s is not None:
            self._store.plan(0.0)

    def is_due(self) -> bool:
        """Return whether to write now; asked by ``take`` of the section, as its first step."""
        if self._due_s is None:
            return False
        left_s = self._due_s - asyncio.get_running_loop().time()
        if self._is_over or left_s <= self._within_s / 2:
            self._due_s = None
            return True
        self._store.plan(left_s)  # the group under way was all that was planned
        return False
