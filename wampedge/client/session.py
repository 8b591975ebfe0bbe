"""One joined WAMP session: call, register, publish and subscribe with ``async`` functions.

The rules of WAMP live in ``ClientProtocol``, the waiting in ``Conversation``; this is what users
see of them. A session never reconnects; ``Connection`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from wampedge.client import joining
from wampedge.client.callbacks import Shape
from wampedge.client.calls import Calls
from wampedge.client.conversation import Conversation, OnProgress
from wampedge.client.grants import REQUEST_TIMEOUT_S, Grants
from wampedge.client.listener import Listener
from wampedge.client.publications import Publications
from wampedge.client.registration import Registration, Subscription
from wampedge.client.results import CallResult
from wampedge.client.streams import OpenCall, ResultStream
from wampedge.client.typed import typed_result
from wampedge.errors import WampedgeError
from wampedge.transports.base import Transport
from wampedge.transports.connect import connect as open_transport
from wampedge.transports.limits import TransportLimits
from wampedge.transports.tls_files import ClientTls
from wampedge.wamp.auth import ANONYMOUS, Identity, identity_from
from wampedge.wamp.payload import Payload

__all__ = ["JOIN_TIMEOUT_S", "REQUEST_TIMEOUT_S", "Session"]

JOIN_TIMEOUT_S = 10.0
"""How long a router may take from HELLO to WELCOME."""
_T = TypeVar("_T")
Options = Mapping[str, Any]
_NONE: Options = {}


class Session:
    """One session from WELCOME to its end; use it as ``async with`` or call ``leave``.

    Opened by ``connect`` or ``over``. Belongs to the event loop that opened it. After its end
    every request raises NotJoinedError, and ``error`` tells why it ended.
    """

    def __init__(self, transport: Transport, realm: str) -> None:
        self.realm = realm
        self._conversation = Conversation(transport)
        self.round_trip_s: Callable[[], float | None] = self._conversation.round_trip_s
        """Tells how long the router took to answer the newest ping; None until it has."""
        self._protocol = self._conversation.protocol
        self._calls, self._grants = Calls(self._conversation), Grants(self._conversation)
        self.publications = Publications(self._conversation, self._grants)

    @classmethod
    async def connect(  # noqa: PLR0913 - each is a choice of its own, and few need more than three
        cls,
        url: str,
        realm: str,
        *,
        authid: str | None = None,
        ticket: str | None = None,
        secret: str | None = None,
        identity: Identity | None = None,
        serializers: Sequence[str] = ("msgpack", "json"),
        limits: TransportLimits | None = None,
        tls: ClientTls | None = None,
        compression: bool = False,
    ) -> Session:
        """Open a connection to *url* and join *realm*.

        Args:
            url: where the router listens, such as ``ws://127.0.0.1:8080/ws``.
            realm: URI of the realm.
            authid: who we say we are.
            ticket: proof for the ticket method.
            secret: proof for the wampcra method.
            identity: who we say we are and how we prove it, instead of the three before.
            serializers: names of what to offer, the most wanted first.
            limits: bounds of the connection.
            tls: whom to trust, and our own certificate, for ``wss`` and ``rss``.
            compression: offer to compress messages, over WebSocket.

        Raises:
            ConfigError: the address or the credentials cannot be used.
            ConnectError, SessionError: no connection, or the router refuses.
            ConnectionLostError, ProtocolError, CallTimeoutError: as for ``over``.
        """
        identity = identity or identity_from(authid, ticket=ticket, secret=secret)
        transport = await open_transport(
            url, serializers=serializers, limits=limits, tls=tls, compression=compression
        )
        return await cls.over(transport, realm, identity)

    @classmethod
    async def over(
        cls,
        transport: Transport,
        realm: str,
        identity: Identity = ANONYMOUS,
        *,
        timeout_s: float = JOIN_TIMEOUT_S,
    ) -> Session:
        """Join *realm* over an open *transport*, which the session owns from now on.

        Raises:
            AbortError: the router refuses; its reason says why.
            CallTimeoutError: the router does not answer within *timeout_s*.
            ConnectionLostError: the connection ended before WELCOME.
            ProtocolError: the router broke a rule.
        """
        session = cls(transport, realm)
        try:
            await joining.join(session._conversation, realm, identity, timeout_s=timeout_s)
        except BaseException:
            transport.close()
            raise
        return session

    @property
    def session_id(self) -> int:
        """The router's id of this session."""
        return self._protocol.session_id

    @property
    def details(self) -> Options:
        """What the router said in WELCOME (``authid``, ``authrole``, ``roles``, ...)."""
        return self._protocol.details

    @property
    def is_joined(self) -> bool:
        """Whether requests can be sent."""
        return not self._conversation.has_ended

    @property
    def error(self) -> WampedgeError | None:
        """Why the session ended; None while it is joined and after ``leave``."""
        return self._conversation.error

    def router_supports(self, role: str, feature: str) -> bool:
        """Tell whether the router announced *feature* for its role (``broker``, ``dealer``)."""
        return self._protocol.router_supports(role, feature)

    @overload
    async def call(
        self,
        procedure: str,
        *args: Any,
        returns: None = None,
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> CallResult: ...

    @overload
    async def call(
        self,
        procedure: str,
        *args: Any,
        returns: type[_T],
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> _T: ...

    async def call(
        self,
        procedure: str,
        *args: Any,
        returns: type[_T] | None = None,
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> CallResult | _T:
        """Call *procedure* with *args* and *kwargs*.

        When the waiting task is cancelled, or the time is over, the call is cancelled at the
        router as well, where it can do that.

        Args:
            procedure: its URI.
            *args: positional arguments.
            returns: what the result must be, such as ``float``; see ``wampedge.client.typed``.
            timeout_s: how long to wait, None for ever; a router that can holds the callee to it.
            options: options of the CALL, such as ``disclose_me``.
            on_progress: a plain function called with each progressive result.
            **kwargs: keyword arguments.

        Raises:
            ApplicationError: the call failed; its URI, args and kwargs are the callee's.
            CallTimeoutError: no result in time.
            WrongResultError: the result is not what *returns* says.
            NotJoinedError, ConnectionLostError, AbortError: the session has ended.
            LocalProtocolError: an argument cannot be encoded.
        """
        _, rest = self._calls.begin(
            procedure,
            Payload(args, kwargs),
            options=options,
            timeout_s=timeout_s,
            on_progress=on_progress,
        )
        result = await rest
        if returns is None:
            return result
        return typed_result(result, returns, f"result of {procedure}")

    async def call_payload(
        self,
        procedure: str,
        payload: Payload,
        *,
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
    ) -> CallResult:
        """Like ``call``, with the arguments as they came from elsewhere, passed on undecoded."""
        _, rest = self._calls.begin(
            procedure, payload, options=options, timeout_s=timeout_s, on_progress=on_progress
        )
        return await rest

    def stream(
        self,
        procedure: str,
        *args: Any,
        timeout_s: float | None = None,
        options: Options = _NONE,
        **kwargs: Any,
    ) -> ResultStream:
        """Call *procedure* and read its progressive results with ``async for``.

        As ``call``; it begins at once, and what it raises comes out of the loop.
        """
        payload = Payload(args, kwargs)
        return ResultStream(
            partial(self._calls.begin, procedure, payload, options=options, timeout_s=timeout_s)
        )

    def open_call(
        self,
        procedure: str,
        *,
        timeout_s: float | None = None,
        options: Options = _NONE,
        wants_progress: bool = False,
    ) -> OpenCall:
        """Call *procedure* with arguments that are sent part by part; see ``OpenCall``.

        Args:
            procedure: its URI; its callee takes its input in parts (see ``register``).
            timeout_s: how long the whole call may take, None for ever.
            options: options of the CALL.
            wants_progress: take progressive results, to be read from ``results``.
        """
        return OpenCall(
            self._calls,
            procedure,
            options=options,
            timeout_s=timeout_s,
            wants_progress=wants_progress,
        )

    async def publish(
        self,
        topic: str,
        *args: Any,
        acknowledge: bool = False,
        options: Options = _NONE,
        **kwargs: Any,
    ) -> int | None:
        """Publish an event; waits while the router falls far behind with what was sent.

        Args:
            topic: its URI.
            *args: positional arguments.
            acknowledge: wait until the router has taken it; so does the option of this name.
            options: options of the PUBLISH, such as ``exclude_me``.
            **kwargs: keyword arguments.

        Returns:
            The router's id of the publication when it was acknowledged, else None.

        Raises:
            ApplicationError: the router refused (only told with *acknowledge*).
            NotJoinedError, LocalProtocolError, CallTimeoutError: as for ``call``.
        """
        payload = Payload(args, kwargs)
        if not (acknowledge or options.get("acknowledge")):
            self.publications.send(topic, payload, options)
            await self._conversation.wait_writable()
            return None
        return await self.publish_payload_acknowledged(topic, payload, options=options)

    async def publish_payload_acknowledged(
        self, topic: str, payload: Payload, *, options: Options = _NONE
    ) -> int:
        """Like ``publish`` with *acknowledge*, for arguments of any name."""
        return await self.publications.send_acknowledged(topic, payload, options)

    def publish_nowait(
        self, topic: str, *args: Any, options: Options = _NONE, **kwargs: Any
    ) -> None:
        """Publish an event without waiting for anything; raises as ``publish``."""
        self.publications.send(topic, Payload(args, kwargs), options)

    def publish_payload(self, topic: str, payload: Payload, *, options: Options = _NONE) -> None:
        """Like ``publish_nowait``, with arguments as they came from elsewhere, undecoded."""
        self.publications.send(topic, payload, options)

    async def register(
        self,
        procedure: str,
        endpoint: Callable[..., Any],
        *,
        options: Options = _NONE,
        wants_details: bool = False,
        takes_payload: bool = False,
        takes_input: bool = False,
    ) -> Registration:
        """Offer *procedure*; calls run *endpoint*, plain or ``async``.

        What the endpoint returns is the result (a ``CallResult`` for several values). What it
        raises becomes an ERROR as ``wampedge.client.outcomes`` says. A plain one blocks the loop.

        Args:
            procedure: its URI.
            endpoint: called with the arguments of the call.
            options: options of the REGISTER, such as ``invoke``.
            wants_details: also pass ``details=`` (a ``CallDetails``).
            takes_payload: call ``endpoint(payload, details)`` instead, with nothing decoded.
            takes_input: call an ``async`` ``endpoint(call_input)``: a ``CallInput``, read in parts.

        Raises:
            ApplicationError: the router refuses, such as ``procedure_already_exists``.
            NotJoinedError, CallTimeoutError, ConnectionLostError: as for ``call``.
        """
        shape = Shape(
            wants_details=wants_details, takes_payload=takes_payload, takes_input=takes_input
        )
        return await self._grants.register(procedure, endpoint, shape, options)

    async def subscribe(
        self,
        topic: str,
        on_event: Callable[..., Any],
        *,
        options: Options = _NONE,
        wants_details: bool = False,
        takes_payload: bool = False,
    ) -> Subscription:
        """Listen to *topic*; each event calls *on_event*, plain or ``async``, in order.

        Args:
            topic: its URI, or a pattern with ``options={"match": ...}``.
            on_event: called with the arguments of the event.
            options: options of the SUBSCRIBE.
            wants_details: also pass ``details=`` (an ``EventDetails``).
            takes_payload: call ``on_event(payload, details)`` instead, with nothing decoded.

        Raises:
            ApplicationError: the router refuses.
            NotJoinedError, CallTimeoutError, ConnectionLostError: as for ``call``.
        """
        shape = Shape(wants_details=wants_details, takes_payload=takes_payload)
        return await self._grants.subscribe(topic, on_event, shape, options)

    async def subscribe_listener(
        self, listener: Listener, *, options: Options = _NONE
    ) -> Subscription:
        """Like ``subscribe``, for a listener that its owner closes."""
        return await self._grants.subscribe_listener(listener, options)

    async def leave(self, reason: str = "wamp.close.normal") -> None:
        """Say GOODBYE and close the connection; takes at most a few seconds, safe to repeat."""
        await joining.leave(self._conversation, reason)
        await self.wait_closed()
        await self._grants.close()

    async def wait_closed(self) -> None:
        """Wait until the session has ended and its connection is closed; see ``error``."""
        await self._conversation.gone.wait()
        await self._conversation.invocations.wait_ended()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.leave()
