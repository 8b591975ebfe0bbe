"""A client that does nothing by itself: it sends lists and hands back lists."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.conformance.codes import (
    ABORT,
    ERROR,
    GOODBYE,
    HELLO,
    INVOCATION,
    REGISTER,
    REGISTERED,
    SUBSCRIBE,
    SUBSCRIBED,
    UNSUBSCRIBE,
    WELCOME,
)

__all__ = [
    "EVERY_ROLE",
    "PATIENCE_S",
    "Client",
    "ClosedError",
    "Stage",
    "Unexpected",
    "Untried",
    "Wire",
]

PATIENCE_S = 5.0
"""How long a router may take to answer at all."""

_FEATURES = {
    "caller": (
        "call_canceling call_timeout caller_identification payload_passthru_mode"
        " progressive_call_results progressive_call_invocations"
    ),
    "callee": (
        "call_canceling call_timeout caller_identification call_trustlevels"
        " pattern_based_registration payload_passthru_mode progressive_call_results"
        " progressive_call_invocations registration_revocation shared_registration"
    ),
    "publisher": (
        "payload_passthru_mode publisher_exclusion publisher_identification"
        " subscriber_blackwhite_listing"
    ),
    "subscriber": (
        "event_history pattern_based_subscription payload_passthru_mode publication_trustlevels"
        " publisher_identification subscription_revocation"
    ),
}
EVERY_ROLE: Mapping[str, Any] = {
    role: {"features": dict.fromkeys(features.split(), True)}
    for role, features in _FEATURES.items()
}


class ClosedError(Exception):
    """The router closed the connection."""


class Unexpected(AssertionError):  # noqa: N818 - it is a failed check, as an assertion is
    """The router sent something else, or nothing."""


class Untried(Exception):  # noqa: N818 - it says that there was nothing to try
    """The router under test has no place where this could be tried."""


class Wire:
    """A connection that carries bytes.

    Args:
        reader: what comes.
        writer: what goes.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, count: int) -> bytes:
        """Return so many bytes.

        Raises:
            ClosedError: the connection ended before.
            Unexpected: they did not come.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._reader.readexactly(count)
        except TimeoutError:
            raise Unexpected(f"no {count} bytes came within {PATIENCE_S} s") from None
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ClosedError from error

    async def write(self, data: bytes) -> None:
        """Send *data*."""
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class Client:
    """One connection.

    Args:
        connection: the open WebSocket.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.session = 0
        self.welcome: dict[str, Any] = {}
        self.connection = connection
        self._last_request = 0

    @property
    def features(self) -> dict[str, dict[str, Any]]:
        """What the router announced, by role."""
        roles = self.welcome.get("roles", {})
        return {role: dict(facts.get("features") or {}) for role, facts in roles.items()}

    def next_request(self) -> int:
        """Return the id of the next request."""
        self._last_request += 1
        return self._last_request

    async def send(self, *message: Any) -> None:
        """Send one message."""
        try:
            await self.connection.send(json.dumps(message))
        except ConnectionClosed as error:
            raise ClosedError from error

    async def send_text(self, text: str) -> None:
        """Send what need not be a message."""
        await self.connection.send(text)

    async def receive(self, patience_s: float = PATIENCE_S) -> list[Any]:
        """Return the next message; raises as ``receive_data``."""
        message: list[Any] = json.loads(await self.receive_data(patience_s))
        return message

    async def receive_data(self, patience_s: float = PATIENCE_S) -> Any:
        """Return what the next frame holds.

        Raises:
            ClosedError: the connection ended.
            Unexpected: nothing came.
        """
        try:
            async with asyncio.timeout(patience_s):
                return await self.connection.recv()
        except TimeoutError:
            raise Unexpected(f"nothing came within {patience_s} s") from None
        except ConnectionClosed as error:
            raise ClosedError from error

    async def expect(self, code: int, patience_s: float = PATIENCE_S) -> list[Any]:
        """Return the next message, which must be of this type; raises Unexpected."""
        message = await self.receive(patience_s)
        if message[0] != code:
            raise Unexpected(f"wanted a message of type {code}, got {message}")
        return message

    async def request(self, code: int, *rest: Any) -> int:
        """Send a request under a new id and return the id."""
        request = self.next_request()
        await self.send(code, request, *rest)
        return request

    async def subscribe(self, topic: str, **options: Any) -> int:
        """Subscribe and return the id of the subscription."""
        await self.request(SUBSCRIBE, options, topic)
        return int((await self.expect(SUBSCRIBED))[2])

    async def register(self, procedure: str, **options: Any) -> int:
        """Register and return the id of the registration."""
        await self.request(REGISTER, options, procedure)
        return int((await self.expect(REGISTERED))[2])

    async def invoked(self) -> tuple[int, dict[str, Any], list[Any]]:
        """Wait to be invoked; return the id, the details and the arguments."""
        invocation = await self.expect(INVOCATION)
        return invocation[1], invocation[3], invocation[4] if len(invocation) > 4 else []

    async def refused(self, code: int, *rest: Any) -> str:
        """Send a request that must be answered with an ERROR; return its URI."""
        request = await self.request(code, *rest)
        error = await self.expect(ERROR)
        if error[1:3] != [code, request]:
            raise Unexpected(f"wanted the ERROR of request {request}, got {error}")
        return str(error[4])

    async def arrived(self) -> list[list[Any]]:
        """Return what arrived before now: all up to the answer to a request that must fail."""
        request = await self.request(UNSUBSCRIBE, 2**52 + 12345)
        messages = []
        while (message := await self.receive())[0:3] != [ERROR, UNSUBSCRIBE, request]:
            messages.append(message)
        return messages

    async def end(self) -> tuple[str, bool]:
        """Wait for an ABORT and the end; return its reason, and whether the router closed."""
        abort = await self.expect(ABORT)
        try:
            await self.receive(2.0)
        except ClosedError:
            return str(abort[2]), True
        except Unexpected:
            return str(abort[2]), False
        return str(abort[2]), False

    async def leave(self) -> list[Any]:
        """Say GOODBYE and return the answer."""
        await self.send(GOODBYE, {}, "wamp.close.close_realm")
        return await self.expect(GOODBYE)

    async def close(self) -> None:
        """Close the connection."""
        await self.connection.close()

    def cut(self) -> None:
        """End the connection without a word."""
        self.connection.transport.abort()


