"""Whether the wall clock of the node can be trusted, and when it jumps.

A board without a clock of its own begins in the past and is right once a time server has answered.
Until then what it publishes is marked, and what waits to go upstream is dated anew when the right
time is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from wampedge.devices.contracts import Clock

__all__ = ["EARLIEST_S", "ClockState", "ToldClock"]

log = logging.getLogger(__name__)

EARLIEST_S: Final = 1_735_689_600.0
"""No clock that is right says a time before this: 2025-01-01 00:00:00 UTC, in Unix seconds."""

_LEAST_STEP_S: Final = 1.0
"""What is less is a time server at its work; it slews, and lets no order change."""
_PERIOD_S: Final = 60.0
_IMPATIENT_PERIOD_S: Final = 5.0
"""How often it is looked at while the clock is not set."""


@runtime_checkable
class ToldClock(Protocol):
    """A clock of which it is known whether anybody has set it."""

    def is_synced(self) -> bool | None:
        """Tell whether the clock was set; None where that cannot be told."""
        ...


class ClockState:
    """Looks at the clock once a minute, from ``begin`` to ``close``; owned by the node.

    A clock that cannot tell (``ToldClock``) is trusted always.

    Args:
        clock: the node's clock.

    Attributes:
        is_synced: whether the wall clock was right, as far as can be told, when it was looked at
            last.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told = clock if isinstance(clock, ToldClock) else None
        self._offset_s = self._offset()
        self.is_synced = self._look()
        self._observers: list[Callable[[float], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def on_step(self, observer: Callable[[float], None]) -> None:
        """Call *observer* when the clock was set or jumped, with how far in seconds."""
        self._observers.append(observer)

    def begin(self) -> None:
        """Look at the clock from now on."""
        if self._told is None or self._timer is not None:
            return
        if not self.is_synced:
            log.warning("the clock of this machine is not set yet: times are marked as unsynced")
        self._plan()

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def check(self) -> None:
        """Look at the clock now."""
        if self._told is None:
            return
        before_s, self._offset_s = self._offset_s, self._offset()
        was_synced, self.is_synced = self.is_synced, self._look()
        step_s = self._offset_s - before_s
        if abs(step_s) < _LEAST_STEP_S:
            if was_synced == self.is_synced:
                return
            step_s = 0.0
        state = "right, as far as can be told" if self.is_synced else "not to be trusted"
        log.warning("the clock of this machine moved by %+.1f s; it is %s", step_s, state)
        for observer in self._observers:
            observer(step_s)

    def _plan(self) -> None:
        period_s = _PERIOD_S if self.is_synced else _IMPATIENT_PERIOD_S
        self._timer = asyncio.get_running_loop().call_later(period_s, self._on_due)

    def _on_due(self) -> None:
        self.check()
        self._plan()

    def _look(self) -> bool:
        if self._told is None:
            return True
        return self._told.is_synced() is not False and self._clock.time() >= EARLIEST_S

    def _offset(self) -> float:
        return self._clock.time() - self._clock.monotonic()
