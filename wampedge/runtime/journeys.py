"""Commands that go on after their unit: the caller waits for the end, and hears of the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from wampedge.devices.journey import Journey
from wampedge.devices.values import Value
from wampedge.errors import DeviceError
from wampedge.runtime.values import check_result

__all__ = ["OnPart", "arrived", "check_answer"]

OnPart = Callable[[Value], None]


def check_answer(answer: Any) -> None:
    """Check what a command gave: a journey, or something that can be sent; raises DeviceError."""
    if not isinstance(answer, Journey):
        check_result(answer)


async def arrived(answer: Any, on_part: OnPart | None) -> Any:
    """Return *answer*, or where it ends if it is a journey; raises DeviceError.

    Who stops waiting does not stop the journey: a part under way needs an order to stop.
    """
    if not isinstance(answer, Journey):
        return answer
    end: asyncio.Future[Value] = asyncio.get_running_loop().create_future()

    def on_end(outcome: Value | DeviceError) -> None:
        if end.done():
            return
        if isinstance(outcome, DeviceError):
            end.set_exception(outcome)
        else:
            end.set_result(outcome)

    def tell(value: Value) -> None:
        if on_part is not None and not end.done():
            on_part(value)

    answer.follow(tell, on_end)
    return await end
