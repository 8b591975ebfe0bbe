"""How often something happened lately: a sliding window in a bounded number of places."""

from __future__ import annotations

from collections import deque

__all__ = ["WINDOW_PLACES", "SlidingCount"]

WINDOW_PLACES = 60
"""Places of a window; an event leaves it at most one of them, gradually, at its end."""


class SlidingCount:
    """Counts events of the last *window_ns*; a window that is not full yet counts as it is.

    Args:
        window_ns: length of the window, in nanoseconds.
    """

    def __init__(self, window_ns: int) -> None:
        self._place_ns = max(1, window_ns // WINDOW_PLACES)
        self._places: deque[list[int]] = deque()

    def add(self, at_ns: int) -> None:
        """Count an event at *at_ns*; one out of order counts as if it came with the last."""
        place = at_ns // self._place_ns
        if self._places and self._places[-1][0] >= place:
            self._places[-1][1] += 1
            return
        self._places.append([place, 1])
        self._forget(place)

    def count(self, now_ns: int) -> float:
        """Return how many events the window up to *now_ns* holds."""
        place, into_ns = divmod(now_ns, self._place_ns)
        self._forget(place)
        total = float(sum(count for _, count in self._places))
        if self._places and self._places[0][0] == place - WINDOW_PLACES:
            # Of the oldest place only the part is left that the window still covers.
            total -= self._places[0][1] * into_ns / self._place_ns
        return total

    def _forget(self, place: int) -> None:
        while self._places and self._places[0][0] < place - WINDOW_PLACES:
            self._places.popleft()
