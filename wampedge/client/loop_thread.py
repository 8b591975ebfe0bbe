"""An event loop in a thread of its own, for programs and tests that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread"]

_T = TypeVar("_T")


class LoopThread:
    """Runs coroutines for other threads; started and stopped by its owner, once each.

    The thread is a daemon: a program that forgets to stop it can end all the same.

    Args:
        name: what the thread is called.
    """

    def __init__(self, name: str) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    @property
    def is_running(self) -> bool:
        """Whether it takes coroutines."""
        return self._thread.is_alive() and self._loop is not None

    def start(self) -> None:
        """Start the thread, and wait until its loop runs."""
        self._thread.start()
        self._ready.wait()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run *work* in the loop, wait for it and return what it returns.

        An exception that arrives while waiting, such as KeyboardInterrupt, cancels *work*.

        Raises:
            RuntimeError: the loop does not run, or this is its own thread, which cannot wait.
        """
        loop = self._loop
        if loop is None or threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("the loop has ended" if loop is None else "cannot wait in the loop")
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End the loop and the thread; what still runs in it is cancelled. Safe to repeat."""
        loop, over = self._loop, self._over
        if loop is not None and over is not None:
            loop.call_soon_threadsafe(over.set)
        self._thread.join()

    def _work(self) -> None:
        asyncio.run(self._stay())

    async def _stay(self) -> None:
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._over.wait()
        self._loop = None
