"""One worker a bus: runs the units of its devices one at a time, in the order they came.

A unit is a coroutine that is driven step by step on the thread of the bus. The only thing it may
wait for is ``pause``: then the event loop waits on its clock and the unit goes on. In simulation
there is no thread: the steps run on the loop itself, in virtual time.

States of a job and what moves it on::

    waiting ──its turn──▶ stepping ──unit pauses──▶ pausing ──time is over──▶ stepping
       │                     │  │                     │
       │caller cancelled     │  └─returned, raised────┼──▶ over (the next job gets its turn)
       ▼                     │deadline                │deadline, caller cancelled
     over                    ▼                        ▼
                     over; thread replaced       stepping (the unit is closed) ──▶ over
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar, cast

from wampedge.devices.abandonment import runs_steps
from wampedge.devices.contracts import Clock
from wampedge.errors import BusBusyError, BusError, BusTimeoutError, DeviceError

__all__ = ["MAX_ABANDONED", "BusWorker", "mark_progress", "pause"]

log = logging.getLogger(__name__)
Result = TypeVar("Result")

MAX_ABANDONED = 3
"""How many stuck threads a bus may leave behind; then it is not tried until one comes back."""

_thread = threading.local()


@dataclass(frozen=True, slots=True)
class _Pause:
    seconds: float

    def __await__(self) -> Generator[_Pause, None, None]:
        yield self


async def pause(seconds: float) -> None:
    """Let a unit wait so many seconds on the clock of the event loop; the bus stays with it."""
    await _Pause(seconds)


def mark_progress() -> None:
    """Say that the unit gets on, so that its deadline starts again.

    For a unit that serves several devices in turn: each of them has the whole deadline. The unit
    that stops getting on is given up between one and two deadlines after its last mark.
    """
    job = getattr(_thread, "job", None)
    if job is not None:
        job.marks += 1


class BusWorker:
    """Runs units on one bus; made, used and closed on the event loop.

    Args:
        name: name of the bus, for errors and the name of the thread.
        clock: the node's clock, to say since when a bus is stuck.
        inline: run the steps on the event loop instead of a thread.
        queue_limit: how many units may wait.
    """

    def __init__(
        self, name: str, clock: Clock, *, inline: bool = False, queue_limit: int = 32
    ) -> None:
        self.name = name
        self.stuck_since: float | None = None
        self._clock = clock
        self._is_inline = inline
        self._queue_limit = queue_limit
        self._waiting: deque[_Job] = deque()
        self._current: _Job | None = None
        self._steps: _Steps | None = None
        self._abandoned: set[_Steps] = set()
        self._is_closed = False

    async def run(
        self,
        unit: Callable[[], Awaitable[Result]],
        *,
        deadline_s: float,
        may_be_refused: bool = True,
    ) -> Result:
        """Run *unit* when its turn comes and return its result.

        Args:
            unit: makes the coroutine; called when the turn has come.
            deadline_s: how long it may take from its first step on, in seconds.
            may_be_refused: False for work of the node itself, which waits for its turn even when
                callers have filled the queue.

        Raises:
            BusBusyError: the queue is full.
            BusTimeoutError: the deadline passed, or the bus is stuck.
            DeviceError: the unit raised something that must not leave it, such as SystemExit.
        """
        if self._is_closed:
            raise BusError(f"bus {self.name} is closed")
        if may_be_refused and len(self._waiting) >= self._queue_limit:
            raise BusBusyError(f"bus {self.name} is busy: {len(self._waiting)} units wait for it")
        loop = asyncio.get_running_loop()
        job = _Job(unit, loop.create_future(), deadline_s)
        self._waiting.append(job)
        if self._current is None:
            self._next()
        try:
            return cast("Result", await job.answer)
        except asyncio.CancelledError:
            self._withdraw(job)
            raise

    def refuse_waiting(self, reason: str) -> None:
        """Answer every unit that waits with a BusError; the one under way goes on."""
        while self._waiting:
            self._waiting.popleft().fail(BusError(f"bus {self.name} {reason}"))

    def hurry(self, within_s: float) -> None:
        """Give the unit under way so many seconds more, instead of the rest of its deadline."""
        job = self._current
        if job is None:
            return
        job.deadline_s, job.marks_seen = within_s, job.marks
        if job.deadline is not None:
            job.deadline.cancel()
        job.deadline = job.loop.call_later(within_s, self._expire, job)

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
        while self._waiting and self._current is None:
            job = self._waiting.popleft()
            if job.answer.done():
                continue
            if len(self._abandoned) >= MAX_ABANDONED:
                job.fail(BusTimeoutError(f"bus {self.name} is stuck: {MAX_ABANDONED} threads hang"))
                continue
            self._current = job
            job.start()
            self._arm(job)
            self._step(job)

    def _arm(self, job: _Job) -> None:
        job.stop_timers()
        job.deadline = job.loop.call_later(job.deadline_s, self._expire, job)

    def _step(self, job: _Job) -> None:
        job.pausing = None
        if self._is_inline:
            self._stepped(job, _advance(job))
            return
        if self._steps is None:
            self._steps = _Steps(self.name, job.loop)
        job.is_stepping = True
        self._steps.submit(job, self._stepped)

    def _stepped(self, job: _Job, outcome: _Outcome) -> None:
        """Take what a step came to; runs on the loop."""
        job.is_stepping = False
        if job is not self._current:
            return
        if job.answer.done() and not job.is_closing and isinstance(outcome, _Pause):
            self._close(job)
        elif isinstance(outcome, _Pause):
            job.pausing = job.loop.call_later(max(0.0, outcome.seconds), self._step, job)
        else:
            outcome.settle(job)
            self._end(job)

    def _close(self, job: _Job) -> None:
        """Let the unit run its ``finally`` blocks, within a deadline of its own."""
        job.is_closing = True
        self._arm(job)
        self._step(job)

    def _end(self, job: _Job) -> None:
        job.stop_timers()
        self._current = None
        if job.on_over is not None and not job.on_over.done():
            job.on_over.set_result(None)
        if self._waiting:
            # A turn of the loop between two units keeps a full queue from starving everything
            # else when steps run inline.
            job.loop.call_soon(self._next)

    def _expire(self, job: _Job) -> None:
        """The deadline of the job under way has passed: answer, and free the bus."""
        if job.marks != job.marks_seen:
            job.marks_seen = job.marks
            job.deadline = job.loop.call_later(job.deadline_s, self._expire, job)
            return
        job.fail(BusTimeoutError(f"bus {self.name}: no end within {job.deadline_s:g} s"))
        if not job.is_stepping:
            self._leave(job)
            return
        self._abandon()
        self._end(job)

    def _withdraw(self, job: _Job) -> None:
        """The caller does not wait any more; a step under way ends by itself or expires."""
        if job is self._current and not job.is_stepping:
            self._leave(job)

    def _leave(self, job: _Job) -> None:
        """End a job that pauses."""
        if job.is_closing:
            self._end(job)
        else:
            self._close(job)

    def _abandon(self) -> None:
        steps = self._steps
        assert steps is not None, "only a step on a thread can be stuck"
        self._steps = None
        self._abandoned.add(steps)
        self.stuck_since = self.stuck_since or self._clock.monotonic()
        log.error("bus %s: a unit hangs; its thread is replaced", self.name)
        steps.abandon(lambda: self._came_back(steps))

    def _came_back(self, steps: _Steps) -> None:
        self._abandoned.discard(steps)
        if not self._abandoned:
            self.stuck_since = None
        log.info("bus %s: a hanging unit came to its end", self.name)


class _Job:
    """One unit on its way; owned by the worker, on the event loop."""

    __slots__ = (
        "answer", "coroutine", "deadline", "deadline_s", "is_closing", "is_stepping", "loop",
        "marks", "marks_seen", "on_over", "pausing", "unit",
    )  # fmt: skip

    def __init__(
        self,
        unit: Callable[[], Awaitable[Any]],
        answer: asyncio.Future[Any],
        deadline_s: float,
    ) -> None:
        self.unit = unit
        self.answer = answer
        self.deadline_s = deadline_s
        self.loop = answer.get_loop()
        self.coroutine: Coroutine[Any, Any, Any]
        self.deadline: asyncio.TimerHandle | None = None
        self.pausing: asyncio.TimerHandle | None = None
        self.on_over: asyncio.Future[None] | None = None
        self.is_stepping = False
        self.is_closing = False
        self.marks = self.marks_seen = 0

    def start(self) -> None:
        """Make the coroutine; the code of the unit itself runs in the first step."""
        self.coroutine = _as_coroutine(self.unit)

    def fail(self, error: BaseException) -> None:
        """Answer with *error*, unless answered before."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def stop_timers(self) -> None:
        """Forget the deadline and the pause."""
        for timer in (self.deadline, self.pausing):
            if timer is not None:
                timer.cancel()
        self.deadline = self.pausing = None