class Stage:
    """A router under test, and the clients that a check connects to it; used by ``async with``.

    Args:
        url: WebSocket address of the router.
        realm: a realm where anonymous clients may do everything.
        rawsocket: host and port where it takes raw sockets, if it does.
    """

    def __init__(self, url: str, realm: str, rawsocket: tuple[str, int] | None = None) -> None:
        self._url = url
        self.realm = realm
        self._rawsocket = rawsocket
        self._clients: list[Client | Wire] = []

    async def connect(self, subprotocol: str = "wamp.2.json") -> Client:
        """Open a connection that has not joined."""
        connection = await connect(
            self._url, subprotocols=[Subprotocol(subprotocol)], max_size=None, ping_interval=None
        )
        client = Client(connection)
        self._clients.append(client)
        return client

    async def connect_raw(self) -> Wire:
        """Open a raw socket; raises Untried where there is none."""
        if self._rawsocket is None:
            raise Untried
        wire = Wire(*await asyncio.open_connection(*self._rawsocket))
        self._clients.append(wire)
        return wire

    async def join(self, roles: Mapping[str, Any] = EVERY_ROLE, **details: Any) -> Client:
        """Open a connection and join."""
        client = await self.connect()
        await client.send(HELLO, self.realm, {"roles": roles, **details})
        welcome = await client.expect(WELCOME)
        client.session, client.welcome = welcome[1], welcome[2]
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._clients:
            await client.close()
