"""Watches how old the readings of one device are, and says when they count for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

__all__ = ["Staleness"]

_EARLY_S = 1e-6
"""A timer may fire so much before its time, as sums of floats miss the instant."""


class Staleness:
    """Keeps when each channel had its last fresh value; owned by the runner of the device.

    Args:
        channels: names of the channels, all of them fresh now.
        after_s: how old a value may get, in seconds.
        on_stale: called with the channels that had no fresh value for so long, once each time.
    """

    def __init__(
        self, channels: Iterable[str], after_s: float, on_stale: Callable[[list[str]], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._after_s = after_s
        self._on_stale = on_stale
        self._due_by_channel = dict.fromkeys(channels, self._loop.time() + after_s)
        self._timer: asyncio.TimerHandle | None = None
        self._wait()

    def note_fresh(self, channel: str) -> None:
        """Note that *channel* has a fresh value now."""
        self._due_by_channel.pop(channel, None)
        self._due_by_channel[channel] = self._loop.time() + self._after_s  # the last of all
        if self._timer is None:
            self._wait()

    def close(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due_by_channel.clear()

    def _wait(self) -> None:
        """Wait for the channel that is due first, which is the first: all wait equally long."""
        self._timer = None
        for due_s in self._due_by_channel.values():
            self._timer = self._loop.call_at(due_s, self._look)
            return

    def _look(self) -> None:
        now = self._loop.time() + _EARLY_S
        stale = [channel for channel, due_s in self._due_by_channel.items() if due_s <= now]
        for channel in stale:
            del self._due_by_channel[channel]
        self._wait()
        if stale:
            self._on_stale(stale)
