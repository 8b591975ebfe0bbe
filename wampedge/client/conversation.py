"""One transport, one ``ClientProtocol``, and who waits for what: the shell under ``Session``.

It feeds the protocol with what arrives, carries out the effects in order, and wakes whoever waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from wampedge.client.invocations import Invocations
from wampedge.client.registration import Registration, Subscription
from wampedge.client.results import CallResult
from wampedge.errors import (
    AbortError,
    ApplicationError,
    CallTimeoutError,
    ConnectionLostError,
    InvalidPayloadError,
    NotJoinedError,
    ProtocolError,
    RemoteProtocolError,
    TransportError,
    WampedgeError,
)
from wampedge.transports.base import Transport
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.effects import (
    Answer,
    Answered,
    Effect,
    Ended,
    EventArrived,
    InputArrived,
    Interrupted,
    Invoked,
    Joined,
    Progressed,
    Refused,
    RegistrationRevoked,
    Request,
    SubscriptionRevoked,
    Transmit,
)
from wampedge.wamp.features import is_wampedge
from wampedge.wamp.messages import Invocation, Message, Registered, Subscribed
from wampedge.wamp.payload import Payload
from wampedge.wamp.protocol import ClientProtocol
from wampedge.wamp.stand_ins import stand_in_for

__all__ = ["Conversation", "OnProgress"]

log = logging.getLogger(__name__)

OnProgress = Callable[[CallResult], object]


class Conversation:
    """A ``MessageSink``; owned by one ``Session``, lives as long as its transport.

    Attributes:
        protocol: the state machine; ``start`` and ``send`` send what it returns.
        invocations: the endpoints that run.
        joined: done when the router has welcomed us, failed when it never will.
        gone: set when the transport is closed.
        has_ended: no message counts any more.
        error: why the session ended; None while it lives and after we left.

    Args:
        transport: an open connection, which this object closes.
    """

    def __init__(self, transport: Transport) -> None:
        self.protocol = ClientProtocol()
        self.transport = transport
        self.invocations = Invocations(self.protocol, self.send)
        self._loop = asyncio.get_running_loop()
        self.joined: asyncio.Future[None] = self._loop.create_future()
        self.gone = asyncio.Event()
        self.has_ended = False
        self._caught_up = asyncio.Event()
        # Asked once for each connection, as its transport does: asking costs as much as routing.
        self._is_logging = log.isEnabledFor(logging.DEBUG)
        self.error: WampedgeError | None = None
        self._on_progress_by_request: dict[int, OnProgress] = {}
        self._active: dict[Registration | Subscription, None] = {}
        self._reactions: dict[type[Effect], Callable[[Any], None]] = {
            EventArrived: self._on_event,
            Answered: self._on_answered,
            Refused: self._on_refused,
            Progressed: self._on_progressed,
            Invoked: self._on_invoked,
            InputArrived: self._on_input_arrived,
            Interrupted: self._on_interrupted,
            Transmit: self._on_transmit,
            Joined: self._on_joined,
            Ended: self._on_ended,
            RegistrationRevoked: self._on_registration_revoked,
            SubscriptionRevoked: self._on_subscription_revoked,
        }

    def send(self, message: Message) -> None:
        """Send *message*; raises ProtocolError when it cannot be encoded."""
        if self._is_logging:
            log.debug("> %s", _name(message))
        self.transport.send(message)

    def start(self, message: Message, on_progress: OnProgress | None = None) -> int:
        """Send a request; returns its id, for ``wait``.

        Args:
            message: the request.
            on_progress: called with each progressive result.

        Raises:
            ProtocolError: it cannot be encoded; nothing was sent.
        """
        request_id: int = message.request_id  # type: ignore[union-attr]  # only requests are started
        try:
            self.send(message)
        except ProtocolError:
            self.protocol.abandon(request_id)
            raise
        if on_progress is not None:
            self._on_progress_by_request[request_id] = on_progress
        return request_id

    async def wait(
        self, request_id: int, answer: asyncio.Future[Any], what: str, *, timeout_s: float | None
    ) -> Any:
        """Wait for the answer of a request that was started.

        Args:
            request_id: from ``start``.
            answer: what the protocol holds as context of the request.
            what: the request for people, such as ``call to edge.gh1.drip.on``.
            timeout_s: how long to wait, None for ever.

        Raises:
            ApplicationError: the router or the callee answered with ERROR.
            CallTimeoutError: no answer in time; the request is given up.
            WampedgeError: the session ended meanwhile.
        """
        timer = None
        if timeout_s is not None:
            timer = self._loop.call_later(timeout_s, _expire, answer, what, timeout_s)
        try:
            return await answer
        except (asyncio.CancelledError, CallTimeoutError):
            cancel = self.protocol.abandon(request_id)
            if cancel is not None:
                self.send(cancel)
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if self._on_progress_by_request:
                self._on_progress_by_request.pop(request_id, None)
            if answer.done() and not answer.cancelled():
                answer.exception()  # looked at, also when a cancel came in between

    async def wait_writable(self) -> None:
        """Wait while the router takes what was sent too slowly; else done at once."""
        transport = self.transport
        while isinstance(transport, StreamTransport) and transport.outgoing.is_congested:
            if self.has_ended:
                return
            self._caught_up.clear()
            transport.outgoing.on_caught_up = self._caught_up.set
            await self._caught_up.wait()

    def round_trip_s(self) -> float | None:
        """Return how long the router took to answer the newest ping; None where none is known."""
        return self.transport.round_trip_s if isinstance(self.transport, StreamTransport) else None

    def deactivate(self, holder: Registration | Subscription) -> None:
        """Note that nothing arrives for *holder* any more."""
        holder.is_active = False
        self._active.pop(holder, None)

    def on_message(self, message: Message) -> None:
        """Take one message (called by the transport)."""
        if self._is_logging:
            log.debug("< %s", _name(message))
        try:
            for effect in self.protocol.receive(message):
                self._reactions[type(effect)](effect)
        except ProtocolError as error:
            self.break_off(error)

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        """Hear that the router sent what is no message (called by the transport).

        Arguments alone that cannot be taken (NaN in JSON) are the fault of another client, which
        the router passed on: they must not end the session.
        """
        if isinstance(error, InvalidPayloadError) and not self.has_ended:
            self._refuse_arguments(error.message, str(error))
        else:
            self.break_off(error)

    def on_batch_end(self) -> None:
        """Do nothing: each message was dealt with as it came."""

    def on_closed(self, error: TransportError | None) -> None:
        """Hear that the connection is gone (called by the transport)."""
        text = str(error) if error is not None else "the router closed the connection"
        self.protocol.lost()
        self._end(lambda: ConnectionLostError(text))
        self.gone.set()

    def break_off(self, error: ProtocolError) -> None:
        """End the session with an ABORT, because the router (or this side) broke a rule."""
        log.warning("session %s is aborted: %s", self.protocol.session_id, error)
        reason = getattr(error, "reason", "wamp.error.protocol_violation")
        abort = self.protocol.abort(reason, str(error))
        if abort is not None:
            self.transport.send(abort)
        self.transport.close(1002, "protocol violation")
        self._end(lambda: type(error)(str(error)))

    def _refuse_arguments(self, message: Message, text: str) -> None:
        """Let who waits for *message* fail, or tell the caller; an event is dropped."""
        log.debug("arguments of %s are refused: %s", _name(message), text)
        onward = stand_in_for(message, text).onward
        if onward is not None:
            self.on_message(onward)
        if isinstance(message, Invocation):
            self._refuse_invocation(message, text)

    def _refuse_invocation(self, invocation: Invocation, text: str) -> None:
        try:
            for effect in self.protocol.receive(invocation):
                if isinstance(effect, Transmit):
                    self.send(effect.message)
        except RemoteProtocolError as error:
            self.break_off(error)
        refusal = self.protocol.fail(
            invocation.request_id, "wamp.error.invalid_argument", Payload((text,))
        )
        if refusal is not None:
            self.send(refusal)

    def _end(self, error: Callable[[], WampedgeError] | None) -> None:
        """Fail whatever waits, each with an exception of its own; counts once.

        Args:
            error: makes the reason; None when we left on purpose.
        """
        if self.has_ended:
            return
        self.has_ended = True
        self._caught_up.set()
        self.error = error() if error is not None else None
        reason = error or _left
        for holder in list(self._active):
            self.deactivate(holder)
        for request in self.protocol.drain():
            answer = _answer_of(request)
            if answer is not None and not answer.done():
                answer.set_exception(reason())
        self.invocations.cancel_all()
        if not self.joined.done():
            self.joined.set_exception(reason())

    def _on_transmit(self, effect: Transmit) -> None:
        self.send(effect.message)

    def _on_joined(self, effect: Joined) -> None:
        transport = self.transport
        if isinstance(transport, StreamTransport) and is_wampedge(effect.details):
            # Not every raw-socket router survives a PING; ours does.
            transport.framing.answers_pings = True
        if not self.joined.done():
            self.joined.set_result(None)

    def _on_ended(self, effect: Ended) -> None:
        self._end(None if effect.is_ours else lambda: AbortError(effect.reason, effect.text))
        self.transport.close()

    def _on_answered(self, effect: Answered) -> None:
        holder, message = effect.request.context, effect.message
        answer = _answer_of(effect.request)
        if answer is None or answer.done():
            self._give_back(holder, message)
            return
        if isinstance(message, Registered):
            holder.registration_id = message.registration_id
            self._activate(holder)
        elif isinstance(message, Subscribed):
            holder.subscription_id = message.subscription_id
            self._activate(holder)
        answer.set_result(message)

    def _on_refused(self, effect: Refused) -> None:
        answer = _answer_of(effect.request)
        if answer is not None and not answer.done():
            payload = effect.error.payload
            answer.set_exception(ApplicationError(effect.error.error, payload.args, payload.kwargs))

    def _on_progressed(self, effect: Progressed) -> None:
        on_progress = self._on_progress_by_request[effect.request.request_id]
        try:
            on_progress(CallResult(effect.message.payload, effect.message.details))
        except Exception:
            log.exception("on_progress of the call to %s failed", effect.request.uri)

    def _on_invoked(self, effect: Invoked) -> None:
        self.invocations.start(effect.endpoint, effect.message)

    def _on_input_arrived(self, effect: InputArrived) -> None:
        self.invocations.feed(effect.message)

    def _on_interrupted(self, effect: Interrupted) -> None:
        self.invocations.interrupt(effect.message)

    def _on_event(self, effect: EventArrived) -> None:
        for subscription in effect.listeners:
            subscription.listener.deliver(effect.message)

    def _on_registration_revoked(self, effect: RegistrationRevoked) -> None:
        self._revoke(effect.endpoint, effect.reason)

    def _on_subscription_revoked(self, effect: SubscriptionRevoked) -> None:
        for subscription in effect.listeners:
            self._revoke(subscription, effect.reason)

    def _give_back(self, holder: Any, message: Answer) -> None:
        """Undo what was granted in the very turn in which the one who asked gave up."""
        undo: Message | None = None
        if isinstance(message, Registered):
            undo = self.protocol.unregister(message.registration_id)
        elif isinstance(message, Subscribed):
            undo = self.protocol.unsubscribe(message.subscription_id, holder)
        if undo is not None:
            self.send(undo)

    def _activate(self, holder: Registration | Subscription) -> None:
        holder.is_active = True
        self._active[holder] = None

    def _revoke(self, holder: Registration | Subscription, reason: str) -> None:
        self.deactivate(holder)
        if holder.on_revoked is not None:
            holder.on_revoked(reason)


def _expire(answer: asyncio.Future[Answer], what: str, timeout_s: float) -> None:
    if not answer.done():
        answer.set_exception(CallTimeoutError(what, timeout_s))


def _answer_of(request: Request) -> asyncio.Future[Any] | None:
    """Return the future somebody waits on; None when nobody does."""
    context = request.context
    if isinstance(context, Registration | Subscription):
        return context.answer
    return context if isinstance(context, asyncio.Future) else None


def _left() -> WampedgeError:
    return NotJoinedError("the session has been left")


def _name(message: Message) -> str:
    """Return type and id only: the rest may hold secrets, and is not ours to show."""
    request_id = getattr(message, "request_id", "")
    return f"{type(message).__name__.upper()} {request_id}"
