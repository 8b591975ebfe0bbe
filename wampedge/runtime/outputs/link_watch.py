"""``on_disconnect``: what outputs do when the link upstream has been lost for some time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from wampedge.devices.contracts import Clock
from wampedge.devices.output_policy import OnDisconnect

__all__ = ["LinkWatch"]


class LinkWatch:
    """Owned by ``Outputs``; used on the event loop.

    Args:
        clock: the node's clock.
        on_due: called with a device when its time without a link is over.
    """

    def __init__(self, clock: Clock, on_due: Callable[[str, OnDisconnect], None]) -> None:
        self._clock = clock
        self._on_due = on_due
        self._wishes: Mapping[str, OnDisconnect] = {}
        self._lost_s: float | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._done: set[str] = set()

    @property
    def is_lost(self) -> bool:
        """Whether there is a link to be had, and it is down."""
        return self._lost_s is not None

    def configure(self, wishes: Mapping[str, OnDisconnect]) -> None:
        """Take what each device wants, by name; one whose wish is the same is left alone."""
        before, self._wishes = self._wishes, dict(wishes)
        for name in before:
            if before[name] != wishes.get(name):
                self._forget(name)
        self._arm()

    def tell(self, *, is_up: bool) -> None:
        """Note how the link is."""
        if is_up:
            self._lost_s = None
            for name in list(self._wishes):
                self._forget(name)
        elif self._lost_s is None:
            self._lost_s = self._clock.monotonic()
            self._arm()

    def close(self) -> None:
        """Watch no more."""
        self.configure({})
        self._lost_s = None

    def _arm(self) -> None:
        if self._lost_s is None:
            return
        for name, wish in self._wishes.items():
            if name not in self._timers and name not in self._done:
                due_s = max(self._lost_s + wish.after_s, self._clock.monotonic())
                loop = asyncio.get_running_loop()
                self._timers[name] = loop.call_at(due_s, self._on_timer, name)

    def _on_timer(self, name: str) -> None:
        del self._timers[name]
        self._done.add(name)  # once a loss: people on the spot may switch on again
        self._on_due(name, self._wishes[name])

    def _forget(self, name: str) -> None:
        self._done.discard(name)
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
