"""When people come: so often a day, at times that depend on the seed and the day only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from wampedge_simulator.physics.fields import DAY_S

__all__ = ["Visits"]

_DAYS_KEPT: Final = 4

Visit = tuple[float, float]
"""Begin and end, in Unix seconds."""


class Visits:
    """A habit; the visits of a day are worked out once.

    Args:
        count: visits a day.
        between_s: when visits begin, in seconds after midnight UTC.
        stay_s: how long one lasts: half as much to one and a half times as much.
        chance: a number from 0 up to 1 for its arguments, as that of `Surroundings`.
    """

    def __init__(
        self,
        count: int,
        between_s: tuple[float, float],
        stay_s: float,
        chance: Callable[..., float],
    ) -> None:
        self._count, self._stay_s, self._chance = count, stay_s, chance
        self._from_s, self._until_s = between_s
        self._visits_by_day: dict[int, tuple[Visit, ...]] = {}

    def is_one(self, unix_s: float) -> bool:
        """Return whether somebody is there at a time."""
        return any(begin_s <= unix_s < end_s for begin_s, end_s in self._around(unix_s))

    def next_change(self, unix_s: float) -> float | None:
        """Return when somebody comes or goes after *unix_s*; None without any visits."""
        times = (time_s for visit in self._around(unix_s) for time_s in visit if time_s > unix_s)
        return min(times, default=None)

    def _around(self, unix_s: float) -> Iterator[Visit]:
        """Yield the visits of yesterday, today and tomorrow."""
        day = int(unix_s // DAY_S)
        for each in (day - 1, day, day + 1):
            if each not in self._visits_by_day:
                while len(self._visits_by_day) >= _DAYS_KEPT:
                    del self._visits_by_day[next(iter(self._visits_by_day))]
                self._visits_by_day[each] = tuple(self._of(each))
            yield from self._visits_by_day[each]

    def _of(self, day: int) -> Iterator[Visit]:
        for index in range(self._count):
            share = self._chance("visit", str(day), str(index))
            begin_s = day * DAY_S + self._from_s + share * (self._until_s - self._from_s)
            stay_s = self._stay_s * (0.5 + self._chance("stay", str(day), str(index)))
            yield begin_s, begin_s + stay_s
