"""Components: programs that offer procedures and listen to topics for as long as they run.

::

    component = Component()


    @component.register("home.attic.add")
    def add(x: int, y: int) -> int:
        return x + y


    if __name__ == "__main__":
        component.main("ws://127.0.0.1:8080/ws", "home")

The same with a class whose methods carry the decorators of ``wampedge.client.declarations``:
``Component(Thermostat()).main(...)``.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from wampedge.client import declarations
from wampedge.client.backoff import Backoff
from wampedge.client.connection import Connection, Opener
from wampedge.client.declarations import Declaration, declarations_of
from wampedge.client.status import ConnectionState, ConnectionStatus
from wampedge.errors import ConfigError
from wampedge.wamp.auth import ANONYMOUS, Identity

__all__ = ["Component"]

log = logging.getLogger(__name__)

_Function = TypeVar("_Function", bound=Callable[..., Any])
_NONE: Mapping[str, Any] = {}


class Component:
    """Functions that belong together, and the one session they share; runs once at a time.

    The session comes back by itself after an outage, with all that was registered and subscribed
    (see ``Connection``).

    Args:
        *parts: objects whose methods declare what they are.
        prefix: put before every URI, such as ``home.attic.``.

    Raises:
        ConfigError: a part declares nothing.
    """

    def __init__(self, *parts: object, prefix: str = "") -> None:
        self._prefix = prefix
        self._functions: list[tuple[Declaration, Callable[..., Any]]] = []
        self._over: asyncio.Event | None = None
        for part in parts:
            found = list(declarations_of(part))
            if not found:
                raise ConfigError(f"{type(part).__name__} has no method with @procedure or @topic")
            self._functions += found

    def register(
        self,
        procedure: str,
        *,
        options: Mapping[str, Any] = _NONE,
        wants_details: bool = False,
        takes_input: bool = False,
    ) -> Callable[[_Function], _Function]:
        """Let calls of *procedure* run the function below (see ``Session.register``)."""
        return self._add(
            declarations.procedure(
                procedure, options=options, wants_details=wants_details, takes_input=takes_input
            )
        )

    def subscribe(
        self,
        topic: str,
        *,
        match: Literal["exact", "prefix", "wildcard"] = "exact",
        options: Mapping[str, Any] = _NONE,
        wants_details: bool = False,
    ) -> Callable[[_Function], _Function]:
        """Let events of *topic* call the function below (see ``Session.subscribe``)."""
        return self._add(
            declarations.topic(topic, match=match, options=options, wants_details=wants_details)
        )

    def on_join(self, function: _Function) -> _Function:
        """Call the function below with the ``Session`` each time it has joined.

        An ``async`` one is cancelled when that session ends.
        """
        return self._add(Declaration(kind="join"))(function)

    def on_leave(self, function: _Function) -> _Function:
        """Call the function below each time a session has ended, with the error or None."""
        return self._add(Declaration(kind="leave"))(function)

    async def run(
        self,
        url: str | Opener,
        realm: str,
        identity: Identity = ANONYMOUS,
        *,
        backoff: Backoff | None = None,
    ) -> None:
        """Serve until ``stop``, or until the task is cancelled.

        Args:
            url: where the router listens, or a function that opens a transport to it.
            realm: URI of the realm to join.
            identity: who we say we are.
            backoff: the numbers of the delays between attempts.
        """
        self._over = asyncio.Event()
        connection = Connection(url, realm, identity, backoff=backoff)
        for declaration, function in self._functions:
            self._establish(connection, declaration, function)
        moments = _Moments(connection, self._called_at("join"), self._called_at("leave"))
        connection.on_status(moments.on_status)
        try:
            async with connection:
                await self._over.wait()
        finally:
            await moments.close()

    def stop(self) -> None:
        """Let ``run`` leave the router and return."""
        if self._over is not None:
            self._over.set()

    def main(self, url: str, realm: str, identity: Identity = ANONYMOUS) -> None:
        """Be the program: serve until SIGINT (Ctrl-C) or SIGTERM; then leave politely."""
        asyncio.run(self._serve(url, realm, identity))

    async def _serve(self, url: str, realm: str, identity: Identity) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        await self.run(url, realm, identity)

    def _add(self, declaration: Declaration) -> Callable[[_Function], _Function]:
        def add(function: _Function) -> _Function:
            self._functions.append((declaration, function))
            return function

        return add

    def _establish(
        self, connection: Connection, declaration: Declaration, function: Callable[..., Any]
    ) -> None:
        uri = self._prefix + declaration.uri
        if declaration.kind == "procedure":
            connection.register(
                uri,
                function,
                options=declaration.options,
                wants_details=declaration.wants_details,
                takes_input=declaration.takes_input,
            )
        elif declaration.kind == "topic":
            connection.subscribe(
                uri, function, options=declaration.options, wants_details=declaration.wants_details
            )

    def _called_at(self, kind: Literal["join", "leave"]) -> list[Callable[..., Any]]:
        return [function for declaration, function in self._functions if declaration.kind == kind]


class _Moments:
    """Calls the functions that want to know of joins and leaves; owned by one ``run``."""

    def __init__(
        self,
        connection: Connection,
        at_join: list[Callable[..., Any]],
        at_leave: list[Callable[..., Any]],
    ) -> None:
        self._connection = connection
        self._at_join = at_join
        self._at_leave = at_leave
        self._is_joined = False
        self._after_join: list[asyncio.Task[None]] = []
        self._after_leave: list[asyncio.Task[None]] = []

    def on_status(self, status: ConnectionStatus) -> None:
        """Hear of a change of the connection."""
        is_joined = status.state is ConnectionState.JOINED
        if is_joined == self._is_joined:
            return
        self._is_joined = is_joined
        if is_joined:
            session = self._connection.session
            self._after_join = [_begin(function, session) for function in self._at_join]
            return
        for task in self._after_join:
            task.cancel()
        self._after_leave = [task for task in self._after_leave if not task.done()]
        error = status.error if status.state is ConnectionState.WAITING else None
        self._after_leave += [_begin(function, error) for function in self._at_leave]

    async def close(self) -> None:
        """Wait for what still runs; the session has ended."""
        running = [*self._after_join, *self._after_leave]
        if running:
            await asyncio.wait(running)


def _begin(function: Callable[..., Any], argument: Any) -> asyncio.Task[None]:
    """Call *function* in a task of its own."""
    return asyncio.get_running_loop().create_task(_call(function, argument))


async def _call(function: Callable[..., Any], argument: Any) -> None:
    try:
        outcome = function(argument)
        if inspect.isawaitable(outcome):
            await outcome
    except Exception:
        log.exception("%s failed", getattr(function, "__qualname__", function))
