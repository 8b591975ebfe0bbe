"""The invocations of one session: running endpoints, answering for them, giving them up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import CoroutineType
from typing import Any

from wampedge.client.call_input import MAX_WAITING_PARTS, CallInput
from wampedge.client.callbacks import is_unfinished
from wampedge.client.outcomes import describe_failure, misfit_of
from wampedge.client.registration import Registration
from wampedge.client.results import CallResult
from wampedge.errors import ApplicationError, ProtocolError
from wampedge.wamp.messages import Error, Interrupt, Invocation, Message
from wampedge.wamp.payload import Payload
from wampedge.wamp.protocol import ClientProtocol

__all__ = ["MAX_RUNNING", "Invocations"]

MAX_RUNNING = 1000
"""``async`` endpoints running at a time for one session; more are answered ``busy``."""
_NO_OPTIONS: dict[str, str] = {}


class Invocations:
    """Owned by one ``Session``.

    A plain endpoint runs to its end inside ``start``, without a task. An ``async`` one gets one
    task, which INTERRUPT, the end of the session and the timeout of a call that the router leaves
    to us cancel.

    Args:
        protocol: the state machine of the session.
        send: sends one message; raises ProtocolError when it cannot be encoded.
    """

    def __init__(self, protocol: ClientProtocol, send: Callable[[Message], None]) -> None:
        self._protocol = protocol
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._task_by_request: dict[int, asyncio.Task[None]] = {}
        self._input_by_request: dict[int, CallInput] = {}

    def start(self, registration: Registration, invocation: Invocation) -> None:
        """Run the endpoint of *registration*, and answer as soon as it has ended."""
        request_id = invocation.request_id
        if len(self._task_by_request) >= MAX_RUNNING:
            text = f"{MAX_RUNNING} calls are running already"
            self._send_error(request_id, "wampedge.error.busy", Payload((text,)))
            return
        try:
            if registration.takes_input or "progress" in invocation.details:
                outcome = self._begin_input(registration, invocation)
            else:
                outcome = registration.invoke(invocation)
            if is_unfinished(outcome):
                task = self._loop.create_task(
                    self._finish(registration, invocation, outcome),
                    name=f"call of {registration.procedure}",
                )
                self._task_by_request[request_id] = task
                task.add_done_callback(partial(self._forget, request_id, outcome))
                if "timeout" in invocation.details:
                    self._bound(request_id, invocation.details["timeout"])
                return
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # outermost edge: even SystemExit is only a bug of the endpoint
            self._refuse(registration, invocation, error)
        else:
            self._answer(request_id, outcome)

    def feed(self, invocation: Invocation) -> None:
        """Hand more input to the endpoint that runs for this invocation."""
        request_id = invocation.request_id
        call_input = self._input_by_request.get(request_id)
        if call_input is None:
            return
        if call_input.is_full:
            text = f"{MAX_WAITING_PARTS} parts of the input wait already"
            self._give_up(request_id, "wampedge.error.busy", text)
            return
        is_last = invocation.details.get("progress") is not True
        call_input.feed(invocation.payload, is_last=is_last)

    def interrupt(self, interrupt: Interrupt) -> None:
        """Cancel the endpoint that runs for this invocation."""
        task = self._task_by_request.get(interrupt.request_id)
        if task is not None:
            self._cancel(task)

    def cancel_all(self) -> None:
        """Cancel what runs: nobody will hear the answers."""
        for task in self._task_by_request.values():
            self._cancel(task)

    async def wait_ended(self) -> None:
        """Wait until nothing runs any more."""
        tasks = [each for each in self._task_by_request.values() if not _is_current(each)]
        if tasks:
            await asyncio.wait(tasks)

    def _begin_input(self, registration: Registration, invocation: Invocation) -> Any:
        """Call an endpoint with what may be the first of several parts.

        Raises:
            ApplicationError: there are several, and the endpoint wants all at once.
        """
        if registration.takes_input:
            call_input = registration.input_of(invocation)
            outcome = registration.endpoint(call_input)
            if is_unfinished(outcome):
                self._input_by_request[invocation.request_id] = call_input
            return outcome
        if invocation.details["progress"] is True:
            text = f"{registration.procedure} takes its arguments in one piece only"
            raise ApplicationError("wamp.error.feature_not_supported", [text])
        return registration.invoke(invocation)

    def _bound(self, request_id: int, timeout_ms: Any) -> None:
        """Let the endpoint of a call run so long only, if that is a time at all."""
        if type(timeout_ms) is not int or timeout_ms <= 0:
            return
        text = f"not done within {timeout_ms} ms"
        timer = self._loop.call_later(
            timeout_ms / 1000, self._give_up, request_id, "wamp.error.timeout", text
        )
        self._task_by_request[request_id].add_done_callback(lambda _: timer.cancel())

    def _give_up(self, request_id: int, uri: str, text: str) -> None:
        """Answer with an error now, and cancel the endpoint."""
        self._send_error(request_id, uri, Payload((text,)))
        self._input_by_request.pop(request_id, None)
        self._cancel(self._task_by_request[request_id])

    def _cancel(self, task: asyncio.Task[None]) -> None:
        # In a later turn: a task cancelled before its first step never gets to its clean-up.
        self._loop.call_soon(task.cancel)

    async def _finish(
        self, registration: Registration, invocation: Invocation, outcome: Awaitable[Any]
    ) -> None:
        try:
            value = await outcome
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # outermost edge of the endpoint's task
            self._refuse(registration, invocation, error)
        else:
            self._answer(invocation.request_id, value)

    def _forget(self, request_id: int, outcome: Any, _: asyncio.Task[None]) -> None:
        """Clean up, also after a task that the end of its loop cancelled before its first step."""
        del self._task_by_request[request_id]
        if self._input_by_request:
            self._input_by_request.pop(request_id, None)
        if type(outcome) is CoroutineType:
            outcome.close()

    def _answer(self, request_id: int, value: Any) -> None:
        options: dict[str, str] = _NO_OPTIONS
        if isinstance(value, CallResult):
            payload = value.payload
            if value.details and value.passthru is not None:
                options = value.passthru.options
        else:
            payload = value if isinstance(value, Payload) else Payload((value,))
        message = self._protocol.yield_result(request_id, payload, options=options)
        if message is None:
            return
        try:
            self._send(message)
        except ProtocolError as error:
            text = f"the result cannot be sent: {error}"
            self._send(_error(request_id, "wamp.error.runtime_error", Payload((text,))))

    def _refuse(
        self, registration: Registration, invocation: Invocation, error: BaseException
    ) -> None:
        failure = describe_failure(error)
        if failure is None and isinstance(error, TypeError) and not registration.takes_input:
            misfit = misfit_of(registration.endpoint, invocation.payload)
            if misfit is not None:
                failure = "wamp.error.invalid_argument", Payload((misfit,), {"reason": misfit})
        if failure is None:
            registration.failures.failed(error, self._loop.time())
            text = f"{registration.procedure} failed with {type(error).__name__}"
            failure = "wamp.error.runtime_error", Payload((text,))
        self._send_error(invocation.request_id, *failure)

    def _send_error(self, request_id: int, uri: str, payload: Payload) -> None:
        message = self._protocol.fail(request_id, uri, payload)
        if message is None:
            return
        try:
            self._send(message)
        except ProtocolError as error:
            text = f"the arguments of the error cannot be sent: {error}"
            self._send(_error(request_id, uri, Payload((text,))))


def _error(request_id: int, uri: str, payload: Payload) -> Error:
    return Error(Invocation.TYPE, request_id, {}, uri, payload)


def _is_current(task: asyncio.Task[None]) -> bool:
    return task is asyncio.current_task()