async def _as_coroutine(unit: Callable[[], Awaitable[Any]]) -> Any:
    return await unit()


@dataclass(frozen=True, slots=True)
class _Returned:
    value: Any

    def settle(self, job: _Job) -> None:
        if not job.answer.done():
            job.answer.set_result(self.value)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException

    def settle(self, job: _Job) -> None:
        if job.answer.done():
            log.warning("a unit failed after its caller had gone: %s", self.error)
        job.fail(self.error)


_Outcome = _Pause | _Returned | _Raised


def _advance(job: _Job) -> _Outcome:
    """Run the unit to its next pause or its end; nothing it raises gets past here."""
    coroutine = job.coroutine
    _thread.job = job
    try:
        if job.is_closing:
            coroutine.close()
            return _Returned(None)
        wanted = coroutine.send(None)
        if isinstance(wanted, _Pause):
            return wanted
        coroutine.close()
    except StopIteration as stop:
        return _Returned(stop.value)
    except Exception as error:  # noqa: BLE001 # the caller gets it; the thread must live on
        return _Raised(error)
    except BaseException as error:  # noqa: BLE001 # a driver must not end the process (sys.exit)
        return _Raised(_contained(error))
    finally:
        _thread.job = None
    return _Raised(DeviceError(f"the driver awaits {type(wanted).__name__}; it may only pause"))


