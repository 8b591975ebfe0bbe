"""The input of one invocation, part by part, for endpoints that take it as it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from wampedge.client.results import CallDetails
from wampedge.wamp.payload import Payload

__all__ = ["MAX_WAITING_PARTS", "CallInput"]

MAX_WAITING_PARTS = 1000
"""Parts that wait for one endpoint before its call is refused as ``busy``."""


class CallInput:
    """What a caller sends during one call; an endpoint reads it with ``async for``.

    Each part is a ``Payload`` with ``args``, ``kwargs`` and ``value``; a call that sends all at
    once has one. Made for each invocation of an endpoint that was registered with
    ``takes_input``, and of no use after its answer.

    Attributes:
        details: what is known about the call, from its first part.
    """

    def __init__(self, details: CallDetails, *, is_last: bool) -> None:
        self.details = details
        self._parts = deque([details.payload])
        self._has_ended = is_last
        self._arrival = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether no more parts may wait."""
        return len(self._parts) >= MAX_WAITING_PARTS

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing but the first part, and that is not read yet."""
        return self._has_ended and len(self._parts) == 1

    async def next_part(self) -> tuple[Payload, bool]:
        """Wait for the next part; return it, and whether it is the last one.

        For those who pass the input on; there is nothing to wait for after the last part.
        """
        while not self._parts:
            self._arrival.clear()
            await self._arrival.wait()
        part = self._parts.popleft()
        return part, self._has_ended and not self._parts

    def feed(self, part: Payload, *, is_last: bool) -> None:
        """Take one part from the wire."""
        self._parts.append(part)
        self._has_ended = is_last
        self._arrival.set()

    def progress(self, *args: Any, **kwargs: Any) -> None:
        """Send one progressive result; does nothing when the caller takes none."""
        self.details.progress(*args, **kwargs)

    def __aiter__(self) -> CallInput:
        return self

    async def __anext__(self) -> Payload:
        while not self._parts:
            if self._has_ended:
                raise StopAsyncIteration
            self._arrival.clear()
            await self._arrival.wait()
        return self._parts.popleft()
