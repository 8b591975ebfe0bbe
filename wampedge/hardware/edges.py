"""Edges of one pin on their way from any thread to the event loop: in order, bounded, checked.

What goes wrong with edges, and what is done:

- They come faster than the loop takes them: the queue keeps its first ones and the newest, what was
  dropped is counted, and the pin is not looked at for ``STORM_PAUSE_S``, so that the thread that
  delivers edges does not starve the loop.
- The kernel lost some (its own queue has 16 to 64 places a line): two edges to the same level, or
  a level that disagrees with the last edge once the line is quiet. Both are counted, and the second
  is mended with an edge of our own. lgpio hands over the first edges of a watch up to 100 ms late:
  an edge that was mended already is not told again.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable

from wampedge.devices.contracts import OnEdge
from wampedge.errors import DeviceError

__all__ = ["EDGE_BATCH", "EDGE_LIMIT", "STORM_PAUSE_S", "Edges"]

EDGE_LIMIT = 4096
"""Edges of one pin that may wait for the event loop; beyond it the newest replaces the last."""
EDGE_BATCH = 32
"""Edges of one pin handed on in one turn of the event loop."""
STORM_PAUSE_S = 0.1
"""How long a pin is not watched after it made more edges than the loop could take."""
QUIET_S = 0.05
"""How long after the last edge the level of the line is compared with it."""


class Edges:
    """The watch of one pin; begun and ended on the event loop.

    Args:
        on_edge: told of each edge, on the event loop.
        read: returns the level of the line; raises DeviceError.
        listen: makes the pin call our ``push`` at each edge (True), or no more (False).
    """

    def __init__(
        self, on_edge: OnEdge, read: Callable[[], bool], listen: Callable[[Edges, bool], None]
    ) -> None:
        self.lost = 0
        self._on_edge = on_edge
        self._read = read
        self._listen = listen
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._queue: deque[tuple[bool, int]] = deque()
        self._is_draining = False
        self._is_storm = False
        self._has_dropped = False
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None
        self._last_s = 0.0
        self._mended_ns: int | None = None
        self._level = read()
        listen(self, True)

    def push(self, ticks: float, state: float) -> None:
        """Take an edge at *ticks* seconds; any thread."""
        edge = (bool(state), round(ticks * 1e9))
        with self._lock:
            if len(self._queue) >= EDGE_LIMIT:
                self._queue[-1] = edge
                self.lost += 1
                self._is_storm = True
                return
            self._queue.append(edge)
            if self._is_draining:
                return
            self._is_draining = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._drain)

    def stop(self) -> None:
        """Hand on nothing more."""
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._listen(self, False)

    def _drain(self) -> None:
        if self._is_over:
            return
        if self._is_storm:
            self._is_storm, self._has_dropped = False, True
            self._pause()
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(EDGE_BATCH, len(self._queue)))]
            self._is_draining = bool(self._queue)
            if self._is_draining:
                self._loop.call_soon(self._drain)
        for level, at_ns in batch:
            self._tell(level, at_ns)
        self._has_dropped &= self._is_draining
        self._last_s = self._loop.time()
        if self._timer is None and not self._is_over:
            self._timer = self._loop.call_later(QUIET_S, self._compare)

    def _tell(self, level: bool, at_ns: int) -> None:
        mended_ns, self._mended_ns = self._mended_ns, None
        if mended_ns is not None and level == self._level and at_ns <= mended_ns:
            self.lost -= 1  # it was only late
            return
        if level == self._level and not self._has_dropped:
            self.lost += 1  # the edge between the two
        self._level = level
        if not self._is_over:
            self._on_edge(level, at_ns)

    def _pause(self) -> None:
        """Let the storm rage unheard for a moment."""
        self._listen(self, False)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(STORM_PAUSE_S, self._resume)

    def _resume(self) -> None:
        self._listen(self, True)
        self._last_s = -QUIET_S
        self._compare()

    def _compare(self) -> None:
        """Compare the level of the quiet line with the last edge."""
        self._timer = None
        quiet_s = self._loop.time() - self._last_s
        if quiet_s < QUIET_S / 2:  # half of it, so that no rounding error makes a timer of 0 s
            self._timer = self._loop.call_later(QUIET_S, self._compare)
            return
        try:
            level = self._read()
        except DeviceError:
            return  # the pin is being closed, or its chip is gone: whoever reads it next is told
        if level != self._level and not self._is_draining:
            self.lost += 1
            self._level = level
            self._mended_ns = round(self._loop.time() * 1e9)
            self._on_edge(level, self._mended_ns)
