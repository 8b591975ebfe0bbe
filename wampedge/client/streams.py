"""Calls in parts: results that come one by one, and arguments that are sent one by one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from wampedge.client.calls import Calls, Rest
from wampedge.client.conversation import OnProgress
from wampedge.client.results import CallResult
from wampedge.errors import ApplicationError, LocalProtocolError
from wampedge.wamp.payload import Payload

__all__ = ["MAX_WAITING_RESULTS", "OpenCall", "ResultStream"]

MAX_WAITING_RESULTS = 10_000
"""Progressive results that wait for their reader before the call is given up."""


class ResultStream:
    """The progressive results of one call, then its result; made by ``Session.stream``.

    ``async for`` gives each progressive result as it comes, and raises what ``Session.call``
    raises; ``result`` is there afterwards. A loop that may be left early belongs into ``async
    with``: leaving that cancels the call, as cancelling the task does.

    Args:
        begin: sends the CALL; takes the function that gets each progressive result.
    """

    def __init__(self, begin: Callable[..., tuple[int, Rest]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._parts: deque[CallResult] = deque()
        self._arrival = asyncio.Event()
        self._is_overrun = False
        self.request_id, rest = begin(on_progress=self._take)
        self._task = self._loop.create_task(rest, name=f"call {self.request_id}")
        self._task.add_done_callback(self._on_end)

    @property
    def has_ended(self) -> bool:
        """Whether the call has its answer, or was given up."""
        return self._task.done()

    @property
    def result(self) -> CallResult:
        """The result of the call, after the last progressive one.

        Raises:
            asyncio.InvalidStateError: it is not there yet.
            WampedgeError: the call failed.
        """
        return self._task.result()

    async def wait(self) -> CallResult:
        """Wait for the result, whatever progressive ones nobody has read."""
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            await self._stop()
            raise

    async def aclose(self) -> None:
        """Give the call up, if it has no answer yet; safe to repeat."""
        await self._stop()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CallResult:
        while not self._parts:
            if self._is_overrun:
                text = f"{MAX_WAITING_RESULTS} progressive results wait for their reader"
                raise ApplicationError("wampedge.error.busy", [text])
            if self._task.done():
                self._task.result()
                raise StopAsyncIteration
            self._arrival.clear()
            try:
                await self._arrival.wait()
            except asyncio.CancelledError:
                await self._stop()
                raise
        return self._parts.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    def _take(self, part: CallResult) -> None:
        if len(self._parts) >= MAX_WAITING_RESULTS:
            if not self._is_overrun:
                self._is_overrun = True
                self._loop.call_soon(self._task.cancel)
            return
        self._parts.append(part)
        self._arrival.set()

    def _on_end(self, task: asyncio.Task[CallResult]) -> None:
        if not task.cancelled():
            task.exception()  # looked at: whoever reads the stream may have left
        self._arrival.set()

    async def _stop(self) -> None:
        if not self._task.done():
            # In a later turn: a task cancelled before its first step would send no CANCEL.
            self._loop.call_soon(self._task.cancel)
            await asyncio.wait([self._task])


class OpenCall:
    """A call whose arguments are sent part by part; made by ``Session.open_call``.

    ::

        async with session.open_call("edge.sum") as call:
            for number in numbers:
                await call.send(number)
            total = await call.finish()

    Leaving ``async with`` before ``finish`` cancels the call.

    Args:
        calls: the session's.
        procedure: what is called.
        options: options of the CALL.
        timeout_s: how long the whole call may take.
        wants_progress: take progressive results.
    """

    def __init__(
        self,
        calls: Calls,
        procedure: str,
        *,
        options: Mapping[str, Any],
        timeout_s: float | None,
        wants_progress: bool,
    ) -> None:
        self._calls = calls
        self._procedure = procedure
        self._options = options
        self._timeout_s = timeout_s
        self._wants_progress = wants_progress
        self._stream: ResultStream | None = None

    @property
    def results(self) -> ResultStream:
        """The progressive results; there once the first part is sent.

        Raises:
            LocalProtocolError: nothing was sent yet.
        """
        if self._stream is None:
            raise LocalProtocolError("a call has results once its first part is sent")
        return self._stream

    async def send(self, *args: Any, **kwargs: Any) -> bool:
        """Send one part, and wait until the router has taken most of what was sent.

        Returns:
            False when the callee has answered already, so that nobody wants more.

        Raises:
            ApplicationError: the callee failed already; or somebody has no such calls.
            WampedgeError: as ``Session.call``.
        """
        wanted = self._send(Payload(args, kwargs), is_last=False)
        if wanted:
            await self._calls.wait_writable()
        return wanted

    async def finish(self, *args: Any, **kwargs: Any) -> CallResult:
        """Send the last part, empty if there are no arguments, and wait for the result.

        Raises:
            WampedgeError: as ``Session.call``.
        """
        self._send(Payload(args, kwargs), is_last=True)
        return await self.results.wait()

    async def end_input(self, *args: Any, **kwargs: Any) -> None:
        """Send the last part, as ``finish`` does, to read ``results`` afterwards."""
        self._send(Payload(args, kwargs), is_last=True)

    def pass_on(self, part: Payload, *, is_last: bool) -> bool:
        """Send one part as it came from elsewhere; return and raise as ``send``."""
        return self._send(part, is_last=is_last)

    async def wait_writable(self) -> None:
        """Wait until the router has taken most of what was sent."""
        await self._calls.wait_writable()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            await self._stream.aclose()

    def _send(self, payload: Payload, *, is_last: bool) -> bool:
        if self._stream is None:
            options = self._options if is_last else {**self._options, "progress": True}
            self._stream = ResultStream(partial(self._begin, payload, options))
            return True
        if self._stream.has_ended:
            _ = self._stream.result  # raises what the call raised
            return False
        return self._calls.send_on(self._stream.request_id, payload, is_last=is_last)

    def _begin(
        self, payload: Payload, options: Mapping[str, Any], on_progress: OnProgress
    ) -> tuple[int, Rest]:
        return self._calls.begin(
            self._procedure,
            payload,
            options=options,
            timeout_s=self._timeout_s,
            on_progress=on_progress if self._wants_progress else None,
        )
