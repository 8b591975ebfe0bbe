"""One worker a bus: runs the units of its devices one at a time, each device in its turn.

A unit is a coroutine that is driven step by step on the thread of the bus. The only thing it may
wait for is ``pause``. A short one is slept on the thread; for the others the event loop waits on
its clock, and the unit goes on. In simulation there is no thread: the steps run on the loop itself,
in virtual time.

States of a job and what moves it on::

    waiting ──its turn──▶ stepping ──unit pauses──▶ pausing ──time is over──▶ stepping
       │                     │  │                     │
       │caller cancelled     │  └─returned, raised────┼──▶ over (the next job gets its turn)
       ▼                     │deadline                │deadline, caller cancelled
     over                    ▼                        ▼
                     over; thread replaced       stepping (the unit is closed) ──▶ over

Jobs wait in lanes, one a device, which are served in turn. A device whose unit hangs is refused
until its thread comes back, so that it leaves one thread behind and not one a try.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from wampedge.devices.contracts import Clock
from wampedge.devices.lanes import Lanes
from wampedge.devices.steps import Job, Outcome, Pause, StepThread, advance, job_under_way
from wampedge.errors import BusBusyError, BusError, BusTimeoutError

__all__ = ["MAX_ABANDONED", "BusWorker", "begin_turn", "mark_progress", "pause"]

log = logging.getLogger(__name__)
Result = TypeVar("Result")

MAX_ABANDONED = 3
"""How many hanging units of no device a bus may leave behind; then it is not tried until one comes
back. Of each device it is one, so that one device can never use up the patience for another."""
_EARLY_S = 1e-6
"""A timer may fire so much before its time, as sums of floats miss the instant."""


async def pause(seconds: float) -> None:
    """Let a unit wait so many seconds on the clock of the event loop; the bus stays with it."""
    await Pause(seconds)


def mark_progress() -> None:
    """Say that the unit gets on, so that its deadline starts again."""
    job = job_under_way()
    if job is not None:
        job.begin_turn(job.lane, job.deadline_s)


def begin_turn(lane: str, deadline_s: float) -> None:
    """Say that the unit, which serves several devices, works for *lane* from now on.

    Each of them has a deadline of its own, and the blame for what hangs in its turn.
    """
    job = job_under_way()
    if job is not None:
        job.begin_turn(lane, deadline_s)


class BusWorker:
    """Runs units on one bus; made, used and closed on the event loop.

    Args:
        name: name of the bus, for errors and the name of the thread.
        clock: the node's clock, to say since when a bus is stuck.
        inline: run the steps on the event loop instead of a thread.
        queue_limit: how many units may wait in each lane.
        shares_pauses: whether a part may be read while another converts.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        inline: bool = False,
        queue_limit: int = 32,
        shares_pauses: bool = False,
    ) -> None:
        self.name = name
        self.shares_pauses = shares_pauses
        self.stuck_since: float | None = None
        self.counts = {"timeouts": 0, "refused": 0}
        self._clock = clock
        self._is_inline = inline
        self._queue_limit = queue_limit
        self._waiting = Lanes()
        self._current: Job | None = None
        self._steps: StepThread | None = None
        self._abandoned: dict[StepThread, str] = {}
        self._is_closed = False

    @property
    def hanging_threads(self) -> int:
        """How many threads were given up and have not come back."""
        return len(self._abandoned)

    def hangs(self, lane: str) -> bool:
        """Whether the last unit of *lane* was given up and has not come back."""
        return bool(lane) and lane in self._abandoned.values()

    async def run(
        self,
        unit: Callable[[], Awaitable[Result]],
        *,
        deadline_s: float,
        may_be_refused: bool = True,
        lane: str = "",
    ) -> Result:
        """Run *unit* when its turn comes and return its result.

        Args:
            unit: makes the coroutine; called when the turn has come.
            deadline_s: how long it may take from its first step on, in seconds.
            may_be_refused: False for work of the node itself, which waits for its turn even when
                callers have filled the queue.
            lane: the device it is for; "" for work that is for none.

        Raises:
            BusBusyError: the queue of the device is full.
            BusTimeoutError: the deadline passed, or the bus or the device is stuck.
            DeviceError: the unit raised something that must not leave it, such as SystemExit.
        """
        if self._is_closed:
            raise BusError(f"bus {self.name} is closed")
        waiting = self._waiting.length_of(lane)
        if may_be_refused and waiting >= self._queue_limit:
            self.counts["refused"] += 1
            raise BusBusyError(f"bus {self.name} is busy: {waiting} units wait for it")
        loop = asyncio.get_running_loop()
        job = Job(unit, loop.create_future(), deadline_s, lane)
        self._waiting.put(job)
        if self._current is None:
            self._next()
        try:
            return cast("Result", await job.answer)
        except asyncio.CancelledError:
            self._withdraw(job)
            raise

    def refuse_waiting(self, reason: str) -> None:
        """Answer every unit that waits with a BusError; the one under way goes on."""
        for job in self._waiting.take_all():
            job.fail(BusError(f"bus {self.name} {reason}"))

    def hurry(self, within_s: float) -> None:
        """Give the unit under way so many seconds more, instead of the rest of its deadline."""
        job = self._current
        if job is None:
            return
        job.longest_s = within_s
        job.begin_turn(job.lane, within_s)
        self._wait_for_deadline(job)

    async def close(self) -> None:
        """Refuse what waits, let the unit under way end (or its deadline), end the thread."""
        self._is_closed = True
        self.refuse_waiting("is closed")
        if self._current is not None:
            over = asyncio.get_running_loop().create_future()
            self._current.on_over = over
            await over
        if self._steps is not None:
            self._steps.stop()
            self._steps = None

    def _next(self) -> None:
        """Give the turn to the first job that waits."""
        while len(self._waiting) and self._current is None:
            job = self._waiting.take()
            if job.answer.done():
                continue
            refusal = self._refusal(job)
            if refusal is not None:
                job.fail(refusal)
                continue
            self._current = job
            job.start()
            self._arm(job)
            self._step(job)

    def _refusal(self, job: Job) -> BusTimeoutError | None:
        """Return why *job* is not tried, if it is not."""
        if self.hangs(job.lane):
            for steps, lane in self._abandoned.items():
                if lane == job.lane:
                    steps.interrupt()
            text = f"bus {self.name}: the last unit of {job.lane} still hangs"
            return BusTimeoutError(text)
        if list(self._abandoned.values()).count("") >= MAX_ABANDONED:
            return BusTimeoutError(f"bus {self.name} is stuck: {MAX_ABANDONED} threads hang")
        return None

    def _arm(self, job: Job) -> None:
        job.stop_timers()
        job.begin_turn(job.lane, job.deadline_s)
        self._wait_for_deadline(job)

    def _wait_for_deadline(self, job: Job) -> None:
        if job.deadline is not None:
            job.deadline.cancel()
        job.deadline = job.loop.call_at(job.due, self._expire, job)

    def _step(self, job: Job) -> None:
        job.pausing = None
        if self._is_inline:
            self._stepped(job, advance(job))
            return
        if self._steps is None:
            self._steps = StepThread(f"bus {self.name}", job.loop)
        job.is_stepping = True
        self._steps.submit(job, self._stepped)

    def _stepped(self, job: Job, outcome: Outcome) -> None:
        """Take what a step came to; runs on the loop."""
        job.is_stepping = False
        if job is not self._current:
            return
        if job.answer.done() and not job.is_closing and isinstance(outcome, Pause):
            self._close(job)
        elif isinstance(outcome, Pause):
            job.pausing = job.loop.call_later(max(0.0, outcome.seconds), self._step, job)
            if job.deadline is not None and job.due < job.deadline.when():
                self._wait_for_deadline(job)  # the turn that began is a shorter one
        else:
            outcome.settle(job)
            self._end(job)

    def _close(self, job: Job) -> None:
        """Let the unit run its ``finally`` blocks, within a deadline of its own."""
        job.is_closing = True
        self._arm(job)
        self._step(job)

    def _end(self, job: Job) -> None:
        job.stop_timers()
        self._current = None
        if job.on_over is not None and not job.on_over.done():
            job.on_over.set_result(None)
        if len(self._waiting):
            # A turn of the loop between two units keeps a full queue from starving everything
            # else when steps run inline.
            job.loop.call_soon(self._next)

    def _expire(self, job: Job) -> None:
        """The deadline of the job under way has passed: answer, and free the bus."""
        if job.loop.time() < job.due - _EARLY_S:
            self._wait_for_deadline(job)
            return
        self.counts["timeouts"] += 1
        job.fail(BusTimeoutError(f"bus {self.name}: no end within {job.deadline_s:g} s"))
        if not job.is_stepping:
            self._leave(job)
            return
        self._abandon(job.lane)
        self._end(job)

    def _withdraw(self, job: Job) -> None:
        """The caller does not wait any more; a step under way ends by itself or expires."""
        if job is self._current and not job.is_stepping:
            self._leave(job)

    def _leave(self, job: Job) -> None:
        """End a job that pauses."""
        if job.is_closing:
            self._end(job)
        else:
            self._close(job)

    def _abandon(self, lane: str) -> None:
        steps = self._steps
        assert steps is not None, "only a step on a thread can be stuck"
        self._steps = None
        self._abandoned[steps] = lane
        self.stuck_since = self.stuck_since or self._clock.monotonic()
        log.error("bus %s: a unit%s hangs; its thread is replaced", self.name, _of(lane))
        steps.abandon(lambda: self._came_back(steps))

    def _came_back(self, steps: StepThread) -> None:
        lane = self._abandoned.pop(steps, "")
        if not self._abandoned:
            self.stuck_since = None
        log.info("bus %s: a hanging unit%s came to its end", self.name, _of(lane))


def _of(lane: str) -> str:
    return f" of {lane}" if lane else ""
