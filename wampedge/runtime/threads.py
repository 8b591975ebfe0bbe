"""Threads for what blocks in a driver without a bus: libraries that wait, files, computations.

A call that hangs keeps its thread until it comes back, if ever; its device gets no other one
meanwhile, so each device leaves at most one behind.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, TypeVar

from wampedge.errors import BusBusyError, BusTimeoutError, DeviceError

__all__ = ["MAX_THREADS", "BlockingCalls", "DeviceThread"]

MAX_THREADS = 8
"""Threads of one node for calls that block, those that hang included."""
_MAX_WAITING = 32

Result = TypeVar("Result")
_Call = tuple[Future[Any], Callable[[], Any]]


class BlockingCalls(Executor):
    """A few daemon threads that run calls in the order they came; owned by the node.

    Unlike the pool of the standard library it never holds up the end of the process.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._busy = 0
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many calls wait for a thread."""
        return self._waiting

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run *fn* on one of the threads; used from the event loop."""
        future: Future[Result] = Future()
        with self._lock:
            self._waiting += 1
            needs_thread = self._threads - self._busy < self._waiting
            if needs_thread and self._threads < MAX_THREADS:
                self._threads += 1
                threading.Thread(target=self._run, name="blocking calls", daemon=True).start()
        self._calls.put((future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads after their present calls; waits for none of them."""
        with self._lock:
            for _ in range(self._threads):
                self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            with self._lock:
                self._waiting -= 1
                self._busy += 1
            future, run = call
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(run())
                except BaseException as error:  # noqa: BLE001 # foreign code may call sys.exit
                    future.set_exception(error)
            del call, future, run  # an idle thread keeps no device alive
            with self._lock:
                self._busy -= 1


class DeviceThread:
    """The calls of one device: one at a time.

    Args:
        calls: the threads of the node.
    """

    def __init__(self, calls: BlockingCalls) -> None:
        self._calls = calls
        self._last: Future[Any] | None = None

    @property
    def hangs(self) -> bool:
        """Whether the last call was given up and has not come back."""
        return self._last is not None and not self._last.done()

    async def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """Run *function* on a thread and return its result.

        Raises:
            BusBusyError: all threads are taken, and enough calls wait.
            BusTimeoutError: the last call of the device still hangs.
            DeviceError: it raised something that must not leave it, such as SystemExit.
        """
        if self.hangs:
            raise BusTimeoutError("its last blocking call still hangs")
        if self._calls.waiting >= _MAX_WAITING:
            raise BusBusyError("all threads for blocking calls are taken")
        call = _Contained(function, args)
        answer = asyncio.get_running_loop().run_in_executor(self._calls, call)
        self._last = call.over
        result: Result = await answer
        return result


class _Contained:
    """A call that nothing but ``Exception`` leaves, and that tells when it is over."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.over: Future[None] = Future()
        self._function = function
        self._args = args

    def __call__(self) -> Any:
        try:
            return self._function(*self._args)
        except Exception:
            raise
        except BaseException as error:
            text = f"the driver raised {type(error).__name__}: {str(error)[:200]}"
            raise DeviceError(text) from error
        finally:
            self.over.set_result(None)
