"""Orders that must not be carried out late: asked right before the part is touched.

An order may wait on its way: for the bus, for an interlock, for a part that is set up. Whoever
gives it lays down until when it counts; the ticket belongs to the task of the call, and is shown
where the order is carried out. It counts for that task alone: what the order sets going (a way
back, a journey, a pulse that ends, a rule) is not the order any more.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from wampedge.devices.contracts import Clock
from wampedge.errors import ExpiredError, NotReadyError, RefusedError

__all__ = ["Ticket", "punctual"]

Unit = Callable[[], Awaitable[Any]]
_ticket_by_task: WeakKeyDictionary[asyncio.Task[Any], Ticket] = WeakKeyDictionary()


class Ticket:
    """What one order needs to be carried out; shown on the event loop or on the thread of a bus.

    Args:
        clock: the node's clock.
        due_s: until when it may begin, as that clock's monotonic time; None: whenever.
    """

    def __init__(self, clock: Clock, due_s: float | None = None) -> None:
        self._clock = clock
        self._due_s = due_s
        self._lock = threading.Lock()
        self._device: object = None
        self._has_begun = False
        self._is_withdrawn = False

    def is_for(self, device: object) -> bool:
        """Whether the order is one to *device*; the first that asks is it."""
        if self._device is None:
            self._device = device
        return self._device is device

    @property
    def has_begun(self) -> bool:
        """Whether the order is, or was, being carried out."""
        return self._has_begun

    def check(self) -> None:
        """Raise ExpiredError when it is too late."""
        if self._due_s is None:
            return
        late_by_s = self._clock.monotonic() - self._due_s
        if late_by_s > 0:
            late = f"{late_by_s:.3g}" if late_by_s < 1000 else f"{late_by_s:,.0f}"
            text = f"the deadline of the order passed {late} s ago"
            raise ExpiredError(text, why="late", late_by_s=late_by_s)

    def begin(self) -> None:
        """Begin to carry it out, unless it has begun.

        Raises:
            ExpiredError: it is too late.
            NotReadyError: nobody waits for it any more.
        """
        with self._lock:
            if self._has_begun:
                return
            if self._is_withdrawn:
                raise NotReadyError("nobody waits for the order any more")
            self.check()
            self._has_begun = True

    def hold(self) -> None:
        """Note that it was refused, so that it has not begun; it may be tried again in time."""
        with self._lock:
            self._has_begun = False

    def withdraw(self) -> bool:
        """Let it never begin; return False where it has begun already."""
        with self._lock:
            self._is_withdrawn = not self._has_begun
            return self._is_withdrawn

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Let orders that this task gives show the ticket."""
        task = asyncio.current_task()
        assert task is not None, "orders are given by tasks"
        _ticket_by_task[task] = self
        try:
            yield
        finally:
            del _ticket_by_task[task]


def punctual(unit: Unit, device: object) -> Unit:
    """Return *unit*, which orders *device*, behind the ticket of the task that gives the order.

    The first device that is ordered is the one it is for: what the order brings about at others,
    such as the members of an interlock, has no deadline.
    """
    task = asyncio.current_task()
    ticket = None if task is None else _ticket_by_task.get(task)
    if ticket is None or not ticket.is_for(device):
        return unit

    async def checked() -> Any:
        ticket.begin()
        try:
            return await unit()
        except RefusedError:
            ticket.hold()  # an interlock may make room, and the order be given again
            raise

    return checked
