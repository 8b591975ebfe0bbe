"""One step of the stop of a node: bounded in time, and no obstacle to the next one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

__all__ = ["STEP_LIMIT_S", "stop_step"]

log = logging.getLogger(__name__)

STEP_LIMIT_S = 2.0
"""How long one step of the stop may take; the steps with devices have limits of their own."""


async def stop_step(
    name: str, act: Callable[[], Awaitable[None]], *, limit_s: float | None = STEP_LIMIT_S
) -> None:
    """Do one step of the stop; whatever happens, the next one has its turn in time."""
    try:
        async with asyncio.timeout(limit_s):
            await act()
    except TimeoutError:
        log.error("%s: did not stop within %g s", name, limit_s)
    except Exception:  # outermost edge: the rest has to be stopped all the same
        log.exception("%s: failed to stop", name)
