"""Where the code of a driver runs: on the worker of its bus, or on the event loop.

Whatever a driver does there, only a ``DeviceError`` comes out: a driver that raises nonsense, calls
``sys.exit`` or never returns hurts only itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from wampedge.devices.worker import BusWorker, pause
from wampedge.errors import BusBusyError, BusTimeoutError, DeviceError
from wampedge.runtime.patience import LoopPatience

if TYPE_CHECKING:
    from wampedge.runtime.threads import BlockingCalls, DeviceThread

__all__ = ["QUEUE_LIMIT", "Execution", "LoopExecution", "WorkerExecution", "contained"]

log = logging.getLogger(__name__)
Result = TypeVar("Result")

QUEUE_LIMIT = 32
"""Units of one device that may wait for it on the event loop."""


class Execution(Protocol):
    """Runs units of one device, one at a time."""

    async def run(
        self,
        unit: Callable[[], Awaitable[Result]],
        *,
        deadline_s: float,
        may_be_refused: bool = True,
    ) -> Result:
        """Run *unit* and return its result.

        Args:
            unit: makes the coroutine; called when its turn has come.
            deadline_s: how long it may take from then on, in seconds.
            may_be_refused: False for the node's own work, of which there is a bounded amount: it
                waits for its turn however many callers crowd the queue.

        Raises:
            BusBusyError: too many units wait already.
            DeviceError: whatever else went wrong.
        """
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Return what a unit awaits to wait on the node's clock."""
        ...

    def thread(self, function: Callable[..., Result], *args: Any) -> Awaitable[Result]:
        """Return what a unit awaits to run *function*, which may block, off the event loop."""
        ...

    @property
    def group(self) -> object:
        """What devices share that can be sampled in one unit."""
        ...

    @property
    def hangs(self) -> bool:
        """Whether the last unit of the device was given up and has not come back."""
        ...

    @property
    def patience(self) -> LoopPatience | None:
        """What times the device on the event loop; None where it runs elsewhere."""
        ...


class WorkerExecution:
    """Runs units of one device on the worker of its bus, which serves its devices in turn.

    Args:
        worker: the worker.
        lane: name of the device.
    """

    patience = None

    def __init__(self, worker: BusWorker, lane: str = "") -> None:
        self.worker = worker
        self._lane = lane

    @property
    def group(self) -> object:
        """The worker: one trip to it serves all devices of the bus."""
        return self.worker

    @property
    def hangs(self) -> bool:
        """Whether the last unit of the device was given up and has not come back."""
        return self.worker.hangs(self._lane)

    async def run(
        self,
        unit: Callable[[], Awaitable[Result]],
        *,
        deadline_s: float,
        may_be_refused: bool = True,
    ) -> Result:
        """Run *unit* on the worker; raises DeviceError."""
        return await self.worker.run(
            lambda: contained(unit),
            deadline_s=deadline_s,
            may_be_refused=may_be_refused,
            lane=self._lane,
        )

    async def thread(self, function: Callable[..., Result], *args: Any) -> Result:
        """Run *function* where the unit is: on the worker, which may block."""
        return function(*args)

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Return a pause of the unit; the bus stays with it, but for shared reads (``Batch``)."""
        return pause(seconds)


class LoopExecution:
    """Runs units of one device on the event loop, one after another.

    Args:
        calls: the threads of the node for what blocks; None: of the device alone.
        device: name of the device, for the log.
    """

    hangs = False

    def __init__(self, calls: BlockingCalls | None = None, device: str = "") -> None:
        self.patience = LoopPatience(device)
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._calls = calls
        self._thread: DeviceThread | None = None

    @property
    def group(self) -> object:
        """The device alone."""
        return self

    async def run(
        self,
        unit: Callable[[], Awaitable[Result]],
        *,
        deadline_s: float,
        may_be_refused: bool = True,
    ) -> Result:
        """Run *unit* when the one before has ended; raises DeviceError."""
        if may_be_refused and self._waiting >= QUEUE_LIMIT:
            raise BusBusyError(f"the device is busy: {self._waiting} calls wait for it")
        self._waiting += 1
        try:
            return await self._run(unit, deadline_s)
        finally:
            self._waiting -= 1

    async def thread(self, function: Callable[..., Result], *args: Any) -> Result:
        """Run *function* on a thread; raises DeviceError."""
        if self._thread is None:
            from wampedge.runtime.threads import BlockingCalls, DeviceThread  # noqa: PLC0415 # rarely used

            self._thread = DeviceThread(self._calls or BlockingCalls())
        return await self._thread.run(function, *args)

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Return an ordinary sleep on the event loop."""
        return asyncio.sleep(seconds)

    async def _run(self, unit: Callable[[], Awaitable[Result]], deadline_s: float) -> Result:
        async with self._lock:
            try:
                async with asyncio.timeout(deadline_s):
                    return await self.patience.watch(contained(unit))
            except BusTimeoutError:
                raise
            except TimeoutError as error:
                raise BusTimeoutError(
                    f"the driver did not answer within {deadline_s:g} s"
                ) from error


async def contained(unit: Callable[[], Awaitable[Result]]) -> Result:
    """Run *unit*; raises DeviceError for whatever goes wrong in it, and nothing else."""
    try:
        return await unit()
    except (DeviceError, asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as error:  # outermost edge of foreign code, which may call sys.exit
        log.exception("a driver failed in an unforeseen way")
        raise DeviceError(f"the driver failed: {_short(error)}") from error


def _short(error: BaseException) -> str:
    text: Any = str(error)
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
