"""The state of one device, as the node tells it to the world.

States and transitions::

    starting ──first success──▶ ok ──failure──▶ degraded ──DOWN_AFTER in a row──▶ down
        │                        ▲                  │                              │
        └──DOWN_AFTER in a row───┼──────success─────┘                              │
           (to down)             └───────────────────success──────────────────────┘

A device that the file does not enable is ``disabled`` from the start and stays so.

A degraded device is tried at its normal period. A device that is down is probed with a growing
pause, ``PROBE_FIRST_S`` to ``PROBE_LAST_S``, so that a dead part costs its bus almost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["DOWN_AFTER", "PROBE_FIRST_S", "PROBE_LAST_S", "DeviceState", "Health"]

DeviceState = Literal["starting", "ok", "degraded", "down", "disabled"]

DOWN_AFTER = 3
PROBE_FIRST_S = 1.0
PROBE_LAST_S = 60.0


@dataclass(slots=True)
class Health:
    """Counts successes and failures of one device; owned by the runner of that device.

    Attributes:
        since: wall-clock time of the last change of state, Unix seconds.
        state: see the module docstring.
        reason: why the state is not ``ok``, or None.
        errors: failures since the node started.
        failures_in_a_row: failures since the last success.
        successes: successes since the node started.
    """

    since: float
    state: DeviceState = "starting"
    reason: str | None = None
    errors: int = 0
    failures_in_a_row: int = 0
    successes: int = 0

    def succeed(self, now: float) -> bool:
        """Note a success at wall-clock time *now*; return whether the state changed."""
        self.successes += 1
        self.failures_in_a_row = 0
        self.reason = None
        return self._enter("ok", now)

    def fail(self, now: float, reason: str) -> bool:
        """Note a failure at wall-clock time *now*; return whether the state changed."""
        self.errors += 1
        self.failures_in_a_row += 1
        self.reason = reason
        if self.failures_in_a_row >= DOWN_AFTER:
            return self._enter("down", now)
        if self.state == "starting":
            return False
        return self._enter("degraded" if self.state == "ok" else self.state, now)

    def lose(self, now: float, reason: str) -> bool:
        """Note that the part is gone for sure; return whether the state changed."""
        self.errors += 1
        self.failures_in_a_row = max(self.failures_in_a_row + 1, DOWN_AFTER)
        self.reason = reason
        return self._enter("down", now)

    def disable(self, reason: str) -> None:
        """Note that the device is not to be used; it never changes its state then."""
        self.state = "disabled"
        self.reason = reason

    def retry_delay_s(self, period_s: float) -> float:
        """Return how long to wait before the next try, in seconds.

        Args:
            period_s: the normal sampling period.
        """
        if self.state != "down":
            return min(period_s, PROBE_LAST_S) if self.failures_in_a_row else period_s
        doublings = min(self.failures_in_a_row - DOWN_AFTER, 16)
        return min(PROBE_FIRST_S * 2.0**doublings, PROBE_LAST_S)

    def details(self) -> dict[str, Any]:
        """Return the keyword arguments of the status topic and of ``.health``."""
        details: dict[str, Any] = {
            "since": self.since,
            "errors": self.errors,
            "successes": self.successes,
        }
        if self.reason is not None:
            details["reason"] = self.reason
        return details

    def _enter(self, state: DeviceState, now: float) -> bool:
        if state == self.state:
            return False
        self.state = state
        self.since = now
        return True
