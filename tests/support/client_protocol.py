"""Sessions of the client protocol at the point where a test begins."""

from __future__ import annotations

from typing import Any

from wampedge.wamp import effects
from wampedge.wamp.messages import (
    Registered,
    Subscribed,
    Welcome,
)
from wampedge.wamp.protocol import ClientProtocol

__all__ = ["ROLES", "WELCOME", "joined", "only", "registered", "subscribed"]

ROLES = {"broker": {}, "dealer": {"features": {"call_canceling": True}}}
WELCOME = Welcome(77, {"roles": ROLES})


def joined(roles: dict[str, Any] = ROLES) -> ClientProtocol:
    """Return a protocol that has just been welcomed as session 77."""
    protocol = ClientProtocol()
    protocol.join("edge")
    protocol.receive(Welcome(77, {"roles": roles}))
    return protocol


def registered(protocol: ClientProtocol, registration_id: int, endpoint: Any = "endpoint") -> None:
    """Register *endpoint* and let the router grant it."""
    request = protocol.register("edge.gh1.add", endpoint)
    protocol.receive(Registered(request.request_id, registration_id))


def subscribed(protocol: ClientProtocol, subscription_id: int, listener: Any = "listener") -> None:
    """Subscribe *listener* to one topic and let the router grant it."""
    request = protocol.subscribe("edge.gh1.temperature", listener)
    protocol.receive(Subscribed(request.request_id, subscription_id))


def only(found: tuple[effects.Effect, ...]) -> Any:
    """Return the one effect there must be."""
    assert len(found) == 1
    return found[0]
