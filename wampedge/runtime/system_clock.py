"""The clock of the machine."""

from __future__ import annotations

import time

from wampedge.runtime.clock_state import EARLIEST_S

__all__ = ["SystemClock"]


class SystemClock:
    """Implements ``Clock`` with the system's clocks, for hardware and for real-time simulation."""

    def time(self) -> float:
        """Return the wall-clock time as Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return the monotonic time, which the event loop uses as well, in seconds."""
        return time.monotonic()

    def is_synced(self) -> bool | None:
        """Tell whether something has set the wall clock; None where that cannot be told."""
        from wampedge.runtime.time_service import is_clock_set  # noqa: PLC0415 # not each program asks

        return is_clock_set(EARLIEST_S)

    def spend(self, seconds: float) -> None:
        """Block the calling thread for so many seconds."""
        time.sleep(seconds)
