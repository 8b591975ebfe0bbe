"""When to try again: pure arithmetic on numbers handed in, no clock and no randomness of its own.

Three kinds of failure are told apart, because they cost differently and heal differently:

- *refused*: the TCP connect failed at once, so nothing listens. It costs a fraction of a
  millisecond on both sides, and is what a restarting router looks like. Full-jitter backoff would
  let up to 30 s pass after the router is back; so for the first minute of refusals the next try
  comes within 0.7 s, and a client is back within a second of the router's first ``listen``.
- *failed*: a connection was made, or timed out, and came to nothing (accepted and closed, no
  WELCOME, a broken rule). It costs both sides real work: full-jitter exponential backoff.
- *rejected*: the router answered and does not want us (no such realm, wrong ticket). Somebody has
  to act first; after one quick second try (routers open their port before their realms) the tries
  are slow.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from wampedge.errors import ConfigError

__all__ = ["Backoff", "Failure", "RetrySchedule"]


class Failure(enum.Enum):
    """How an attempt to join failed; see the module docstring."""

    REFUSED = "refused"
    FAILED = "failed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The numbers of a retry schedule, all in seconds.

    Args:
        first_s: upper bound of the first delay after a loss.
        cap_s: upper bound of every delay.
        floor_s: lower bound of every delay, so that no jitter makes a busy loop.
        jitter: share of a delay that is random: 1 draws from the whole range, 0 is exact.
        quick_s: upper bound of delays while connects are refused at once.
        patience_s: for how long refused connects are tried that quickly; 0 for never.
        stable_s: a session that lasted this long counts as a success and starts afresh; one that
            ended sooner counts as one more failure.
    """

    first_s: float = 1.0
    cap_s: float = 30.0
    floor_s: float = 0.05
    jitter: float = 1.0
    quick_s: float = 0.7
    patience_s: float = 60.0
    stable_s: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.floor_s <= self.first_s <= self.cap_s:
            raise ConfigError(
                f"backoff must have 0 < floor {self.floor_s:g} <= first {self.first_s:g} "
                f"<= cap {self.cap_s:g}"
            )
        if not 0 <= self.jitter <= 1:
            raise ConfigError(f"jitter must be 0..1, got {self.jitter:g}")


class RetrySchedule:
    """Delays for one connection; owned by the task that keeps it.

    Args:
        backoff: the numbers.
        random: draws a float from 0 (included) to 1 (excluded).
    """

    def __init__(self, backoff: Backoff, random: Callable[[], float]) -> None:
        self._backoff = backoff
        self._random = random
        self._failures = 0
        self._rejections = 0
        self._quick_until_s: float | None = None

    def after_session(self, *, lasted_s: float, now_s: float) -> float:
        """Return the delay after a session that was joined for *lasted_s* has ended."""
        self._quick_until_s = None
        if lasted_s < self._backoff.stable_s:
            return self.after_failure(Failure.FAILED, now_s=now_s)
        self._failures = self._rejections = 0
        return self._jittered(self._backoff.first_s)

    def after_failure(self, failure: Failure, *, now_s: float) -> float:
        """Return the delay after an attempt that failed.

        Args:
            failure: how it failed.
            now_s: monotonic time of the failure.
        """
        if failure is Failure.REJECTED:
            return self._after_rejection()
        self._rejections = 0
        if failure is Failure.REFUSED and self._may_be_quick(now_s):
            return self._jittered(min(self._backoff.quick_s, self._backoff.cap_s))
        upper_s = min(self._backoff.cap_s, self._backoff.first_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return self._jittered(upper_s)

    def _may_be_quick(self, now_s: float) -> bool:
        """Tell whether the first minute of refusals is still running; starts it at the first."""
        if self._quick_until_s is None:
            self._quick_until_s = now_s + self._backoff.patience_s
        return now_s < self._quick_until_s

    def _after_rejection(self) -> float:
        self._rejections += 1
        if self._rejections == 1:
            return self._jittered(self._backoff.first_s)
        half_s = self._backoff.cap_s / 2
        return half_s + self._random() * half_s

    def _jittered(self, upper_s: float) -> float:
        certain_s = upper_s * (1 - self._backoff.jitter)
        delay_s = certain_s + self._random() * (upper_s - certain_s)
        return max(delay_s, min(self._backoff.floor_s, upper_s))
