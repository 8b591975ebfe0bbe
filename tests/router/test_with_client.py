"""The router core and the client core joined by a fake wire, over real serializers.

Every message crosses the wire as bytes, so what one side makes the other side must accept.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import Any

import pytest

from wampedge.router import Admission, RealmSettings, Router, RouterSession
from wampedge.wamp import effects
from wampedge.wamp.messages import Cancel, Message
from wampedge.wamp.payload import Payload
from wampedge.wamp.protocol import ClientProtocol
from wampedge.wamp.protocol import SessionState as ClientState
from wampedge.wamp.serializers import SERIALIZERS, Serializer

SUM = Payload([30], {"unit": "cm"})


class Wire:
    """One router and any number of clients; bytes are carried until nothing moves any more."""

    def __init__(self) -> None:
        ids = itertools.count(2**53 - 100)
        self.router = Router(
            [RealmSettings("edge")], random_id=lambda: next(ids), monotonic_s=lambda: 0.0
        )
        self._client_by_session: dict[RouterSession, WiredClient] = {}
        self._to_router: deque[tuple[WiredClient, bytes]] = deque()

    def client(self, serializer: Serializer) -> WiredClient:
        """Connect a client that speaks *serializer*, and let it join."""
        session = self.router.attach(transport={}, auth=Admission("anonymous"))
        client = WiredClient(self, session, serializer)
        self._client_by_session[session] = client
        client.send(client.core.join("edge"))
        self.carry()
        assert client.core.state is ClientState.JOINED
        return client

    def put(self, client: WiredClient, message: Message) -> None:
        """Take a message of *client* as bytes."""
        self._to_router.append((client, client.serializer.encode(message)))

    def carry(self) -> None:
        """Carry everything that is under way, and what comes of it."""
        while self._to_router:
            client, data = self._to_router.popleft()
            message = client.serializer.decode(data)
            for send in self.router.receive(client.session, message):
                for session in send.recipients:
                    receiver = self._client_by_session[session]
                    receiver.take_in(receiver.serializer.encode(send.message))


class WiredClient:
    """A client core, its end of the wire, and the effects it came to."""

    def __init__(self, wire: Wire, session: RouterSession, serializer: Serializer) -> None:
        self.core = ClientProtocol()
        self.session = session
        self.serializer = serializer
        self.effects: list[Any] = []
        self._wire = wire

    def send(self, message: Message | None) -> None:
        """Put *message* on the wire."""
        assert message is not None, "the core lets us send this"
        self._wire.put(self, message)

    def take_in(self, data: bytes) -> None:
        """Feed the core with what the router sent."""
        for effect in self.core.receive(self.serializer.decode(data)):
            if isinstance(effect, effects.Transmit):
                self.send(effect.message)
            else:
                self.effects.append(effect)

    def last(self) -> Any:
        """Carry everything and return the last effect."""
        self._wire.carry()
        return self.effects[-1]


@pytest.fixture(params=["json", "msgpack"])
def serializer(request: pytest.FixtureRequest) -> Serializer:
    return SERIALIZERS[request.param]


@pytest.fixture(params=["json", "msgpack"])
def other_serializer(request: pytest.FixtureRequest) -> Serializer:
    return SERIALIZERS[request.param]


def test_a_call_crosses_the_router(serializer: Serializer, other_serializer: Serializer) -> None:
    wire = Wire()
    callee, caller = wire.client(serializer), wire.client(other_serializer)
    callee.send(callee.core.register("edge.add", "endpoint"))
    assert isinstance(callee.last(), effects.Answered)

    caller.send(caller.core.call("edge.add", Payload([23, 7]), "waiter"))
    invoked = callee.last()
    assert isinstance(invoked, effects.Invoked)
    assert invoked.endpoint == "endpoint"
    assert invoked.message.payload == Payload([23, 7])
    callee.send(callee.core.yield_result(invoked.message.request_id, SUM))

    answered = caller.last()
    assert isinstance(answered, effects.Answered)
    assert answered.request.context == "waiter"
    assert answered.message.payload == SUM  # type: ignore[union-attr]  # a RESULT has one


def test_an_error_crosses_the_router(serializer: Serializer, other_serializer: Serializer) -> None:
    wire = Wire()
    callee, caller = wire.client(serializer), wire.client(other_serializer)
    callee.send(callee.core.register("edge.add", "endpoint"))
    caller.send(caller.core.call("edge.add", Payload(), "waiter"))
    invoked = callee.last()

    callee.send(callee.core.fail(invoked.message.request_id, "edge.error.dry", SUM))

    refused = caller.last()
    assert isinstance(refused, effects.Refused)
    assert (refused.error.error, refused.error.payload) == ("edge.error.dry", SUM)


def test_an_event_crosses_the_router(serializer: Serializer, other_serializer: Serializer) -> None:
    wire = Wire()
    subscriber, publisher = wire.client(serializer), wire.client(other_serializer)
    subscriber.send(subscriber.core.subscribe("edge.lux", "listener"))
    wire.carry()

    publisher.send(publisher.core.publish_acknowledged("edge.lux", SUM, "waiter"))

    assert isinstance(publisher.last(), effects.Answered)
    arrived = subscriber.last()
    assert isinstance(arrived, effects.EventArrived)
    assert arrived.listeners == ("listener",)
    assert arrived.message.payload == SUM


def test_a_canceled_call_interrupts_the_callee(serializer: Serializer) -> None:
    wire = Wire()
    callee, caller = wire.client(serializer), wire.client(serializer)
    callee.send(callee.core.register("edge.slow", "endpoint"))
    wire.carry()
    call = caller.core.call("edge.slow", Payload(), "waiter")
    caller.send(call)
    wire.carry()

    cancel = caller.core.abandon(call.request_id)
    assert isinstance(cancel, Cancel)
    caller.send(cancel)

    assert isinstance(callee.last(), effects.Interrupted)


def test_a_client_leaves_and_the_router_agrees(serializer: Serializer) -> None:
    wire = Wire()
    client = wire.client(serializer)

    client.send(client.core.leave())

    ended = client.last()
    assert isinstance(ended, effects.Ended)
    assert (ended.reason, ended.is_ours) == ("wamp.close.goodbye_and_out", True)
    assert client.session.is_closed


def test_a_router_that_stops_tells_the_client(serializer: Serializer) -> None:
    wire = Wire()
    client = wire.client(serializer)

    for send in wire.router.close_all():
        client.take_in(serializer.encode(send.message))

    ended = client.last()
    assert isinstance(ended, effects.Ended)
    assert (ended.reason, ended.is_ours) == ("wamp.close.system_shutdown", False)
    assert client.session.is_closed


def test_a_payload_between_equal_serializers_stays_the_same_bytes(serializer: Serializer) -> None:
    """The router splices payloads; it never decodes them."""
    wire = Wire()
    subscriber, publisher = wire.client(serializer), wire.client(serializer)
    subscriber.send(subscriber.core.subscribe("edge.lux", "listener"))
    wire.carry()
    data = serializer.encode(publisher.core.publish("edge.lux", SUM))

    (send,) = wire.router.receive(publisher.session, serializer.decode(data))

    payload = send.message.payload  # type: ignore[union-attr]  # an EVENT has one
    assert payload.tail(serializer)
    assert payload.tail(serializer) in data
