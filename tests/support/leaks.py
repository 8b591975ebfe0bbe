"""Find what a test leaves behind: asyncio tasks, file descriptors and threads.

The root ``conftest.py`` takes a `Footprint` before each test and fails the test that leaves more
than it found. Tasks are caught where every event loop ends, in ``asyncio.Runner.close``, so that
tests that call ``asyncio.run`` themselves are covered too and tests without a loop pay nothing.
"""

from __future__ import annotations

import asyncio
import asyncio.runners
import contextlib
import gc
import os
import threading
import time
from dataclasses import dataclass

__all__ = ["Footprint", "TaskWatch"]

GRACE_S = 2.0
"""How long a thread that was told to stop may take to end, in seconds."""

GRACE_TURNS = 5
"""Turns of the loop in which a cancelled or finished task may end by itself."""


@dataclass(frozen=True)
class Footprint:
    """What the process holds at one moment."""

    descriptors: frozenset[str]
    threads: frozenset[threading.Thread]

    @classmethod
    def take(cls) -> Footprint:
        """Look at the open descriptors and running threads of this process."""
        return cls(_descriptors(), frozenset(threading.enumerate()))

    def leaks(self) -> list[str]:
        """Name what was added since this footprint was taken; empty when nothing was."""
        found = _thread_leaks(self.threads)
        if _descriptors() - self.descriptors:
            gc.collect()  # an unclosed socket in a cycle then warns with the place of its creation
            found += [f"file descriptor {fd}" for fd in sorted(_descriptors() - self.descriptors)]
        return found


class TaskWatch:
    """Collects the tasks that were still pending when their loop was closed.

    Wraps the step of ``asyncio.Runner.close`` that cancels such tasks without a word. Installed
    once for the whole run and never removed.
    """

    def __init__(self) -> None:
        self._pending: list[str] = []
        self._cancel_all_tasks = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]  # the only place that knows

    def install(self) -> None:
        """Put the watch in the way of every runner of this process."""
        asyncio.runners._cancel_all_tasks = self._note_and_cancel  # type: ignore[attr-defined]  # see __init__

    def leaks(self) -> list[str]:
        """Return the pending tasks noted since the last call, and forget them."""
        found, self._pending = self._pending, []
        return found

    def _note_and_cancel(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(GRACE_TURNS):
            if not asyncio.all_tasks(loop):
                break
            loop.run_until_complete(asyncio.sleep(0))
        self._pending += [f"pending task {task!r}" for task in asyncio.all_tasks(loop)]
        self._cancel_all_tasks(loop)


def _descriptors() -> frozenset[str]:
    """Return ``number -> target`` of every open descriptor; empty where /proc is missing."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for number in os.listdir("/proc/self/fd"):  # noqa: PTH208  # numbers only, and it runs twice a test
            with contextlib.suppress(OSError):  # the descriptor of this very listing is gone again
                found.add(f"{number} -> {os.readlink(f'/proc/self/fd/{number}')}")  # noqa: PTH115  # as above
    return frozenset(found)


def _thread_leaks(before: frozenset[threading.Thread]) -> list[str]:
    deadline = time.monotonic() + GRACE_S
    added = set(threading.enumerate()) - before
    for thread in added:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [f"thread {thread.name}" for thread in added if thread.is_alive()]
