"""The clock of the machine."""

from __future__ import annotations

import time

__all__ = ["SystemClock"]


class SystemClock:
    """Implements ``Clock`` with the system's clocks, for hardware and for real-time simulation."""

    def time(self) -> float:
        """Return the wall-clock time as Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return the monotonic time, which the event loop uses as well, in seconds."""
        return time.monotonic()

    def spend(self, seconds: float) -> None:
        """Block the calling thread for so many seconds."""
        time.sleep(seconds)
