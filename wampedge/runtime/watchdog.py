"""Feed the watchdog of the board: it resets the board when the event loop hangs.

A timer of the kernel (``Documentation/watchdog/watchdog-api.rst``): it begins with the open, each
write begins it anew, and the letter ``V`` before the close ends it. So an orderly stop ends it, and
a node that crashes or hangs does not; the service manager then has as long to start another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["HardwareWatchdog"]

log = logging.getLogger(__name__)

_GET_TIMEOUT: Final = 0x80045707  # WDIOC_GETTIMEOUT = _IOR('W', 7, int)
_USUAL_PERIOD_S: Final = 5.0
"""How often one is fed that does not say its time; those of boards have 10 s and more."""


class HardwareWatchdog:
    """Open from ``open`` to ``close``; used on the event loop, which is what it watches.

    Args:
        path: its device node.
        period_s: how often to feed it; None: three times in the time it has.
    """

    def __init__(self, path: Path, *, period_s: float | None = None) -> None:
        self.path = path
        self._period_s = period_s
        self._descriptor: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> bool:
        """Begin to feed it; return False, and log why, where it cannot be had."""
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            log.error("watchdog %s: %s; the node runs without it", self.path, error.strerror)
            return False
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            log.error("watchdog %s is a file; the node runs without it", self.path)
            return False
        self._descriptor = descriptor
        self._period_s = self._period_s or _third_of_its_time(descriptor)
        log.info("watchdog %s: fed every %g s", self.path, self._period_s)
        self._feed()
        return True

    def close(self) -> None:
        """End it; to be called when every output is in its safe state."""
        if self._timer is not None:
            self._timer.cancel()
        descriptor, self._descriptor, self._timer = self._descriptor, None, None
        if descriptor is None:
            return
        with contextlib.suppress(OSError):
            os.write(descriptor, b"V")
        os.close(descriptor)

    def _feed(self) -> None:
        assert self._descriptor is not None and self._period_s is not None, "it is open"  # noqa: PT018 # one claim
        try:
            os.write(self._descriptor, b"\0")
        except OSError as error:
            log.error("watchdog %s cannot be fed: %s", self.path, error.strerror)
        self._timer = asyncio.get_running_loop().call_later(self._period_s, self._feed)


def _third_of_its_time(descriptor: int) -> float:
    try:
        answer = fcntl.ioctl(descriptor, _GET_TIMEOUT, bytes(4))
    except OSError:
        return _USUAL_PERIOD_S
    seconds = int.from_bytes(answer, "little")
    return seconds / 3 if seconds else _USUAL_PERIOD_S
