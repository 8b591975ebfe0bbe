"""What the client protocol asks its shell to do after a message arrived.

``ClientProtocol.receive`` returns these; the shell (``wampedge.client``) carries them out in order.
The objects named *context*, *endpoint* and *listener* are the shell's own: the protocol keeps them
and hands them back, and never looks inside.

Effects are frozen for the type checker, not at run time: each message that arrives makes one, and
a frozen dataclass takes more than twice as long to make (and three times as long to import).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

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
    "InputArrived",
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

_E = TypeVar("_E")


@dataclass_transform(frozen_default=True)
def _effect(cls: type[_E]) -> type[_E]:
    """Make a dataclass; equality and text come from ``_Fields``."""
    return dataclass(slots=True, eq=False, repr=False)(cls)


class _Fields:
    """Equality and text of an effect, by its fields."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

    __hash__ = None  # type: ignore[assignment]  # messages have dicts: no effect can be hashed

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({', '.join(values)})"


Answer = Result | Registered | Unregistered | Subscribed | Unsubscribed | Published


@dataclass(slots=True, eq=False, repr=False)
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


@_effect
class Transmit(_Fields):
    """Send *message* to the router."""

    message: Message


@_effect
class Joined(_Fields):
    """The router opened the session."""

    session_id: int
    details: Mapping[str, Any]


@_effect
class Ended(_Fields):
    """The session is over; close the transport after what was sent before this.

    Args:
        reason: URI the router gave.
        text: what the router said for people, or None.
        is_ours: this side asked to leave, and the router agreed.
    """

    reason: str
    text: str | None
    is_ours: bool = False


@_effect
class Answered(_Fields):
    """*request* succeeded with *message*; nothing more will come for it."""

    request: Request
    message: Answer


@_effect
class Progressed(_Fields):
    """A progressive result for a call that asked for them; more will come."""

    request: Request
    message: Result


@_effect
class Refused(_Fields):
    """*request* failed with *error*; nothing more will come for it."""

    request: Request
    error: Error


@_effect
class Invoked(_Fields):
    """A caller calls a procedure of ours; answer with ``yield_result`` or ``fail``."""

    endpoint: Any
    message: Invocation


@_effect
class InputArrived(_Fields):
    """More input for an invocation that has no answer yet; the last has no ``progress``."""

    message: Invocation


@_effect
class Interrupted(_Fields):
    """The router asks to give up an invocation that is still running."""

    message: Interrupt


@_effect
class EventArrived(_Fields):
    """An event for every one of *listeners*, in the order they subscribed."""

    listeners: tuple[Any, ...]
    message: Event


@_effect
class RegistrationRevoked(_Fields):
    """The router took the registration of *endpoint* away."""

    endpoint: Any
    reason: str


@_effect
class SubscriptionRevoked(_Fields):
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
    | InputArrived
    | Interrupted
    | EventArrived
    | RegistrationRevoked
    | SubscriptionRevoked
)
