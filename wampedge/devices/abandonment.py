"""How a unit that was given up learns of it before it touches its bus again.

Apart from the worker, so that a driver can be looked at without loading asyncio.
"""

from __future__ import annotations

import sys
import threading
from typing import Protocol

from wampedge.errors import BusTimeoutError

__all__ = [
    "AbandonedUnit",
    "Steps",
    "interrupt",
    "may_be_abandoned",
    "runs_steps",
    "stop_if_abandoned",
]

_thread = threading.local()

_HOLDS_LOCKS = frozenset({"logging", "threading", "asyncio.base_events"})
"""Modules that hold locks others need: a thread is not interrupted in the middle of them."""


class AbandonedUnit(BaseException):  # no error: it ends a thread, as SystemExit does
    """Raised in the thread of a unit that was given up while it looped."""


class Steps(Protocol):
    """The thread of a worker, as the code that runs on it may see it."""

    is_abandoned: bool


def runs_steps(steps: Steps) -> None:
    """Say that the present thread runs *steps* from now on."""
    _thread.steps = steps


def may_be_abandoned() -> bool:
    """Say whether the present thread is that of a worker, which is given up when it hangs."""
    return getattr(_thread, "steps", None) is not None


def stop_if_abandoned() -> None:
    """End a unit whose deadline passed while it was stuck; does nothing anywhere else.

    Raises:
        BusTimeoutError: the caller has its answer already and the bus serves others now.
    """
    steps: Steps | None = getattr(_thread, "steps", None)
    if steps is not None and steps.is_abandoned:
        raise BusTimeoutError("this unit was given up when its deadline passed")


def interrupt(thread_id: int) -> bool:
    """Raise ``AbandonedUnit`` in a thread that was given up, at its next line of Python.

    Without it a driver that loops for ever would take half of the processor until the node ends.

    Returns:
        Whether it was raised: not while the thread is where it may hold a lock that others need.
    """
    import ctypes  # noqa: PLC0415 # only when something hangs

    frame = sys._current_frames().get(thread_id)
    while frame is not None:
        if frame.f_globals.get("__name__") in _HOLDS_LOCKS and frame.f_back is not None:
            is_start = frame.f_code.co_name in {"run", "_bootstrap", "_bootstrap_inner"}
            if not is_start:
                return False
        frame = frame.f_back
    raised = ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread_id), ctypes.py_object(AbandonedUnit)
    )
    return bool(raised)
