"""An I2C bus that mends itself, step by step, and says what it did.

The ladder, climbed one step a failure once ``after_errors`` transfers failed in a row::

    ok ──after_errors in a row──▶ re-opened ──fails──▶ cleared ──fails──▶ down ──probe works──▶ ok
     ▲                                │                   │                │
     └──────any transfer works────────┴───────────────────┘          probe fails: next pause longer

Below the first step a failure is only told to the caller, who tries again in his time. While the
bus is down transfers are refused without touching it, so that a line held low costs each device
nothing; one transfer is let through as a probe after 1 s, then after pauses that grow to 60 s, and
the bus is re-opened and cleared before it.

A part that alone does not acknowledge says nothing against the bus, and does not count.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal

from wampedge.devices.contracts import Clock, I2cBus
from wampedge.errors import BusError, BusTimeoutError, DeviceError

__all__ = ["PROBE_FIRST_S", "PROBE_LAST_S", "RecoveringI2cBus"]

log = logging.getLogger(__name__)

PROBE_FIRST_S = 1.0
PROBE_LAST_S = 60.0
_NO_ACKNOWLEDGE = frozenset({errno.EREMOTEIO, errno.ENXIO})
_COUNTED = ("transfers", "errors", "timeouts", "reopened", "cleared", "refused")

BusState = Literal["ok", "degraded", "down"]


class RecoveringI2cBus:
    """Implements ``I2cBus`` around the real one; used by the worker of the bus only.

    Args:
        name: name of the bus in the device file, for the log.
        bus: the bus; after ``close`` its next transfer opens it again.
        clock: the node's clock.
        after_errors: failures in a row before the first step.
        clear: sends nine clock pulses; returns why it could not, or None.
    """

    def __init__(
        self,
        name: str,
        bus: I2cBus,
        clock: Clock,
        *,
        after_errors: int,
        clear: Callable[[], str | None],
    ) -> None:
        self.name = name
        self.state: BusState = "ok"
        self.since = clock.time()
        self.reason: str | None = None
        self.counts = dict.fromkeys(_COUNTED, 0)
        self.on_reset: Callable[[], None] = lambda: None
        """Called when the bus was opened again or cleared: what parts were told may be lost."""
        self._bus = bus
        self._clock = clock
        self._after_errors = after_errors
        self._clear = clear
        self._failures = 0
        self._silent: set[int] = set()
        self._probe_at = 0.0
        self._pause_s = PROBE_FIRST_S

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction, if the bus is up or due for a probe; raises BusError."""
        if self.state == "down":
            self._admit_probe()
        self.counts["transfers"] += 1
        try:
            answer = self._bus.transfer(address, messages)
        except DeviceError as error:
            self._fail(address, error)
            raise
        if self._failures or self._silent or self.state != "ok":
            self._succeed()
        return answer

    def close(self) -> None:
        """Close the bus."""
        self._bus.close()

    def health(self) -> dict[str, Any]:
        """Return state and counters; may be called from any thread."""
        health: dict[str, Any] = {"state": self.state, "since": self.since, **self.counts}
        if self.reason is not None:
            health["reason"] = self.reason
        return health

    def _succeed(self) -> None:
        self._failures = 0
        self._silent.clear()
        self._pause_s = PROBE_FIRST_S
        self.reason = None
        if self.state != "ok":
            log.warning("bus %s: works again", self.name)
            self._enter("ok")

    def _fail(self, address: int, error: DeviceError) -> None:
        self.counts["errors"] += 1
        self.counts["timeouts"] += isinstance(error, BusTimeoutError)
        if getattr(error, "errno", None) in _NO_ACKNOWLEDGE:
            self._silent.add(address)
            if len(self._silent) < 2:
                return
        self._failures += 1
        self.reason = error.reason
        if self.state == "down":
            self._go_down()
        elif self._failures == self._after_errors:
            self._enter("degraded")
            self._reopen()
        elif self._failures == self._after_errors + 1:
            self._clear_lines()
            self._reopen()
        elif self._failures > self._after_errors + 1:
            self._go_down()

    def _admit_probe(self) -> None:
        """Prepare the bus for a probe; raises BusError when none is due."""
        left_s = self._probe_at - self._clock.monotonic()
        if left_s > 0:
            self.counts["refused"] += 1
            text = f"bus {self.name} is down ({self.reason}); it is tried again in {left_s:.0f} s"
            raise BusError(text)
        self._clear_lines()
        self._reopen()

    def _reopen(self) -> None:
        self._bus.close()
        self.counts["reopened"] += 1
        log.warning("bus %s: %s; it is opened again", self.name, self.reason)
        self.on_reset()

    def _clear_lines(self) -> None:
        hindrance = self._clear()
        if hindrance is None:
            self.counts["cleared"] += 1
            log.warning("bus %s: nine clock pulses were sent to free its lines", self.name)
        elif self.state != "down":
            log.warning("bus %s: its lines cannot be cleared: %s", self.name, hindrance)
        self.on_reset()

    def _go_down(self) -> None:
        if self.state != "down":
            log.error("bus %s: down: %s", self.name, self.reason)
            self._enter("down")
        self._probe_at = self._clock.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, PROBE_LAST_S)

    def _enter(self, state: BusState) -> None:
        self.state = state
        self.since = self._clock.time()
