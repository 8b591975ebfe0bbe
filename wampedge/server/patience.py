"""How long a receiver that falls behind may hold up those who send to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wampedge.server.peer import Peer

__all__ = ["Patience"]


class Patience:
    """Holds the senders of one congested receiver, for a short time in all.

    A receiver that is merely busy catches up meanwhile, and nothing is lost. One that stalls costs
    its senders this time once; afterwards they go on, until its queue is full and it is closed.

    Args:
        max_pause_s: how long, from the first hold until the receiver has caught up.
    """

    def __init__(self, max_pause_s: float) -> None:
        self._max_pause_s = max_pause_s
        self._held: set[Peer] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False

    def hold(self, sender: Peer) -> None:
        """Let *sender* wait, unless the time is over."""
        if self._is_over or sender in self._held:
            return
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._max_pause_s, self._give_up)
        self._held.add(sender)
        sender.hold()

    def release(self) -> None:
        """Let all go on: the receiver has caught up, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_over = False
        for sender in self._held:
            sender.unhold()
        self._held.clear()

    def _give_up(self) -> None:
        self.release()
        self._is_over = True
