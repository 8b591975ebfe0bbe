"""Simulated time at a chosen pace, in a program that others can join: ``--speed``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from wampedge_simulator.clock import Events, VirtualClockLoop

__all__ = ["PacedClockLoop"]

_NS = 1_000_000_000
_MOST_BEHIND_S = 0.1
"""How many real seconds are made good after callbacks that took long; more are given up."""
_REST_S = 0.001
_OFTEN_S = 0.05
"""At full speed the world outside is given so much time, so often: thousands of jumps may come
between."""


class PacedClockLoop(VirtualClockLoop):
    """An event loop on which *speed* seconds pass in a real one.

    Time stands still while callbacks run, as in all virtual time: a machine that cannot follow
    makes the simulation slower, and nothing in it is ever late. While the loop waits, sockets,
    signals and threads of the real world are heard at once.

    Args:
        speed: seconds of the simulation in a real one; ``inf``: as many as the machine can.
    """

    def __init__(self, speed: float) -> None:
        super().__init__()
        if not speed > 0.0:
            self.close()
            raise ValueError(f"speed must be more than 0, got {speed}")
        self._speed = speed
        self._anchor_s = time.monotonic()
        """Real time at which the simulation was, or should have been, at ``_anchor_ns``."""
        self._anchor_ns = 0

    def _idle(self, timeout_s: float | None, poll: Callable[[float | None], Events]) -> Events:
        """Wait for the next timer at the pace; whatever comes from outside ends the wait."""
        if self.is_held:
            return poll(None)
        if math.isinf(self._speed):
            return self._jump(timeout_s, poll)
        due_ns = None if timeout_s is None else self.now_ns + max(1, round(timeout_s * _NS))
        wait_s = None if due_ns is None else self._real_s(due_ns) - time.monotonic()
        events = poll(None if wait_s is None else max(0.0, wait_s))
        reached_ns = self._simulated_ns(time.monotonic())
        if due_ns is not None and (not events or reached_ns > due_ns):
            reached_ns = due_ns
        if reached_ns > self.now_ns:
            self._move(reached_ns - self.now_ns)
        self._give_up_what_is_lost()
        return events

    def _real_s(self, simulated_ns: int) -> float:
        return self._anchor_s + (simulated_ns - self._anchor_ns) / _NS / self._speed

    def _simulated_ns(self, real_s: float) -> int:
        return self._anchor_ns + round((real_s - self._anchor_s) * self._speed * _NS)

    def _give_up_what_is_lost(self) -> None:
        now_s = time.monotonic()
        if now_s - self._real_s(self.now_ns) > _MOST_BEHIND_S:
            self._anchor_s, self._anchor_ns = now_s, self.now_ns

    def _jump(self, timeout_s: float | None, poll: Callable[[float | None], Events]) -> Events:
        if timeout_s is None:
            return poll(None)
        now_s = time.monotonic()
        if now_s - self._anchor_s >= _OFTEN_S:
            self._anchor_s = now_s
            events = poll(_REST_S)
            if events:
                return events
        self._move(max(1, round(timeout_s * _NS)))
        return []
