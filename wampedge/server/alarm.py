"""Wakes the router when something it put off is due."""

from __future__ import annotations

import asyncio

from wampedge.router.router import Router
from wampedge.server.delivery import Delivery

__all__ = ["Alarm"]


_ROUNDING_S = 1e-6


class Alarm:
    """The one timer of a router; made and stopped by its server, in one event loop.

    Args:
        router: is woken; its clock is that of the event loop.
        delivery: takes what the router wants sent.
    """

    def __init__(self, router: Router, delivery: Delivery) -> None:
        self._router = router
        self._delivery = delivery
        self._timer: asyncio.TimerHandle | None = None
        router.deadlines.on_earlier = self._set
        self._set_next()

    def stop(self) -> None:
        """Wake the router no more."""
        self._router.deadlines.on_earlier = None
        self._drop()

    def _ring(self) -> None:
        self._timer = None
        self._delivery.deliver(self._router.wake())
        self._delivery.flush()
        self._set_next()

    def _set_next(self) -> None:
        due_s = self._router.deadlines.next_due_s
        if due_s is not None:
            self._set(due_s)

    def _set(self, due_s: float) -> None:
        self._drop()
        # From now on rather than at *due_s*: the two clocks need not begin at one moment. A timer
        # may ring a little early, and nothing would be due yet.
        delay_s = max(0.0, due_s - self._router.deadlines.monotonic_s()) + _ROUNDING_S
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
