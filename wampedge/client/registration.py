"""A procedure this session offers, and a topic it listens to: what users hold of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from wampedge.client.call_input import CallInput
from wampedge.client.callbacks import Shape, adapt
from wampedge.client.failure_log import FailureLog
from wampedge.client.listener import Listener
from wampedge.client.results import CallDetails
from wampedge.wamp.messages import Invocation

if TYPE_CHECKING:
    from wampedge.client.grants import Grants

__all__ = ["Registration", "Subscription"]


class Registration:
    """One registered procedure; made by ``Session.register``, ends with its session.

    Attributes:
        procedure: its URI (or pattern).
        endpoint: the user's function.
        takes_input: the endpoint reads the input of a call part by part.
        registration_id: the router's id, 0 until it has answered.
        is_active: whether calls can arrive.
        failures: the log of the endpoint's bugs.
        on_revoked: called with the reason when the router takes the registration away.
    """

    def __init__(
        self, grants: Grants, procedure: str, endpoint: Callable[..., Any], shape: Shape
    ) -> None:
        self.procedure = procedure
        self.endpoint = endpoint
        self.takes_input = shape.takes_input
        self.registration_id = 0
        self.is_active = False
        self.failures = FailureLog(f"procedure {procedure}")
        self.on_revoked: Callable[[str], None] | None = None
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.invoke = adapt(endpoint, shape, self._details_of)
        self._grants = grants

    def input_of(self, invocation: Invocation) -> CallInput:
        """Return the input that begins with *invocation*."""
        is_last = invocation.details.get("progress") is not True
        return CallInput(self._details_of(invocation), is_last=is_last)

    async def unregister(self) -> None:
        """Take the procedure back; does nothing when it is not registered any more.

        Raises:
            ApplicationError: the router refuses.
            CallTimeoutError: the router does not answer.
        """
        await self._grants.unregister(self)

    def _details_of(self, invocation: Invocation) -> CallDetails:
        options: Mapping[str, Any] = invocation.details
        procedure = options.get("procedure")
        request_id = invocation.request_id
        return CallDetails(
            procedure if isinstance(procedure, str) else self.procedure,
            invocation.payload,
            options,
            options.get("receive_progress") is True,
            partial(self._grants.send_progress, request_id),
        )


class Subscription:
    """One subscribed topic; made by ``Session.subscribe``, ends with its session.

    Attributes:
        listener: the user's function and the events that wait for it.
        subscription_id: the router's id, 0 until it has answered.
        is_active: whether events can arrive.
        on_revoked: called with the reason when the router ends the subscription.
    """

    def __init__(self, grants: Grants, listener: Listener) -> None:
        self.listener = listener
        self.subscription_id = 0
        self.is_active = False
        self.on_revoked: Callable[[str], None] | None = None
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._grants = grants

    @property
    def topic(self) -> str:
        """Its URI (or pattern)."""
        return self.listener.topic

    async def unsubscribe(self) -> None:
        """Listen no more; does nothing when the subscription has ended.

        Raises:
            CallTimeoutError: the router does not answer.
        """
        await self._grants.unsubscribe(self)
