"""A router that says what a test tells it to, on the far end of an in-process pair."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from wampedge.client import Session
from wampedge.errors import RemoteProtocolError, TransportError
from wampedge.transports.memory import linked_pair
from wampedge.wamp.messages import (
    Goodbye,
    Hello,
    Message,
    Register,
    Registered,
    Subscribe,
    Subscribed,
    Unregister,
    Unregistered,
    Unsubscribe,
    Unsubscribed,
    Welcome,
)

__all__ = ["ROLES", "ScriptedRouter", "granting"]

ROLES: dict[str, Any] = {"broker": {}, "dealer": {"features": {"call_canceling": True}}}

_Kind = TypeVar("_Kind", bound=Message)


class ScriptedRouter:
    """Welcomes, says goodbye back, and otherwise does what ``answers`` holds.

    Args:
        roles: what WELCOME announces.

    Attributes:
        client_end: the transport to hand to the client.
        answers: what to send back for each type of message.
        is_closed: whether the connection is gone.
    """

    def __init__(self, roles: dict[str, Any] | None = None) -> None:
        self._end, self.client_end = linked_pair()
        self.answers: dict[type[Any], Callable[[Any], Sequence[Message]]] = {
            Hello: lambda hello: [Welcome(77, {"roles": ROLES if roles is None else roles})],
            Goodbye: lambda goodbye: [Goodbye({}, "wamp.close.goodbye_and_out")],
        }
        self.is_closed = False
        self._inbox: list[Message] = []
        self._arrival = asyncio.Event()
        self._end.sink = self

    async def session(self) -> Session:
        """Let a client join."""
        session = await Session.over(self.client_end, "edge")
        await self.receive(Hello)
        return session

    async def receive(self, kind: type[_Kind]) -> _Kind:
        """Wait for the next message of *kind*; earlier ones of other kinds are kept."""
        while True:
            for message in self._inbox:
                if isinstance(message, kind):
                    self._inbox.remove(message)
                    return message
            self._arrival.clear()
            await self._arrival.wait()

    def has_received(self, kind: type[Message]) -> bool:
        """Tell whether a message of *kind* waits to be received."""
        return any(isinstance(message, kind) for message in self._inbox)

    def send(self, *messages: Message) -> None:
        """Send *messages*; they arrive together."""
        for message in messages:
            self._end.send(message)

    def cut(self) -> None:
        """Close the connection without a word."""
        self._end.abort()

    def on_message(self, message: Message) -> None:
        """Keep *message*, and answer it if the script says so."""
        self._inbox.append(message)
        self._arrival.set()
        answer = self.answers.get(type(message))
        if answer is not None:
            self.send(*answer(message))

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        """Never called: the pair carries objects."""
        raise AssertionError(error)

    def on_batch_end(self) -> None:
        """Do nothing."""

    def on_closed(self, error: TransportError | None) -> None:
        """Note that the client is gone."""
        self.is_closed = True


def granting(router: ScriptedRouter) -> None:
    """Let *router* grant registrations as 500, 501, ... and subscriptions as 600."""
    registration_ids = itertools.count(500)
    answers: dict[type[Any], Callable[[Any], list[Message]]] = {
        Register: lambda request: [Registered(request.request_id, next(registration_ids))],
        Unregister: lambda request: [Unregistered(request.request_id)],
        Subscribe: lambda request: [Subscribed(request.request_id, 600)],
        Unsubscribe: lambda request: [Unsubscribed(request.request_id)],
    }
    router.answers.update(answers)
