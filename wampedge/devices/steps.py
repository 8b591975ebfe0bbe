"""A unit of work driven step by step, and the thread that drives it.

What the worker of a bus is made of: a ``Job`` is one unit on its way, ``advance`` runs it to its
next pause, ``StepThread`` does so on a thread that can be given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from wampedge.devices.abandonment import AbandonedUnit, interrupt, runs_steps
from wampedge.errors import DeviceError

__all__ = ["Job", "Outcome", "Pause", "StepThread", "advance", "job_under_way"]

log = logging.getLogger(__name__)

_thread = threading.local()

_SHORT_PAUSE_S = 0.05
"""Pauses up to this length are slept on the thread: a trip through the event loop wakes both twice,
which costs more than the step itself. A unit that is given up ends so much later at most."""


@dataclass(frozen=True, slots=True)
class Pause:
    """What a unit awaits to wait so many seconds."""

    seconds: float

    def __await__(self) -> Generator[Pause, None, None]:
        yield self


class Job:
    """One unit on its way; owned by the worker, on the event loop.

    Attributes:
        lane: whose unit it is, for fairness and for the blame when it hangs.
        deadline_s: how long it, or the present turn in it, may take.
        longest_s: no turn in it may take longer than this; None: any.
        due: when it is given up, in the time of the loop.
    """

    __slots__ = (
        "answer", "coroutine", "deadline", "deadline_s", "due", "is_closing", "is_stepping",
        "lane", "longest_s", "loop", "on_over", "pausing", "unit",
    )  # fmt: skip

    def __init__(
        self,
        unit: Callable[[], Awaitable[Any]],
        answer: asyncio.Future[Any],
        deadline_s: float,
        lane: str,
    ) -> None:
        self.unit = unit
        self.answer = answer
        self.deadline_s = deadline_s
        self.lane = lane
        self.loop = answer.get_loop()
        self.coroutine: Coroutine[Any, Any, Any]
        self.deadline: asyncio.TimerHandle | None = None
        self.pausing: asyncio.TimerHandle | None = None
        self.on_over: asyncio.Future[None] | None = None
        self.longest_s: float | None = None
        self.due = 0.0
        self.is_stepping = False
        self.is_closing = False

    def start(self) -> None:
        """Make the coroutine; the code of the unit itself runs in the first step."""
        self.coroutine = _as_coroutine(self.unit)

    def begin_turn(self, lane: str, deadline_s: float, left_s: float | None = None) -> None:
        """Note that *lane* has its turn in the unit from now on; may be called from its thread.

        Args:
            lane: the device.
            deadline_s: how long it may take.
            left_s: how much of that is left; None: all.
        """
        longest_s = self.longest_s
        self.lane = lane
        self.deadline_s = deadline_s if longest_s is None else min(deadline_s, longest_s)
        left_s = self.deadline_s if left_s is None else left_s
        self.due = self.loop.time() + (left_s if longest_s is None else min(left_s, longest_s))

    def can_sleep(self, seconds: float) -> bool:
        """Return whether a step may sleep so long; from its thread.

        The event loop has to know of a pause that is long, that goes past the deadline or follows
        a turn with an earlier one, and of any pause of a unit for which nobody waits any more.
        """
        deadline = self.deadline
        if seconds > _SHORT_PAUSE_S or self.answer.done() or deadline is None:
            return False
        return self.loop.time() + seconds < self.due and self.due >= deadline.when()

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

    def settle(self, job: Job) -> None:
        if not job.answer.done():
            job.answer.set_result(self.value)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException

    def settle(self, job: Job) -> None:
        if job.answer.done():
            log.warning("a unit failed after its caller had gone: %s", self.error)
        job.fail(self.error)


Outcome = Pause | _Returned | _Raised


def job_under_way() -> Job | None:
    """Return the job whose step runs on this thread now, if any."""
    job: Job | None = getattr(_thread, "job", None)
    return job


def advance(job: Job) -> Outcome:
    """Run the unit to its next pause or its end; nothing it raises gets past here."""
    coroutine = job.coroutine
    _thread.job = job
    try:
        if job.is_closing:
            coroutine.close()
            return _Returned(None)
        wanted = coroutine.send(None)
        if isinstance(wanted, Pause):
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


class StepThread:
    """One thread that runs steps; a daemon, so that a hanging one cannot hold up the exit.

    Args:
        name: name of the thread.
        loop: where outcomes are told.
    """

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.is_abandoned = False
        self._loop = loop
        self._jobs: SimpleQueue[tuple[Job, Callable[[Job, Outcome], None]] | None] = SimpleQueue()
        self._on_back: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job, on_outcome: Callable[[Job, Outcome], None]) -> None:
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
        self.interrupt()

    def interrupt(self) -> None:
        """Try to end a step that loops in Python; one that waits in the kernel is not reached."""
        if self._thread.ident is not None:
            interrupt(self._thread.ident)

    def _run(self) -> None:
        runs_steps(self)
        with contextlib.suppress(AbandonedUnit):  # it may strike between two steps, too
            while (entry := self._jobs.get()) is not None:
                self._step(*entry)
                del entry  # an idle thread keeps no device alive
        if self._on_back is not None:
            self._tell(self._on_back)

    def _step(self, job: Job, on_outcome: Callable[[Job, Outcome], None]) -> None:
        outcome = advance(job)
        while isinstance(outcome, Pause) and not self.is_abandoned:
            if not job.can_sleep(outcome.seconds):
                break
            time.sleep(max(0.0, outcome.seconds))
            outcome = advance(job)
        if self.is_abandoned and isinstance(outcome, Pause):
            job.is_closing = True
            advance(job)
        self._tell(on_outcome, job, outcome)

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(callback, *args)
