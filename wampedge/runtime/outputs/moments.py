"""Times that outlive the process: how long ago was that, at least and at most?

Two clocks are kept of each moment. The wall clock can be set, and a board without a battery begins
with an old time; the monotonic clock begins anew when the machine does. Where they disagree the
reading that is stricter for the question at hand is taken.
"""

from __future__ import annotations

import math
from typing import Any

from wampedge.devices.contracts import Clock
from wampedge.devices.kept import KeptValue
from wampedge.records import Record

__all__ = ["Moment"]


class Moment(Record):
    """One moment, on the wall clock and on the monotonic clock, in seconds."""

    wall_s: float
    monotonic_s: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """Return the present moment."""
        return cls(clock.time(), clock.monotonic())

    @classmethod
    def of(cls, kept: Any) -> Moment | None:
        """Return the moment that was kept; None where it is none."""
        if not isinstance(kept, list) or len(kept) != 2:
            return None
        if not all(isinstance(time, int | float) and math.isfinite(time) for time in kept):
            return None
        return cls(*kept)

    def as_kept(self) -> KeptValue:
        """Return what is kept of it."""
        return [self.wall_s, self.monotonic_s]

    def least_age_s(self, clock: Clock) -> float:
        """Return how long ago it was at least: for times that must have passed."""
        return max(0.0, min(self._ages_s(clock)))

    def most_age_s(self, clock: Clock) -> float:
        """Return how long ago it was at most, infinite where nothing is known of it."""
        ages_s = [age_s for age_s in self._ages_s(clock) if age_s >= 0.0]
        return max(ages_s, default=math.inf)

    def _ages_s(self, clock: Clock) -> tuple[float, float]:
        return clock.time() - self.wall_s, clock.monotonic() - self.monotonic_s