def _contained(error: BaseException) -> DeviceError:
    contained = DeviceError(f"the driver raised {type(error).__name__}: {str(error)[:200]}")
    contained.__cause__ = error
    return contained


class _Steps:
    """One thread that runs steps; a daemon, so that a hanging one cannot hold up the exit."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.is_abandoned = False
        self._loop = loop
        self._jobs: SimpleQueue[tuple[_Job, Callable[[_Job, _Outcome], None]] | None]
        self._jobs = SimpleQueue()
        self._on_back: Callable[[], None] | None = None
        threading.Thread(target=self._run, name=f"bus {name}", daemon=True).start()

    def submit(self, job: _Job, on_outcome: Callable[[_Job, _Outcome], None]) -> None:
        """Run one step of *job* and tell *on_outcome* on the loop."""
        self._jobs.put((job, on_outcome))

    def stop(self) -> None:
        """End the thread after the steps submitted so far."""
        self._jobs.put(None)

    def abandon(self, on_back: Callable[[], None]) -> None:
        """End the thread when its step ends, if ever; tell *on_back* on the loop."""
        self._on_back = on_back
        self.is_abandoned = True
        self.stop()

    def _run(self) -> None:
        runs_steps(self)
        while (entry := self._jobs.get()) is not None:
            job, on_outcome = entry
            outcome = _advance(job)
            if self.is_abandoned and isinstance(outcome, _Pause):
                job.is_closing = True
                _advance(job)
            self._tell(on_outcome, job, outcome)
            del job, on_outcome, entry, outcome  # an idle thread keeps no device alive
        if self._on_back is not None:
            self._tell(self._on_back)

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(callback, *args)
