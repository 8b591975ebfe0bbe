"""Try until it is done: for what must happen to an output though nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wampedge.errors import DeviceError, InvalidValueError, RefusedError

__all__ = ["LEAST_PAUSE_S", "insist"]

FIRST_PAUSE_S = 0.1
LAST_PAUSE_S = 5.0
LEAST_PAUSE_S = 0.001
"""A wait that a clock rounds down to nothing must not spin."""


async def insist(
    act: Callable[[], Awaitable[object]], *, gives_up_when_refused: bool = False
) -> bool:
    """Await *act* until it succeeds, with growing pauses; return whether it did.

    Args:
        act: what has to be done.
        gives_up_when_refused: end at a refusal that waiting does not help.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            await act()
        except InvalidValueError:
            return False  # the driver will never take it
        except RefusedError as refusal:
            if refusal.retry_after_s is None and gives_up_when_refused:
                return False
            wait_s = refusal.retry_after_s
        except DeviceError:
            wait_s = None
        else:
            return True
        await asyncio.sleep(pause_s if wait_s is None else max(wait_s, LEAST_PAUSE_S))
        pause_s = min(2 * pause_s, LAST_PAUSE_S)
