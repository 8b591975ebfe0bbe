"""When a value is too low or too high, and when it is well again."""

from __future__ import annotations

from typing import Literal

from wampedge.records import Record

__all__ = ["AlarmPolicy", "AlarmSide", "AlarmState"]

AlarmSide = Literal["below", "above"]


class AlarmPolicy(Record):
    """``alarm = { below, above, clear, for }`` of a channel, in its unit.

    Attributes:
        below: a value under it raises the alarm; None: no value does.
        above: a value over it raises the alarm; None: no value does.
        clear_below: from which value on an alarm for a low one is cleared.
        clear_above: down to which value an alarm for a high one stays raised.
        for_s: how long the value has to be beyond the limit, in seconds.
    """

    below: float | None = None
    above: float | None = None
    clear_below: float | None = None
    clear_above: float | None = None
    for_s: float = 0.0


class AlarmState:
    """Follows the values of one channel; owned by who watches it.

    States: cleared → (beyond a limit) waiting → (for so long) raised → (beyond ``clear``) cleared.

    Attributes:
        side: the limit that raised the alarm; None while it is cleared.
        due_s: when a waiting alarm is raised, on the monotonic clock; None: none waits.
    """

    __slots__ = ("_policy", "_waiting", "due_s", "side")

    def __init__(self, policy: AlarmPolicy) -> None:
        self._policy = policy
        self._waiting: AlarmSide | None = None
        self.side: AlarmSide | None = None
        self.due_s: float | None = None

    def take(self, value: float, now_s: float) -> bool:
        """Take a good *value*; return whether the alarm was raised or cleared."""
        before = self.side
        if before is not None and not self._is_clear(value, before):
            return False
        self.side = None
        wanted = self._side_of(value)
        if wanted is None:
            self._waiting = self.due_s = None
        elif wanted != self._waiting:
            self._waiting, self.due_s = wanted, now_s + self._policy.for_s
        self.expire(now_s)
        return self.side != before

    def lose(self) -> None:
        """There is no good value: an alarm stays as it is, and none waits any more."""
        self._waiting = self.due_s = None

    def expire(self, now_s: float) -> bool:
        """Raise the alarm that has waited long enough; return whether there was one."""
        if self._waiting is None or self.due_s is None or now_s < self.due_s - 1e-6:
            return False
        self.side, self._waiting, self.due_s = self._waiting, None, None
        return True

    def _side_of(self, value: float) -> AlarmSide | None:
        policy = self._policy
        if policy.below is not None and value < policy.below:
            return "below"
        if policy.above is not None and value > policy.above:
            return "above"
        return None

    def _is_clear(self, value: float, side: AlarmSide) -> bool:
        policy = self._policy
        if side == "below":
            return policy.clear_below is None or value >= policy.clear_below
        return policy.clear_above is None or value <= policy.clear_above
