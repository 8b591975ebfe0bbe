"""One joined WAMP session: call, register, publish and subscribe with ``async`` functions.

The rules of WAMP live in ``ClientProtocol``, the waiting in ``Conversation``; this is what users
see of them. A session never reconnects; ``Connection`` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from wampedge.client.callbacks import Shape
from wampedge.client.conversation import Conversation, OnProgress
from wampedge.client.listener import Listener
from wampedge.client.registration import Registration, Subscription
from wampedge.client.results import CallResult
from wampedge.errors import ApplicationError, CallTimeoutError, WampedgeError
from wampedge.transports.base import Transport
from wampedge.transports.connect import connect as open_transport
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.auth import ANONYMOUS, Identity, identity_from
from wampedge.wamp.messages import Message
from wampedge.wamp.payload import Payload

__all__ = ["JOIN_TIMEOUT_S", "REQUEST_TIMEOUT_S", "Session"]

JOIN_TIMEOUT_S = 10.0
"""How long a router may take from HELLO to WELCOME."""
REQUEST_TIMEOUT_S = 10.0
"""How long a router may take to answer REGISTER, SUBSCRIBE and their like."""
_LEAVE_TIMEOUT_S = 2.0
_GONE_ALREADY = ("wamp.error.no_such_registration", "wamp.error.no_such_subscription")

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
        self._protocol = self._conversation.protocol
        self._loop = asyncio.get_running_loop()
        self._own_listeners: list[Listener] = []

    @classmethod
    async def connect(
        cls,
        url: str,
        realm: str,
        *,
        authid: str | None = None,
        ticket: str | None = None,
        secret: str | None = None,
        serializers: Sequence[str] = ("msgpack", "json"),
        limits: TransportLimits | None = None,
    ) -> Session:
        """Open a connection to *url* and join *realm*.

        Args:
            url: where the router listens, such as ``ws://127.0.0.1:8080/ws``.
            realm: URI of the realm.
            authid: who we say we are.
            ticket: proof for the ticket method.
            secret: proof for the wampcra method.
            serializers: names of what to offer, the most wanted first.
            limits: bounds of the connection.

        Raises:
            ConfigError: the address or the credentials cannot be used.
            ConnectError: no connection.
            SessionError: the router refuses.
            ConnectionLostError, ProtocolError, CallTimeoutError: as for ``over``.
        """
        identity = identity_from(authid, ticket=ticket, secret=secret)
        transport = await open_transport(url, serializers=serializers, limits=limits)
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
            await session._join(identity, timeout_s)
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

    async def call(
        self,
        procedure: str,
        *args: Any,
        timeout_s: float | None = None,
        options: Options = _NONE,
        on_progress: OnProgress | None = None,
        **kwargs: Any,
    ) -> CallResult:
        """Call *procedure* with *args* and *kwargs*.

        When the waiting task is cancelled, or the time is over, the call is cancelled at the
        router as well, where it can do that.

        Args:
            procedure: its URI.
            *args: positional arguments.
            timeout_s: how long to wait, None for ever.
            options: options of the CALL, such as ``disclose_me``.
            on_progress: a plain function called with each progressive result.
            **kwargs: keyword arguments.

        Raises:
            ApplicationError: the call failed; its URI, args and kwargs are the callee's.
            CallTimeoutError: no result in time.
            NotJoinedError, ConnectionLostError, AbortError: the session has ended.
            LocalProtocolError: an argument cannot be encoded.
        """
        payload = Payload(args, kwargs)
        return await self.call_payload(
            procedure, payload, timeout_s=timeout_s, options=options, on_progress=on_progress
        )

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
        answer = self._loop.create_future()
        wants_progress = on_progress is not None
        message = self._protocol.call(
            procedure, payload, answer, options=options, wants_progress=wants_progress
        )
        result = await self._conversation.ask(
            message, answer, f"call to {procedure}", timeout_s=timeout_s, on_progress=on_progress
        )
        return CallResult(result.payload, result.details)

    async def publish(
        self,
        topic: str,
        *args: Any,
        acknowledge: bool = False,
        options: Options = _NONE,
        **kwargs: Any,
    ) -> int | None:
        """Publish an event.

        Args:
            topic: its URI.
            *args: positional arguments.
            acknowledge: wait until the router has taken it.
            options: options of the PUBLISH, such as ``exclude_me``.
            **kwargs: keyword arguments.

        Returns:
            The router's id of the publication when it was acknowledged, else None.

        Raises:
            ApplicationError: the router refused (only told with *acknowledge*).
            NotJoinedError, LocalProtocolError, CallTimeoutError: as for ``call``.
        """
        payload = Payload(args, kwargs)
        if not acknowledge:
            self.publish_payload(topic, payload, options=options)
            return None
        return await self.publish_payload_acknowledged(topic, payload, options=options)

    async def publish_payload_acknowledged(
        self, topic: str, payload: Payload, *, options: Options = _NONE
    ) -> int:
        """Like ``publish`` with *acknowledge*, for arguments of any name."""
        answer = self._loop.create_future()
        message = self._protocol.publish_acknowledged(topic, payload, answer, options=options)
        published = await self._request(message, answer, f"publication to {topic}")
        publication_id: int = published.publication_id
        return publication_id

    def publish_nowait(
        self, topic: str, *args: Any, options: Options = _NONE, **kwargs: Any
    ) -> None:
        """Publish an event without waiting for anything; raises as ``publish``."""
        self.publish_payload(topic, Payload(args, kwargs), options=options)

    def publish_payload(self, topic: str, payload: Payload, *, options: Options = _NONE) -> None:
        """Like ``publish_nowait``, with arguments as they came from elsewhere, undecoded."""
        self._conversation.send(self._protocol.publish(topic, payload, options=options))

    async def register(
        self,
        procedure: str,
        endpoint: Callable[..., Any],
        *,
        options: Options = _NONE,
        wants_details: bool = False,
        takes_payload: bool = False,
    ) -> Registration:
        """Offer *procedure*; calls run *endpoint*, plain or ``async``.

        What the endpoint returns is the result (a ``CallResult`` for several values). What it
        raises becomes an ERROR as ``wampedge.client.outcomes`` says. A plain endpoint blocks the
        event loop while it runs.

        Args:
            procedure: its URI.
            endpoint: called with the arguments of the call.
            options: options of the REGISTER, such as ``invoke``.
            wants_details: also pass ``details=`` (a ``CallDetails``).
            takes_payload: call ``endpoint(payload, details)`` instead, with nothing decoded.

        Raises:
            ApplicationError: the router refuses, such as ``procedure_already_exists``.
            NotJoinedError, CallTimeoutError, ConnectionLostError: as for ``call``.
        """
        shape = Shape(wants_details=wants_details, takes_payload=takes_payload)
        registration = Registration(self, procedure, endpoint, shape)
        message = self._protocol.register(procedure, registration, options=options)
        await self._request(message, registration.answer, f"registration of {procedure}")
        return registration

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
        listener = Listener(topic, on_event, shape)
        subscription = await self.subscribe_listener(listener, options=options)
        self._own_listeners.append(listener)
        return subscription

    async def subscribe_listener(
        self, listener: Listener, *, options: Options = _NONE
    ) -> Subscription:
        """Like ``subscribe``, for a listener that its owner closes."""
        subscription = Subscription(self, listener)
        message = self._protocol.subscribe(listener.topic, subscription, options=options)
        what = f"subscription to {listener.topic}"
        await self._request(message, subscription.answer, what)
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

    def send_progress(self, request_id: int, payload: Payload) -> None:
        """Send a progressive result for a running invocation (see ``CallDetails.progress``)."""
        message = self._protocol.yield_result(request_id, payload, is_progress=True)
        if message is not None:
            self._conversation.send(message)

    async def leave(self, reason: str = "wamp.close.normal") -> None:
        """Say GOODBYE and close the connection; takes at most a few seconds, safe to repeat."""
        conversation = self._conversation
        goodbye = self._protocol.leave(reason)
        if goodbye is not None:
            conversation.send(goodbye)
            try:
                async with asyncio.timeout(_LEAVE_TIMEOUT_S):
                    await conversation.gone.wait()
            except TimeoutError:
                conversation.transport.abort()
        conversation.transport.close()
        await self.wait_closed()
        for listener in self._own_listeners:
            await listener.close()
        self._own_listeners.clear()

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

    async def _join(self, identity: Identity, timeout_s: float) -> None:
        conversation = self._conversation
        conversation.transport.sink = conversation
        conversation.send(
            self._protocol.join(
                self.realm, authid=identity.authid, authenticators=identity.authenticators
            )
        )
        try:
            async with asyncio.timeout(timeout_s):
                await conversation.joined
        except TimeoutError as error:
            raise CallTimeoutError(f"HELLO to realm {self.realm}", timeout_s) from error

    async def _retract(self, message: Message, answer: asyncio.Future[Any], what: str) -> None:
        """Send an UNREGISTER or UNSUBSCRIBE; that it has gone already is as good."""
        try:
            await self._request(message, answer, what)
        except ApplicationError as error:
            if error.uri not in _GONE_ALREADY:
                raise

    async def _request(self, message: Message, answer: asyncio.Future[Any], what: str) -> Any:
        return await self._conversation.ask(message, answer, what, timeout_s=REQUEST_TIMEOUT_S)
