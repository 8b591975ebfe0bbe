"""Virtual time: an event loop that jumps to its next timer, and the node's clock on top of it.

The loop polls real file descriptors (ptys, sockets, wake-ups of threads) without waiting, and moves
its clock only when nothing is ready. So an hour of sampling runs in the time its code takes, and
two runs of the same program see the same instants. It uses ``poll`` and not ``epoll`` on purpose:
``poll`` asks every terminal on every call, and the kernel then first finishes moving bytes that are
still between the two ends of a pty; ``epoll`` would report them some time later.

What runs in real time is not disturbed: on any other loop `SimulatedClock` is the wall clock.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any, Protocol, TypeVar, TypeVarTuple

from wampedge.devices.contracts import Clock
from wampedge.errors import WampedgeError

__all__ = [
    "EPOCH_S",
    "BoardClock",
    "DeadlockError",
    "Events",
    "SimulatedClock",
    "SteppedClock",
    "VirtualClockLoop",
    "run_virtual",
]

EPOCH_S = 1_767_225_600
"""Wall-clock time at which virtual time starts: 2026-01-01 00:00:00 UTC, in Unix seconds."""

_NS = 1_000_000_000
_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")
Events = list[tuple[selectors.SelectorKey, int]]


class DeadlockError(WampedgeError, RuntimeError):
    """Every task waits, no timer is set and no descriptor is ready: nothing can happen any more.

    Args:
        time_s: virtual time since the start of the loop, in seconds.
        waiting: where each task waits.
    """

    def __init__(self, time_s: float, waiting: Sequence[str]) -> None:
        where = "; ".join(waiting) or "no task is left"
        super().__init__(f"nothing is scheduled at {time_s:.9f} s of virtual time: {where}")
        self.time_s = time_s
        self.waiting = tuple(waiting)


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time, counted in whole nanoseconds from 0.

    Time stands still while callbacks run and while a job of ``run_in_executor`` or a `hold` is
    open. Unix sockets and ptys whose other end is served by this loop are exact. Something outside
    of the process has no part in virtual time, unless *patience_s* gives it a real chance.

    Args:
        patience_s: real seconds to wait for descriptors before each jump.
    """

    def __init__(self, *, patience_s: float = 0.0) -> None:
        self._now_ns = 0
        self._holds = 0
        self._patience_s = patience_s
        super().__init__(_VirtualSelector(self._idle))
        self._move(0)

    @property
    def now_ns(self) -> int:
        """Virtual nanoseconds since the start of the loop."""
        return self._now_ns

    @property
    def is_held(self) -> bool:
        """Whether time must stand still: a thread or a `hold` works for this loop."""
        return self._holds > 0

    def time(self) -> float:
        """Return virtual seconds since the start of the loop."""
        return self._now_ns / _NS

    def advance(self, seconds: float) -> None:
        """Move the clock on while a callback runs, as blocking code does that takes *seconds*."""
        if seconds < 0:
            raise ValueError(f"seconds must be 0 or more, got {seconds}")
        self._move(round(seconds * _NS))

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep time from jumping while a thread or process outside works for this loop."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule *callback* at the whole nanosecond nearest to *when*, so that none drifts."""
        return super().call_at(round(when * _NS) / _NS, callback, *args, context=context)

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*_Arguments], _Result],
        *args: *_Arguments,
    ) -> asyncio.Future[_Result]:
        """Run *func* in a thread; virtual time stands still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._holds += 1
        future.add_done_callback(self._end_hold)
        return future

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """End the threads of ``run_in_executor``; virtual time stands still until they are gone."""
        with self.hold():
            await super().shutdown_default_executor(*args, **kwargs)

    def _end_hold(self, _: asyncio.Future[Any]) -> None:
        self._holds -= 1

    def _idle(self, timeout_s: float | None, poll: Callable[[float | None], Events]) -> Events:
        """Let time pass: nothing is ready, and the next timer is *timeout_s* away (None: never)."""
        if self._holds:
            return poll(None)
        if self._patience_s and (events := poll(self._patience_s)):
            return events
        if timeout_s is None:
            raise DeadlockError(self.time(), sorted(map(_describe, asyncio.all_tasks(self))))
        self._move(max(1, round(timeout_s * _NS)))
        return []

    def _move(self, step_ns: int) -> None:
        """Let *step_ns* pass, and tell asyncio how finely a float can still tell the time."""
        self._now_ns += step_ns
        self._clock_resolution = max(1e-9, 2 * math.ulp(self.time()))


class _VirtualSelector(selectors.PollSelector):
    """Polls without waiting; where a real selector would sleep, it asks its loop what to do."""

    def __init__(
        self, idle: Callable[[float | None, Callable[[float | None], Events]], Events]
    ) -> None:
        super().__init__()
        self._idle = idle

    def select(self, timeout: float | None = None) -> Events:
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        return self._idle(timeout, super().select)


class BoardClock(Clock, Protocol):
    """The clock of a simulated board: the node's clock that blocking code can also move."""

    def spend(self, seconds: float) -> None:
        """Let *seconds* pass for code that blocks, such as a transfer with a held clock line."""
        ...

    def pass_by(self, seconds: float) -> None:
        """Let *seconds* pass where that costs nobody anything: in virtual time."""
        ...


