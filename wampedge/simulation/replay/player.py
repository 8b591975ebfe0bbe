"""What a replay answers from: contracts of players, and what they have in common.

A player knows the trace and the time. Whatever the node asks for, it gives the entry that answers;
what came by itself it hands out at its time to whoever listens.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from wampedge.errors import BusError
from wampedge.hardware.recording.entries import Entry

__all__ = [
    "Deliver",
    "Difference",
    "Lane",
    "Player",
    "ReplayOverError",
    "Request",
    "Timeline",
    "lane_of",
]

Lane = tuple[str, ...]
"""What has an order of its own: a part on a bus, a port, a line."""
Request = tuple[Any, ...]
"""Kind, bus, place, operation and what is sent, as ``Entry.request``."""
Deliver = Callable[[Entry, int], None]
"""Told of what came by itself, and by how many ns it is late, the node being late with its own."""


class ReplayOverError(BusError):
    """The replay has come to its end, or to a difference; nothing is answered any more."""

    def __init__(self, text: str = "the replay is over") -> None:
        super().__init__(text, errno=errno.ENODEV)


class Difference(NamedTuple):
    """The node did something else than the trace has."""

    at_ns: int
    """When, since the start of the trace."""
    expected: Entry | None
    """What the trace has; None where it has nothing more."""
    made: Request | None
    """What the node did; None where it did nothing more."""


class Player(Protocol):
    """Answers for all parts of a board; used on the event loop only."""

    def answer(self, request: Request) -> Entry:
        """Return the entry that answers *request*; raises ReplayOverError."""
        ...

    def listen(self, lane: Lane, deliver: Deliver | None) -> None:
        """Hand what comes by itself on *lane* to *deliver* from now on; None: to nobody."""
        ...


def lane_of(request: Request, muxed: Iterable[str]) -> Lane:
    """Return the lane of a request, or of what came by itself.

    Args:
        request: the first three are kind, bus and place.
        muxed: I2C buses with multiplexers: what a part there answers depends on who was spoken to
            before, so that the whole bus is one lane.
    """
    kind, bus, at = request[:3]
    if kind == "serial":
        return kind, bus
    if kind == "call":
        return (kind,)
    if kind == "i2c" and bus in muxed:
        return kind, bus
    return kind, bus, at


class Timeline:
    """The time of a trace on the event loop; times are in ns since its start.

    Args:
        start_s: the start of the trace on the clock of the loop, in seconds.
    """

    def __init__(self, start_s: float) -> None:
        self._start_ns = round(start_s * 1e9)
        self._loop = asyncio.get_running_loop()

    @property
    def start_ns(self) -> int:
        """The start on the monotonic clock."""
        return self._start_ns

    def now(self) -> int:
        """Return the present."""
        return round(self._loop.time() * 1e9) - self._start_ns

    def call_at(self, at_ns: int, act: Callable[[], None]) -> asyncio.TimerHandle:
        """Do something at a time of the trace, or soon where it is over."""
        return self._loop.call_at((at_ns + self._start_ns) / 1e9, act)

    async def sleep_until(self, at_ns: int) -> None:
        """Wait for a time of the trace."""
        await asyncio.sleep(max(0.0, (at_ns - self.now()) / 1e9))
