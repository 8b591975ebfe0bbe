"""Which units of a Modbus bus are asked: one that does not answer is left out for a while."""

from __future__ import annotations

from wampedge.errors import BusTimeoutError
from wampedge.records import Record

__all__ = ["Attendance", "OfflinePolicy", "UnitOfflineError"]


class UnitOfflineError(BusTimeoutError):
    """A unit is not asked now, as it has not answered for some time."""


class OfflinePolicy(Record):
    """When a unit counts as gone.

    Attributes:
        after: unanswered requests in a row.
        retry_s: pause before one request is tried again, in seconds.
    """

    after: int = 3
    retry_s: float = 30.0


class Attendance:
    """Notes which units answer; used on the worker of the bus.

    States of a unit::

        present ──no answer, `after` in a row──▶ offline ──retry_s later──▶ on trial
           ▲ ▲                                     ▲                          │ │
           │ └────────────an answer────────────────┼──────────────────────────┘ │
           └──start                                └─────────no answer──────────┘

    Args:
        policy: when a unit counts as gone.
    """

    def __init__(self, policy: OfflinePolicy) -> None:
        self._policy = policy
        self._misses_by_unit: dict[int, int] = {}
        self._retry_at_by_unit: dict[int, float] = {}

    def admit(self, unit_id: int, now: float) -> None:
        """Let a request to *unit_id* pass at monotonic time *now*.

        Raises:
            UnitOfflineError: the unit is offline, and it is not yet time to try it again.
        """
        left_s = self._retry_at_by_unit.get(unit_id, now) - now
        if left_s > 0:
            text = f"unit {unit_id} is offline and is tried again in {left_s:.1f} s"
            raise UnitOfflineError(text)

    def note_answer(self, unit_id: int) -> None:
        """Note that the unit answered, whatever it said."""
        self._misses_by_unit.pop(unit_id, None)
        self._retry_at_by_unit.pop(unit_id, None)

    def note_silence(self, unit_id: int, now: float) -> None:
        """Note that the unit did not answer a request that ended at monotonic time *now*."""
        misses = self._misses_by_unit.get(unit_id, 0) + 1
        self._misses_by_unit[unit_id] = misses
        if misses >= self._policy.after:
            self._retry_at_by_unit[unit_id] = now + self._policy.retry_s

    def offline_units(self) -> list[int]:
        """Return the units that have missed so many requests that they are tried now and then."""
        return sorted(self._retry_at_by_unit)
