"""What the client protocol asks its shell to do after a message arrived.

``ClientProtocol.receive`` returns these; the shell (``wampedge.client``) carries them out in order.
The objects named *context*, *endpoint* and *listener* are the shell's own: the protocol keeps them
and hands them back, and never looks inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wampedge.wamp.messages import (
    Error,
    Event,
    Interrupt,
    Invocation,
    Message,
    Published,
    Registered,
    Result,
    Subscribed,
    Unregistered,
    Unsubscribed,
)

__all__ = [
    "Answer",
    "Answered",
    "Effect",
    "Ended",
    "EventArrived",
    "Interrupted",
    "Invoked",
    "Joined",
    "Progressed",
    "Refused",
    "RegistrationRevoked",
    "Request",
    "SubscriptionRevoked",
    "Transmit",
]

Answer = Result | Registered | Unregistered | Subscribed | Unsubscribed | Published


@dataclass(slots=True)
class Request:
    """One request the router still owes an answer; owned by the protocol.

    Args:
        kind: message type of the request, such as 48 for CALL.
        request_id: id of the request in this session.
        uri: topic or procedure, empty for requests that name an id.
        context: the shell's object, handed back with the answer.
        target_id: subscription or registration the request is about, 0 when there is none.
        wants_progress: the caller asked for progressive results.
        match: matching policy of a SUBSCRIBE.
        is_abandoned: nobody waits any more; what the answer created is to be undone.
    """

    kind: int
    request_id: int
    uri: str
    context: Any
    target_id: int = 0
    wants_progress: bool = False
    match: str = "exact"
    is_abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send *message* to the router."""

    message: Message


@dataclass(frozen=True, slots=True)
class Joined:
    """The router opened the session."""

    session_id: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over; close the transport after what was sent before this.

    Args:
        reason: URI the router gave.
        text: what the router said for people, or None.
        is_ours: this side asked to leave, and the router agreed.
    """

    reason: str
    text: str | None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """*request* succeeded with *message*; nothing more will come for it."""

    request: Request
    message: Answer


@dataclass(frozen=True, slots=True)
class Progressed:
    """A progressive result for a call that asked for them; more will come."""

    request: Request
    message: Result


@dataclass(frozen=True, slots=True)
class Refused:
    """*request* failed with *error*; nothing more will come for it."""

    request: Request
    error: Error


@dataclass(frozen=True, slots=True)
class Invoked:
    """A caller calls a procedure of ours; answer with ``yield_result`` or ``fail``."""

    endpoint: Any
    message: Invocation


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The router asks to give up an invocation that is still running."""

    message: Interrupt


@dataclass(frozen=True, slots=True)
class EventArrived:
    """An event for every one of *listeners*, in the order they subscribed."""

    listeners: tuple[Any, ...]
    message: Event


@dataclass(frozen=True, slots=True)
class RegistrationRevoked:
    """The router took the registration of *endpoint* away."""

    endpoint: Any
    reason: str


@dataclass(frozen=True, slots=True)
class SubscriptionRevoked:
    """The router ended the subscription of *listeners*."""

    listeners: tuple[Any, ...]
    reason: str


Effect = (
    Transmit
    | Joined
    | Ended
    | Answered
    | Progressed
    | Refused
    | Invoked
    | Interrupted
    | EventArrived
    | RegistrationRevoked
    | SubscriptionRevoked
)
