"""When an outbox is written: not before the first of its events has waited for long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wampedge.devices.contracts import Clock
from wampedge.store.outbox_entry import Item
from wampedge.store.outbox_queue import Queue

if TYPE_CHECKING:
    from wampedge.store.store import Store

__all__ = ["OutboxTurn"]

_EARLY: Final = 65_536
"""Bytes of pending events that are written before their time."""
_SLACK_S: Final = 0.001


class OutboxTurn:
    """The next write of an outbox.

    Args:
        store: what writes.
        clock: tells the time.
        queue: the events.
    """

    def __init__(self, store: Store, clock: Clock, queue: Queue) -> None:
        self._store, self._clock, self._queue = store, clock, queue
        self._planned_s: float | None = None
        self._other_s: float | None = None
        self._is_over = False

    def want(self, item: Item, within_s: float) -> None:
        """Write *item* in *within_s* seconds, unless it is gone by then."""
        now_s = self._clock.monotonic()
        item.due_s = now_s + within_s
        self._plan(now_s if self._queue.pending_size >= _EARLY else item.due_s, now_s)

    def want_other(self, within_s: float) -> None:
        """Write what is no event in *within_s* seconds."""
        now_s = self._clock.monotonic()
        if self._other_s is None or now_s + within_s < self._other_s:
            self._other_s = now_s + within_s
            self._plan(self._other_s, now_s)

    def finish(self) -> None:
        """Let nothing wait any more."""
        self._is_over = True
        self._store.plan(0.0)

    def is_due(self) -> bool:
        """Return whether to write now; otherwise the store comes back when it is time."""
        now_s = self._clock.monotonic()
        due_s = self._due_s(now_s)
        self._planned_s = None
        if due_s is None:
            return False
        if not self._is_over and due_s > now_s + _SLACK_S:
            self._plan(due_s, now_s)
            return False
        self._other_s = None
        return True

    def resume(self) -> None:
        """Plan anew: what was planned while the disk had trouble came to nothing."""
        now_s = self._clock.monotonic()
        self._planned_s = None
        due_s = self._due_s(now_s)
        if due_s is not None:
            self._plan(due_s, now_s)

    def _due_s(self, now_s: float) -> float | None:
        pending, due = self._queue.pending, []
        if pending:
            is_early = self._queue.pending_size >= _EARLY
            due.append(now_s if is_early else min(item.due_s for item in pending))
        if self._other_s is not None:
            due.append(self._other_s)
        return min(due, default=None)

    def _plan(self, due_s: float, now_s: float) -> None:
        if self._planned_s is None or due_s < self._planned_s:
            self._planned_s = due_s
            self._store.plan(max(due_s - now_s, 0.0))
