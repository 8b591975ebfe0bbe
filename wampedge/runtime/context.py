"""What a driver instance gets from the runtime: its clock, its timers, its way to publish."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from wampedge.devices.contracts import Clock
from wampedge.devices.kept import Kept, KeptInMemory
from wampedge.devices.output_policy import FREE, OutputGuard
from wampedge.devices.peers import Peer
from wampedge.devices.values import Value
from wampedge.errors import DeviceError
from wampedge.runtime.execution import Execution

__all__ = ["Context", "Owner"]

log = logging.getLogger(__name__)


class Owner(Protocol):
    """The runner of the device: receives what the driver publishes by itself."""

    def on_values(self, values: Mapping[str, Value]) -> None:
        """Take values of channels, named as the driver names them."""
        ...

    def on_bad(self, channels: Sequence[str], reason: str) -> None:
        """Take the news that *channels* have no good value."""
        ...

    def on_event(self, event: str, details: Mapping[str, Value]) -> None:
        """Take a momentary event."""
        ...

    def on_failure(self, error: DeviceError) -> None:
        """Take the news that something the driver did later went wrong."""
        ...


class Context:
    """Implements ``DriverContext``; owned by one runner, closed with it.

    May be used from the event loop and from a unit on the worker of the bus.

    Args:
        name: device name.
        clock: the node's clock.
        execution: where units of the device run.
        owner: the runner.
        deadline_s: how long a unit started by ``later`` or ``run_unit`` may take, in seconds.
        kept: what outlives the node; in memory where it is None.
        guard: what stands before the output of the device; a free one where it is None.
        find_peer: returns another device by its name.
    """

    def __init__(  # noqa: PLR0913 # what one device has of the node
        self,
        name: str,
        clock: Clock,
        execution: Execution,
        owner: Owner,
        *,
        deadline_s: float,
        kept: Kept | None = None,
        guard: OutputGuard | None = None,
        find_peer: Callable[[str], Peer] | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.kept: Kept = kept or KeptInMemory()
        self.guard: OutputGuard = guard or FREE
        self._find_peer = find_peer
        self._execution = execution
        self._owner = owner
        self._deadline_s = deadline_s
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._is_closed = False

    def peer(self, name: str) -> Peer:
        """Return another device."""
        assert self._find_peer is not None, "every device of a node has neighbours"
        return self._find_peer(name)

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Return what a unit awaits to wait on the node's clock."""
        return self._execution.sleep(seconds)

    def thread(self, function: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Return what a unit awaits to run *function*, which may block, off the event loop."""
        return self._execution.thread(function, *args)

    def emit(self, event: str, **details: Value) -> None:
        """Publish a momentary event and what rides with it."""
        self.on_loop(self._owner.on_event, event, details)

    def publish(self, values: Mapping[str, Value]) -> None:
        """Publish values that arrived by themselves."""
        self.on_loop(self._owner.on_values, values)

    def bad(self, channels: Sequence[str], reason: str) -> None:
        """Publish that *channels* have no good value now."""
        self.on_loop(self._owner.on_bad, channels, reason)

    def on_loop(self, callback: Callable[..., None], *args: Any) -> None:
        """Call *callback* on the event loop: at once when already there, else soon."""
        if self._is_closed:
            return
        if threading.get_ident() == self._loop_thread:
            callback(*args)
        else:
            self._loop.call_soon_threadsafe(self._call_unless_closed, callback, args)

    def later(self, seconds: float, action: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Run *action* as a unit in so many seconds; return a function that cancels it.

        Once the action has begun it is no longer cancelled: a half-done transaction would leave
        the part in an unknown state.
        """
        is_cancelled = False
        handle: asyncio.TimerHandle | None = None

        def cancel() -> None:
            nonlocal is_cancelled
            is_cancelled = True
            self.on_loop(drop)

        def drop() -> None:
            if handle is not None:
                handle.cancel()
                self._timers.discard(handle)

        def start() -> None:
            nonlocal handle
            if not (is_cancelled or self._is_closing):
                handle = self._loop.call_later(seconds, fire)
                self._timers.add(handle)

        def fire() -> None:
            if handle is not None:
                self._timers.discard(handle)
            self._spawn(unless_cancelled)

        async def unless_cancelled() -> None:
            if not (is_cancelled or self._is_closing):
                await action()

        self.on_loop(start)
        return cancel

    async def run_unit(self, unit: Callable[[], Awaitable[Any]]) -> Any:
        """Run *unit* as one unit of the device and return its result; raises DeviceError."""
        return await self._execution.run(unit, deadline_s=self._deadline_s)

    @property
    def has_plans(self) -> bool:
        """Whether an action is planned with ``later``, such as the end of a pulse."""
        return bool(self._timers)

    def cancel_timers(self) -> None:
        """Forget every action planned with ``later``, and plan no more: the device stops."""
        self._is_closing = True
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    async def close(self) -> None:
        """Forget planned actions, wait for those that have begun, ignore what comes later."""
        self.cancel_timers()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._is_closed = True

    def _call_unless_closed(self, callback: Callable[..., None], args: tuple[Any, ...]) -> None:
        if not self._is_closed:
            callback(*args)

    def _spawn(self, action: Callable[[], Awaitable[None]]) -> None:
        task = self._loop.create_task(self._run_planned(action), name=f"{self.name} later")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_planned(self, action: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._execution.run(action, deadline_s=self._deadline_s, may_be_refused=False)
        except DeviceError as error:
            self._owner.on_failure(error)
