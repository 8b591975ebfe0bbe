"""Reads several parts of one bus in one unit: while one converts, the others have the bus.

A part that measures for 9 ms four times over would else keep its bus for 36 ms, and each of its
pauses would wake a thread for itself alone. Between two pauses a read has the bus for itself, as
ever; its deadline is as long as if it were alone, since the steps of the others do not count.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from wampedge.devices.steps import Job, Pause, job_under_way
from wampedge.devices.worker import pause
from wampedge.errors import BusTimeoutError, DeviceError

__all__ = ["Turn", "share_pauses"]

_TOGETHER_S = 0.001
"""Pauses that end within this time of each other end together, a little late, with one wake-up."""
_EARLY_S = 1e-6
"""A pause may end so much before its time, as sums of floats miss the instant."""


class Turn:
    """The read of one device, on its way; used in one unit only.

    Args:
        lane: the device.
        deadline_s: how long its steps and pauses may take.
        coroutine: the read; may wait for nothing but pauses, and raises nothing but DeviceError.
        on_end: called with what it gave or how it failed.
    """

    __slots__ = ("_coroutine", "_deadline_s", "_left_s", "_on_end", "lane", "ready_at_s")

    def __init__(
        self,
        lane: str,
        deadline_s: float,
        coroutine: Coroutine[Any, Any, Mapping[str, Any]],
        on_end: Callable[[Mapping[str, Any] | DeviceError], None],
    ) -> None:
        self.lane = lane
        self.ready_at_s = 0.0
        self._deadline_s = self._left_s = deadline_s
        self._coroutine = coroutine
        self._on_end = on_end

    def wait(self, job: Job, now_s: float) -> None:
        """Let *job* wait for this turn, which has to come in time."""
        job.begin_turn(self.lane, self._deadline_s, self.ready_at_s - now_s + self._deadline_s)

    def advance(self, job: Job) -> bool:
        """Go on to the next pause, or to the end; return whether there is more to do."""
        if self._left_s <= 0:
            self._coroutine.close()
            self._on_end(BusTimeoutError(f"no end within {self._deadline_s:g} s"))
            return False
        job.begin_turn(self.lane, self._deadline_s, self._left_s)
        try:
            wanted = self._coroutine.send(None)
        except StopIteration as stop:
            self._on_end(stop.value)
            return False
        except DeviceError as error:
            self._on_end(error)
            return False
        except (asyncio.CancelledError, GeneratorExit) as error:
            self._on_end(DeviceError(f"the driver raised {type(error).__name__}"))
            return False
        if not isinstance(wanted, Pause):
            self._coroutine.close()
            name = type(wanted).__name__
            self._on_end(DeviceError(f"the driver awaits {name}; it may only pause"))
            return False
        self._pause(job, max(0.0, wanted.seconds))
        return True

    def close(self) -> None:
        """End the read where it is."""
        self._coroutine.close()

    def _pause(self, job: Job, seconds: float) -> None:
        """Note when to go on: after the pause, or when the time is over for good."""
        now_s = job.loop.time()
        left_s = job.due - now_s
        self._left_s = left_s - seconds
        self.ready_at_s = now_s + min(seconds, max(left_s, 0.0))


async def share_pauses(turns: Sequence[Turn]) -> None:
    """Carry out all *turns*, each going on when its pause is over; part of a unit of a worker."""
    job = job_under_way()
    assert job is not None, "only a unit of a worker has pauses"
    waiting = [(0.0, number, turn) for number, turn in enumerate(turns)]
    under_way: Turn | None = None
    try:
        while waiting:
            now_s = job.loop.time()
            if waiting[0][0] > now_s + _EARLY_S:
                waiting[0][2].wait(job, now_s)
                await pause(_wake_at_s(waiting) - now_s)
            _, number, under_way = heapq.heappop(waiting)
            if under_way.advance(job):
                heapq.heappush(waiting, (under_way.ready_at_s, number, under_way))
            under_way = None
    finally:
        for turn in [entry[2] for entry in waiting] + ([under_way] if under_way else []):
            turn.close()


def _wake_at_s(waiting: Sequence[tuple[float, int, Turn]]) -> float:
    """Return when the last of those is ready that are ready with the first."""
    limit_s = waiting[0][0] + _TOGETHER_S
    return max(entry[0] for entry in waiting if entry[0] <= limit_s)