class SimulatedClock(BoardClock):
    """The node's clock in simulation.

    On a `VirtualClockLoop` both times are virtual, and the wall clock starts at *epoch_s*. On any
    other loop they are the real ones. May be read from any thread.

    Args:
        loop: the loop that keeps the time; the running one if not given.
        epoch_s: wall-clock time at the start of virtual time, in Unix seconds.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop | None = None, *, epoch_s: float = EPOCH_S
    ) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._epoch_s = epoch_s
        self.is_virtual = isinstance(self._loop, VirtualClockLoop)

    def time(self) -> float:
        """Return the wall-clock time as Unix seconds."""
        return self._epoch_s + self._loop.time() if self.is_virtual else time.time()

    def monotonic(self) -> float:
        """Return the time of the event loop, in seconds."""
        return self._loop.time()

    def spend(self, seconds: float) -> None:
        """Let *seconds* pass: virtual time moves at once, real time blocks the calling thread."""
        if isinstance(self._loop, VirtualClockLoop):
            self._loop.advance(seconds)
        else:
            time.sleep(seconds)

    def pass_by(self, seconds: float) -> None:
        """Let *seconds* of virtual time pass; real time is left alone."""
        if isinstance(self._loop, VirtualClockLoop):
            self._loop.advance(seconds)


class SteppedClock(BoardClock):
    """A clock without a loop: it stands still until `spend` moves it.

    For code that uses a simulated bus without asyncio. Starts at 0 and at *epoch_s*.
    """

    def __init__(self, *, epoch_s: float = EPOCH_S) -> None:
        self._now_ns = 0
        self._epoch_s = epoch_s

    def time(self) -> float:
        """Return the wall-clock time as Unix seconds."""
        return self._epoch_s + self.monotonic()

    def monotonic(self) -> float:
        """Return the seconds spent so far."""
        return self._now_ns / _NS

    def spend(self, seconds: float) -> None:
        """Move the clock on."""
        self._now_ns += round(seconds * _NS)

    def pass_by(self, seconds: float) -> None:
        """Do nothing: the clock stands still until it is told to move."""


def run_virtual(
    main: Coroutine[Any, Any, _Result], *, patience_s: float = 0.0, debug: bool | None = None
) -> _Result:
    """Run *main* like ``asyncio.run``, on virtual time.

    Args:
        main: the coroutine to run.
        patience_s: real seconds given to things outside of the process before each jump.
        debug: debug mode of asyncio.

    Raises:
        DeadlockError: nothing is scheduled any more, but *main* has not ended.
    """

    def new_loop() -> VirtualClockLoop:
        return VirtualClockLoop(patience_s=patience_s)

    with asyncio.Runner(loop_factory=new_loop, debug=debug) as runner:
        try:
            return runner.run(main)
        except (DeadlockError, KeyboardInterrupt):  # the latter ends a run that takes too long
            _cancel_all(runner.get_loop())
            raise


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """Give every task that waits for ever the chance to clean up."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _describe(task: asyncio.Task[Any]) -> str:
    """Say where *task* waits."""
    places = [
        f" in {frame.f_code.co_qualname} ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})"
        for frame in task.get_stack(limit=1)
    ]
    return f"{task.get_name()} waits{''.join(places)}"
