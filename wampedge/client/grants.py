"""What the router grants a session: its registrations and subscriptions, asked for and given back.

``Session`` is what users see; this is the part of it that offers and listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from wampedge.client.callbacks import Shape
from wampedge.client.conversation import Conversation
from wampedge.client.listener import Listener
from wampedge.client.registration import Registration, Subscription
from wampedge.errors import ApplicationError
from wampedge.wamp.messages import Message
from wampedge.wamp.payload import Payload

_NONE: Mapping[str, Any] = {}

__all__ = ["REQUEST_TIMEOUT_S", "Grants"]

REQUEST_TIMEOUT_S = 10.0
"""How long a router may take to answer REGISTER, SUBSCRIBE and their like."""
_GONE_ALREADY = ("wamp.error.no_such_registration", "wamp.error.no_such_subscription")

Options = Mapping[str, Any]


class Grants:
    """Owned by one ``Session``, lives as long.

    Args:
        conversation: the session's.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._protocol = conversation.protocol
        self._loop = asyncio.get_running_loop()
        self._own_listeners: list[Listener] = []

    async def register(
        self, procedure: str, endpoint: Callable[..., Any], shape: Shape, options: Options
    ) -> Registration:
        """Ask for *procedure*; see ``Session.register``."""
        registration = Registration(self, procedure, endpoint, shape)
        message = self._protocol.register(procedure, registration, options=options)
        await self.request(message, registration.answer, f"registration of {procedure}")
        return registration

    async def subscribe(
        self, topic: str, on_event: Callable[..., Any], shape: Shape, options: Options
    ) -> Subscription:
        """Ask for *topic*; see ``Session.subscribe``."""
        listener = Listener(topic, on_event, shape)
        subscription = await self.subscribe_listener(listener, options)
        self._own_listeners.append(listener)
        return subscription

    async def subscribe_listener(self, listener: Listener, options: Options) -> Subscription:
        """Like ``subscribe``, for a listener that its owner closes."""
        subscription = Subscription(self, listener)
        message = self._protocol.subscribe(listener.topic, subscription, options=options)
        await self.request(message, subscription.answer, f"subscription to {listener.topic}")
        return subscription

    async def unregister(self, registration: Registration) -> None:
        """Take *registration* back; does nothing when it has ended (see its ``unregister``)."""
        if not registration.is_active:
            return
        self._conversation.deactivate(registration)
        answer = self._loop.create_future()
        message = self._protocol.unregister(registration.registration_id, answer)
        what = f"end of the registration of {registration.procedure}"
        await self._retract(message, answer, what)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End *subscription*; does nothing when it has ended (see its ``unsubscribe``)."""
        listener = subscription.listener
        if listener in self._own_listeners:
            self._own_listeners.remove(listener)
            await listener.close()
        if not subscription.is_active:
            return
        self._conversation.deactivate(subscription)
        answer = self._loop.create_future()
        message = self._protocol.unsubscribe(subscription.subscription_id, subscription, answer)
        if message is not None:
            await self._retract(message, answer, f"end of the subscription to {listener.topic}")

    def send_progress(
        self, request_id: int, payload: Payload, options: Mapping[str, Any] = _NONE
    ) -> None:
        """Send a progressive result for a running invocation (see ``CallDetails.progress``)."""
        message = self._protocol.yield_result(
            request_id, payload, options=options, is_progress=True
        )
        if message is not None:
            self._conversation.send(message)

    async def request(self, message: Message, answer: asyncio.Future[Any], what: str) -> Any:
        """Send a request that a router answers at once, and return its answer."""
        request_id = self._conversation.start(message)
        return await self._conversation.wait(request_id, answer, what, timeout_s=REQUEST_TIMEOUT_S)

    async def close(self) -> None:
        """End the listeners: the session is over."""
        for listener in self._own_listeners:
            await listener.close()
        self._own_listeners.clear()

    async def _retract(self, message: Message, answer: asyncio.Future[Any], what: str) -> None:
        """Send an UNREGISTER or UNSUBSCRIBE; that it has gone already is as good."""
        try:
            await self.request(message, answer, what)
        except ApplicationError as error:
            if error.uri not in _GONE_ALREADY:
                raise
