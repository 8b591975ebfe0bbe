"""Turns of the event loop, which tests wait for instead of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["turns", "until"]

_PATIENCE_S = 5.0


async def turns(count: int = 5) -> None:
    """Let the event loop do what is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(is_true: Callable[[], Any]) -> None:
    """Let the event loop turn until something holds; raises TimeoutError after 5 s."""
    async with asyncio.timeout(_PATIENCE_S):
        while not is_true():  # noqa: ASYNC110  # turns of the loop, not time, are waited for
            await asyncio.sleep(0)
