"""Where a cover is, reckoned from how long it moves; no pins, no timers."""

from __future__ import annotations

__all__ = ["Travel"]

CLOSED, OPEN = 0.0, 100.0


class Travel:
    """Position of one cover, 0 closed to 100 open; None while nothing is known.

    Args:
        position: where it is at the start; None if nobody knows.
        opens_s: how long it takes from closed to open, in seconds.
        closes_s: how long back.
    """

    def __init__(self, position: float | None, *, opens_s: float, closes_s: float) -> None:
        self._opens_s = opens_s
        self._closes_s = closes_s
        self._position = position
        self._direction = 0
        self._since_s = 0.0

    @property
    def direction(self) -> int:
        """1 while it opens, -1 while it closes, 0 while it is still."""
        return self._direction

    def begin(self, direction: int, now_s: float) -> None:
        """Note that it moves from *now_s* on, on the monotonic clock."""
        self.halt(now_s)
        self._direction, self._since_s = direction, now_s

    def halt(self, now_s: float) -> None:
        """Note that it stands still."""
        self._position = self.at(now_s)
        self._direction = 0

    def at(self, now_s: float) -> float | None:
        """Return where it is at *now_s*."""
        if not self._direction:
            return self._position
        moved = (now_s - self._since_s) / self._time_s(self._direction) * OPEN
        if self._position is None:
            # Whatever it began at: after a whole travel it is at the end.
            return self._end(self._direction) if moved >= OPEN else None
        return min(max(self._position + self._direction * moved, CLOSED), OPEN)

    def needs_s(self, target: float, now_s: float) -> float:
        """Return how long it takes from where it is at *now_s* to *target*, overrun not included.

        From an unknown position only an end can be reached: by a whole travel.
        """
        position = self.at(now_s)
        if position is None:
            return self._time_s(1 if target == OPEN else -1)
        direction = 1 if target >= position else -1
        return abs(target - position) / OPEN * self._time_s(direction)

    def whole_s(self, direction: int) -> float:
        """Return how long a whole travel takes, in seconds."""
        return self._time_s(direction)

    def _time_s(self, direction: int) -> float:
        return self._opens_s if direction > 0 else self._closes_s

    def _end(self, direction: int) -> float:
        return OPEN if direction > 0 else CLOSED
