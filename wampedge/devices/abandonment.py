"""How a unit that was given up learns of it before it touches its bus again.

Apart from the worker, so that a driver can be looked at without loading asyncio.
"""

from __future__ import annotations

import threading
from typing import Protocol

from wampedge.errors import BusTimeoutError

__all__ = ["Steps", "runs_steps", "stop_if_abandoned"]

_thread = threading.local()


class Steps(Protocol):
    """The thread of a worker, as the code that runs on it may see it."""

    is_abandoned: bool


def runs_steps(steps: Steps) -> None:
    """Say that the present thread runs *steps* from now on."""
    _thread.steps = steps


def stop_if_abandoned() -> None:
    """End a unit whose deadline passed while it was stuck; does nothing anywhere else.

    Raises:
        BusTimeoutError: the caller has its answer already and the bus serves others now.
    """
    steps: Steps | None = getattr(_thread, "steps", None)
    if steps is not None and steps.is_abandoned:
        raise BusTimeoutError("this unit was given up when its deadline passed")
