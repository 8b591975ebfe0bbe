"""The client's side of a WAMP session as a state machine: messages in, effects out, no I/O.

The states and their transitions stand in ``wampedge.wamp.client_state``.

A message the router may not send raises ``RemoteProtocolError``; the shell then sends what
``abort`` returns and closes. Legal races are no fault: an answer to a cancelled call, an EVENT or
INVOCATION that crossed our UNSUBSCRIBE or UNREGISTER, INTERRUPT or input that crossed our YIELD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.errors import LocalProtocolError, NotJoinedError, RemoteProtocolError
from wampedge.wamp import effects
from wampedge.wamp.auth import Authenticator
from wampedge.wamp.client_registrations import ClientRegistrations
from wampedge.wamp.client_requests import ClientRequests
from wampedge.wamp.client_state import SessionState
from wampedge.wamp.client_subscriptions import ClientSubscriptions
from wampedge.wamp.effects import Answer, Effect, Request
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.features import has_feature
from wampedge.wamp.joining import Joining
from wampedge.wamp.messages import (
    Abort,
    Call,
    Cancel,
    Challenge,
    Error,
    Event,
    Goodbye,
    Hello,
    Interrupt,
    Invocation,
    Message,
    Publish,
    Published,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregister,
    Unregistered,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.router_details import printable, reason_in, revoked_id_in, text_in

__all__ = ["ClientProtocol", "SessionState"]

Effects = tuple[Effect, ...]
Options = Mapping[str, Any]
_NOTHING: Options = {}


class ClientProtocol:
    """One session of a client, from HELLO to its end; never reused.

    Owned by one shell, which sends what the methods return, in order, and feeds ``receive`` with
    every message that arrives.
    """

    def __init__(self) -> None:
        self.state = SessionState.NEW
        self.session_id = 0
        self.details: Options = _NOTHING
        self._joining = Joining(None, ())
        self._requests = ClientRequests()
        self._subscriptions = ClientSubscriptions()
        self._registrations = ClientRegistrations()

    def join(
        self,
        realm: str,
        *,
        authid: str | None = None,
        authenticators: Sequence[Authenticator] = (),
        evidence: Evidence = NO_EVIDENCE,
    ) -> Hello:
        """Return the HELLO that asks for *realm*.

        Args:
            realm: its URI.
            authid: who we say we are; left out when None.
            authenticators: ways to prove it, the most wanted first; none means anonymous.
            evidence: what our side knows of the connection.

        Raises:
            ConfigError, LocalProtocolError: no such proof here; this session has asked before.
        """
        if self.state is not SessionState.NEW:
            raise LocalProtocolError(f"a session joins once; this one is {self.state.value}")
        self._joining = Joining(authid, authenticators, evidence)
        self.state = SessionState.JOINING
        return self._joining.hello(realm)

    def leave(self, reason: str = "wamp.close.normal") -> Goodbye | None:
        """Return the GOODBYE that ends the session, or None when it is not joined."""
        if self.state is not SessionState.JOINED:
            return None
        self.state = SessionState.LEAVING
        return Goodbye({}, reason)

    def abort(self, reason: str, text: str) -> Abort | None:
        """End the session at once; returns the ABORT to send, or None when there is no session."""
        had_session = self.state not in (SessionState.NEW, SessionState.ENDED)
        self.state = SessionState.ENDED
        return Abort({"message": text}, reason) if had_session else None

    def lost(self) -> None:
        """Note that the transport is gone."""
        self.state = SessionState.ENDED

    def drain(self) -> list[Request]:
        """Return the requests that will never be answered, oldest first; due after the end."""
        self._registrations.drain()
        return self._requests.drain()

    def router_supports(self, role: str, feature: str) -> bool:
        """Tell whether the router announced *feature* for its *role* (broker or dealer)."""
        return has_feature(self.details.get("roles"), role, feature)

    def call(
        self,
        procedure: str,
        payload: Payload,
        context: Any,
        *,
        options: Options = _NOTHING,
        wants_progress: bool = False,
    ) -> Call:
        """Return the CALL; its answer comes as Answered or Refused, after any Progressed."""
        self._require_joined()
        request = self._requests.open(Call.TYPE, procedure, context)
        full_options = dict(options)
        if wants_progress:
            request.wants_progress = full_options["receive_progress"] = True
        return Call(request.request_id, full_options, procedure, payload)

    def call_on(self, request_id: int, payload: Payload, *, is_last: bool) -> Call | None:
        """Return the CALL with more input for a call that began with the option ``progress``.

        Its options count once, so only the mark of input that is not the last goes with it.

        Returns:
            None when the call has its answer already, or was given up.
        """
        self._require_joined()
        request = self._requests.peek(Call.TYPE, request_id)
        if request is None:
            return None
        return Call(request_id, {} if is_last else {"progress": True}, request.uri, payload)

    def publish(self, topic: str, payload: Payload, *, options: Options = _NOTHING) -> Publish:
        """Return a PUBLISH that nothing answers, whatever *options* say."""
        self._require_joined()
        asked = {name: value for name, value in options.items() if name != "acknowledge"}
        return Publish(self._requests.new_id(), asked, topic, payload)

    def publish_acknowledged(
        self, topic: str, payload: Payload, context: Any, *, options: Options = _NOTHING
    ) -> Publish:
        """Return a PUBLISH that comes back as Answered or Refused."""
        self._require_joined()
        request = self._requests.open(Publish.TYPE, topic, context)
        return Publish(request.request_id, {**options, "acknowledge": True}, topic, payload)

    def register(self, procedure: str, endpoint: Any, *, options: Options = _NOTHING) -> Register:
        """Return the REGISTER; *endpoint* comes back with its answer and with each invocation."""
        self._require_joined()
        request = self._requests.open(Register.TYPE, procedure, endpoint)
        return Register(request.request_id, dict(options), procedure)

    def unregister(self, registration_id: int, context: Any = None) -> Unregister:
        """Return the UNREGISTER; invocations are taken until it is answered."""
        self._require_joined()
        request = self._requests.open(Unregister.TYPE, "", context, registration_id)
        return Unregister(request.request_id, registration_id)

    def subscribe(self, topic: str, listener: Any, *, options: Options = _NOTHING) -> Subscribe:
        """Return the SUBSCRIBE; *listener* comes back with its answer and with each event."""
        self._require_joined()
        request = self._requests.open(Subscribe.TYPE, topic, listener)
        request.match = str(options.get("match", "exact"))
        self._subscriptions.asked(request)
        return Subscribe(request.request_id, dict(options), topic)

    def unsubscribe(
        self, subscription_id: int, listener: Any, context: Any = None
    ) -> Unsubscribe | None:
        """Take *listener* off at once; returns UNSUBSCRIBE when it was the last one."""
        self._require_joined()
        if not self._subscriptions.remove(subscription_id, listener):
            return None
        return self._unsubscribe(subscription_id, context)

    def abandon(self, request_id: int, *, mode: str = "killnowait") -> Cancel | None:
        """Note that nobody waits for *request_id* any more.

        What it creates on the router (a registration, a subscription) is undone when the answer
        comes.

        Returns:
            The CANCEL to send, for a call and a router that can cancel calls; else None.
        """
        request = self._requests.abandon(request_id)
        if request is None or request.kind != Call.TYPE or self.state is not SessionState.JOINED:
            return None
        if not self.router_supports("dealer", "call_canceling"):
            return None
        return Cancel(request_id, {"mode": mode})

    def yield_result(
        self,
        request_id: int,
        payload: Payload,
        *,
        options: Options = _NOTHING,
        is_progress: bool = False,
    ) -> Yield | None:
        """Return the YIELD for an invocation, or None when nobody expects one any more."""
        if self.state is not SessionState.JOINED:
            return None
        if is_progress:
            is_open = self._registrations.is_open(request_id)
            return Yield(request_id, {**options, "progress": True}, payload) if is_open else None
        if not self._registrations.answered(request_id):
            return None
        return Yield(request_id, dict(options) if options else {}, payload)

    def fail(self, request_id: int, uri: str, payload: Payload = EMPTY) -> Error | None:
        """Return the ERROR for an invocation, or None when nobody expects one any more."""
        if self.state is not SessionState.JOINED or not self._registrations.answered(request_id):
            return None
        return Error(Invocation.TYPE, request_id, {}, uri, payload)

    def receive(self, message: Message) -> Effects:
        """Take one message from the router; returns what to do, in order.

        Raises:
            RemoteProtocolError: the router may not send this now; ``abort`` is due.
        """
        on_message = _RECEIVERS[self.state].get(type(message))
        if on_message is not None:
            return on_message(self, message)
        if self.state in (SessionState.LEAVING, SessionState.ENDED):
            return ()
        name = type(message).__name__.upper()
        raise RemoteProtocolError(f"{name} from a router to a {self.state.value} session")

    def _on_challenge(self, challenge: Challenge) -> Effects:
        return (effects.Transmit(self._joining.answer(challenge)),)

    def _on_welcome(self, welcome: Welcome) -> Effects:
        self._joining.check(welcome)
        self.state = SessionState.JOINED
        self.session_id, self.details = welcome.session_id, welcome.details
        return (effects.Joined(welcome.session_id, welcome.details),)

    def _on_abort(self, abort: Abort) -> Effects:
        self.state = SessionState.ENDED
        return (effects.Ended(printable(abort.reason), text_in(abort.details)),)

    def _on_goodbye(self, goodbye: Goodbye) -> Effects:
        was_leaving = self.state is SessionState.LEAVING
        self.state = SessionState.ENDED
        ended = effects.Ended(
            printable(goodbye.reason), text_in(goodbye.details), is_ours=was_leaving
        )
        if was_leaving:
            return (ended,)
        return (effects.Transmit(Goodbye({}, "wamp.close.goodbye_and_out")), ended)

    def _on_result(self, result: Result) -> Effects:
        if result.details.get("progress"):
            request = self._requests.find(Call.TYPE, result.request_id)
            # A lenient router passes on progress nobody asked for; no reason to leave.
            wanted = request is not None and request.wants_progress
            return (effects.Progressed(request, result),) if request is not None and wanted else ()
        return self._answered(Call.TYPE, result)

    def _on_published(self, published: Published) -> Effects:
        return self._answered(Publish.TYPE, published)

    def _on_registered(self, registered: Registered) -> Effects:
        request = self._requests.close(Register.TYPE, registered.request_id)
        self._registrations.accepted(registered.registration_id, request.context)
        if request.is_abandoned:
            undo = self.unregister(registered.registration_id)
            self._requests.abandon(undo.request_id)
            return (effects.Transmit(undo),)
        return (effects.Answered(request, registered),)

    def _on_unregistered(self, unregistered: Unregistered) -> Effects:
        if unregistered.request_id == 0:
            registration_id = revoked_id_in(unregistered.details, "registration")
            endpoint = self._registrations.ended(registration_id)
            reason = reason_in(unregistered.details)
            return (effects.RegistrationRevoked(endpoint, reason),) if endpoint is not None else ()
        request = self._requests.close(Unregister.TYPE, unregistered.request_id)
        self._registrations.ended(request.target_id)
        return () if request.is_abandoned else (effects.Answered(request, unregistered),)

    def _on_subscribed(self, subscribed: Subscribed) -> Effects:
        request = self._requests.close(Subscribe.TYPE, subscribed.request_id)
        orphan_id = self._subscriptions.accepted(request, subscribed.subscription_id)
        if orphan_id:
            return (effects.Transmit(self._unsubscribe(orphan_id)),)
        return () if request.is_abandoned else (effects.Answered(request, subscribed),)

    def _on_unsubscribed(self, unsubscribed: Unsubscribed) -> Effects:
        if unsubscribed.request_id == 0:
            subscription_id = revoked_id_in(unsubscribed.details, "subscription")
            listeners = self._subscriptions.ended(subscription_id)
            reason = reason_in(unsubscribed.details)
            return (effects.SubscriptionRevoked(listeners, reason),) if listeners else ()
        request = self._requests.close(Unsubscribe.TYPE, unsubscribed.request_id)
        self._subscriptions.ended(request.target_id)
        return () if request.is_abandoned else (effects.Answered(request, unsubscribed),)

    def _on_event(self, event: Event) -> Effects:
        listeners = self._subscriptions.listeners(event.subscription_id)
        if listeners is None:
            raise RemoteProtocolError(f"EVENT for unknown subscription {event.subscription_id}")
        return (effects.EventArrived(listeners, event),) if listeners else ()

    def _on_error(self, error: Error) -> Effects:
        request = self._requests.settle(error.request_type, error.request_id)
        if request is None:
            return ()
        refused: Effects = () if request.is_abandoned else (effects.Refused(request, error),)
        orphan_id = request.kind == Subscribe.TYPE and self._subscriptions.refused(request)
        if not orphan_id:
            return refused
        return (*refused, effects.Transmit(self._unsubscribe(orphan_id)))

    def _on_invocation(self, invocation: Invocation) -> Effects:
        registrations = self._registrations
        if registrations.has_taken_input and registrations.continues(invocation):
            is_open = registrations.is_open(invocation.request_id)
            return (effects.InputArrived(invocation),) if is_open else ()
        endpoint = registrations.invoked(invocation)
        if endpoint is not None:
            return (effects.Invoked(endpoint, invocation),)
        gone = "wamp.error.no_such_procedure"
        return (effects.Transmit(Error(Invocation.TYPE, invocation.request_id, {}, gone)),)

    def _on_interrupt(self, interrupt: Interrupt) -> Effects:
        if not self._registrations.is_open(interrupt.request_id):
            return ()
        return (effects.Interrupted(interrupt),)

    def _answered(self, kind: int, answer: Answer) -> Effects:
        """Settle the request of *kind* that *answer* names, and tell who waits for it."""
        request = self._requests.settle(kind, answer.request_id)
        if request is None or request.is_abandoned:
            return ()
        return (effects.Answered(request, answer),)

    def _unsubscribe(self, subscription_id: int, context: Any = None) -> Unsubscribe:
        request = self._requests.open(Unsubscribe.TYPE, "", context, subscription_id)
        request.is_abandoned = context is None  # sent to tidy up: nobody waits for the answer
        return Unsubscribe(request.request_id, subscription_id)

    def _require_joined(self) -> None:
        if self.state is not SessionState.JOINED:
            raise NotJoinedError(f"the session is {self.state.value}, not joined")


_Receiver = Callable[[ClientProtocol, Any], Effects]
_RECEIVERS: dict[SessionState, dict[type, _Receiver]] = {
    SessionState.NEW: {},
    SessionState.JOINING: {
        Challenge: ClientProtocol._on_challenge,
        Welcome: ClientProtocol._on_welcome,
        Abort: ClientProtocol._on_abort,
    },
    SessionState.JOINED: {
        Abort: ClientProtocol._on_abort,
        Goodbye: ClientProtocol._on_goodbye,
        Event: ClientProtocol._on_event,
        Result: ClientProtocol._on_result,
        Invocation: ClientProtocol._on_invocation,
        Interrupt: ClientProtocol._on_interrupt,
        Error: ClientProtocol._on_error,
        Published: ClientProtocol._on_published,
        Registered: ClientProtocol._on_registered,
        Unregistered: ClientProtocol._on_unregistered,
        Subscribed: ClientProtocol._on_subscribed,
        Unsubscribed: ClientProtocol._on_unsubscribed,
    },
    SessionState.LEAVING: {Abort: ClientProtocol._on_abort, Goodbye: ClientProtocol._on_goodbye},
    SessionState.ENDED: {},
}
