"""An end for what comes to none: CPU time that is used up, real time without any work."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["CpuLimitError", "cpu_limit"]

_REAL_FACTOR: Final = 10
"""Real seconds for each second of CPU time: other programs want their share."""
_AGAIN_S: Final = 10.0
"""How soon to break off again: what does not come to its end, cleaning up included."""


class CpuLimitError(KeyboardInterrupt):
    """The time is used up.

    Derived from what Ctrl-C raises, because that is all an event loop lets through.
    """


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Break off what runs within with CpuLimitError after *seconds* of CPU time.

    An event loop is broken off between two callbacks, where nothing is half done; what does not
    come back to its loop for ``_AGAIN_S`` more is broken off where it is. Only the main thread can
    be; in another one nothing is limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    asked: list[asyncio.AbstractEventLoop] = []

    def break_off(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # no loop runs
            loop = asyncio.get_running_loop()
            if loop not in asked:
                asked.append(loop)
                loop.call_soon_threadsafe(end)
                return
        asked.clear()  # it does not come back: where it is cleaned up, it has its chance again
        raise CpuLimitError

    def end() -> None:
        if asked:
            raise CpuLimitError

    before = [signal.signal(n, break_off) for n in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN_S)
    signal.setitimer(signal.ITIMER_REAL, seconds * _REAL_FACTOR, _AGAIN_S * _REAL_FACTOR)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip((signal.SIGPROF, signal.SIGALRM), before, strict=True):
            signal.signal(number, handler)
