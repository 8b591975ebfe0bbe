"""The invocations of one session: running endpoints, answering for them, giving them up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from wampedge.client.callbacks import is_unfinished
from wampedge.client.outcomes import describe_failure, misfit_of
from wampedge.client.registration import Registration
from wampedge.client.results import CallResult
from wampedge.errors import ProtocolError
from wampedge.wamp.messages import Error, Interrupt, Invocation, Message
from wampedge.wamp.payload import Payload
from wampedge.wamp.protocol import ClientProtocol

__all__ = ["MAX_RUNNING", "Invocations"]

MAX_RUNNING = 1000
"""``async`` endpoints running at a time for one session; more are answered ``busy``."""


class Invocations:
    """Owned by one ``Session``.

    A plain endpoint runs to its end inside ``start``, without a task. An ``async`` one gets one
    task, which INTERRUPT and the end of the session cancel.

    Args:
        protocol: the state machine of the session.
        send: sends one message; raises ProtocolError when it cannot be encoded.
    """

    def __init__(self, protocol: ClientProtocol, send: Callable[[Message], None]) -> None:
        self._protocol = protocol
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._task_by_request: dict[int, asyncio.Task[None]] = {}

    def start(self, registration: Registration, invocation: Invocation) -> None:
        """Run the endpoint of *registration*, and answer as soon as it has ended."""
        request_id = invocation.request_id
        if len(self._task_by_request) >= MAX_RUNNING:
            text = f"{MAX_RUNNING} calls are running already"
            self._send_error(request_id, "wampedge.error.busy", Payload((text,)))
            return
        try:
            outcome = registration.invoke(invocation)
            if is_unfinished(outcome):
                task = self._finish(registration, invocation, outcome)
                self._task_by_request[request_id] = self._loop.create_task(
                    task, name=f"call of {registration.procedure}"
                )
                return
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # outermost edge: even SystemExit is only a bug of the endpoint
            self._refuse(registration, invocation, error)
        else:
            self._answer(request_id, outcome)

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
        finally:
            del self._task_by_request[invocation.request_id]

    def _answer(self, request_id: int, value: Any) -> None:
        if isinstance(value, CallResult):
            payload = value.payload
        else:
            payload = value if isinstance(value, Payload) else Payload((value,))
        message = self._protocol.yield_result(request_id, payload)
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
        if failure is None and isinstance(error, TypeError):
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
