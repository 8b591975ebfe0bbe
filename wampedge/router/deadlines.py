"""What a router does later unless something else happens first, such as giving up on a call.

The router has no clock and no timers: it is told the time, and whoever runs it asks when it wants
to be woken next.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wampedge.router.sends import Send, Sends

__all__ = ["Deadline", "Deadlines"]

# Cancelled deadlines are swept once they are the greater part: most calls are answered long
# before their time is over.
_MIN_SWEPT = 64


class Deadline:
    """One thing to do later; made by ``Deadlines.after``.

    Args:
        owner: where it waits.
        due_s: when, on the clock of the owner.
        act: what to do then; returns what to send.
    """

    __slots__ = ("_owner", "act", "due_s")

    def __init__(self, owner: Deadlines, due_s: float, act: Callable[[], Sends]) -> None:
        self.due_s = due_s
        self.act: Callable[[], Sends] | None = act
        self._owner = owner

    def cancel(self) -> None:
        """Do not do it; nothing happens if it is done or cancelled already."""
        if self.act is not None:
            self.act = None
            self._owner.on_cancelled()


class Deadlines:
    """All that one router does later; used by the thread that runs the router.

    Args:
        monotonic_s: tells the time in seconds since any moment; it never goes back.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self.monotonic_s = monotonic_s
        self.on_earlier: Callable[[float], None] | None = None
        """Told when something is due before all else: at what time of the clock."""
        self._heap: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    @property
    def next_due_s(self) -> float | None:
        """When ``collect`` should be called next; None when nothing waits."""
        heap = self._heap
        while heap and heap[0][2].act is None:
            heapq.heappop(heap)
            self._cancelled -= 1
        return heap[0][0] if heap else None

    def after(self, delay_s: float, act: Callable[[], Sends]) -> Deadline:
        """Do *act* in *delay_s* seconds, unless it is cancelled before."""
        deadline = Deadline(self, self.monotonic_s() + delay_s, act)
        heapq.heappush(self._heap, (deadline.due_s, next(self._numbers), deadline))
        if self.on_earlier is not None and self._heap[0][2] is deadline:
            self.on_earlier(deadline.due_s)
        return deadline

    def collect(self) -> Sends:
        """Do everything that is due; return what is to be sent for it."""
        now_s = self.monotonic_s()
        sends: list[Send] = []
        while (due_s := self.next_due_s) is not None and due_s <= now_s:
            act, deadline = self._heap[0][2].act, heapq.heappop(self._heap)[2]
            deadline.act = None
            assert act is not None, "next_due_s swept the cancelled ones"
            sends += act()
        return sends

    def on_cancelled(self) -> None:
        """Hear of a cancelled deadline; sweep when they are many."""
        self._cancelled += 1
        if self._cancelled >= _MIN_SWEPT and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].act is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0
