"""How many bytes a day reach the card, from a counter that only grows."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["WearRate"]

_DAY_S: Final = 86_400.0
_STEP_S: Final = 3_600.0
_LEAST_S: Final = 600.0
"""A rate of less than that would tell of the start only."""


class WearRate:
    """Remembers the counter once an hour, and a day back at most.

    Args:
        started_s: monotonic time at which the counter was 0.
    """

    def __init__(self, started_s: float) -> None:
        self._marks: deque[tuple[float, int]] = deque([(started_s, 0)], maxlen=26)

    def take(self, written: int, now_s: float) -> int | None:
        """Note that *written* bytes were written up to *now_s*; return the bytes a day.

        Returns:
            Those of the last day, or of the time since the start where that is shorter; None in
            the first ten minutes.
        """
        marks = self._marks
        while len(marks) > 1 and marks[1][0] <= now_s - _DAY_S:
            marks.popleft()
        since_s, before = marks[0]
        if now_s - marks[-1][0] >= _STEP_S:
            marks.append((now_s, written))
        passed_s = now_s - since_s
        return None if passed_s < _LEAST_S else round((written - before) * _DAY_S / passed_s)
