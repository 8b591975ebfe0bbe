"""How fast a backlog drains, and when it will be gone."""

from __future__ import annotations

from typing import Final

__all__ = ["Drain"]

_SETTLED: Final = 0.7
"""How much of the rate before stays in the next one: lines that jump cannot be read."""


class Drain:
    """Follows the length of one queue.

    Attributes:
        peak: the longest it has been since it was empty.
        rate: events a second that leave it, 0 where none do.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.rate = 0.0
        self._depth = 0
        self._shrinks_by = 0.0
        self._last: tuple[float, int, int] | None = None

    def take(self, now_s: float, depth: int, sent: int) -> None:
        """Note how long the queue is, and how many events went up since the start."""
        self._depth = depth
        self.peak = max(self.peak, depth) if depth else 0
        if self._last is not None and now_s > self._last[0]:
            before_s, before, sent_before = self._last
            passed_s = now_s - before_s
            self.rate = self._settle(self.rate, max(sent - sent_before, 0) / passed_s)
            self._shrinks_by = self._settle(self._shrinks_by, (before - depth) / passed_s)
        self._last = now_s, depth, sent

    @property
    def share(self) -> float:
        """How much of the backlog is gone, 0 to 1."""
        return 1.0 - self._depth / self.peak if self.peak else 1.0

    @property
    def left_s(self) -> float | None:
        """How long it takes until nothing waits; None while the queue does not shrink."""
        return self._depth / self._shrinks_by if self._shrinks_by > 0 else None

    @staticmethod
    def _settle(before: float, now: float) -> float:
        return now if before == 0 else _SETTLED * before + (1 - _SETTLED) * now
