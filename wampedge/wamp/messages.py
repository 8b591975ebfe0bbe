"""The WAMP messages as frozen dataclasses, one per message type of the specification.

Each class holds the fields of its message in the order of the wire. ``Payload`` stands for the
trailing *Arguments* and *ArgumentsKw*: it may hold decoded values or the raw bytes a peer sent,
so that a router can pass it on without decoding it.

Strict checks of what a peer sent live in ``from_wire``; a message built on this side is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from wampedge.wamp.payload import EMPTY, Payload

__all__ = [
    "MESSAGE_BY_TYPE",
    "Abort",
    "Authenticate",
    "Call",
    "Cancel",
    "Challenge",
    "Error",
    "Event",
    "EventReceived",
    "Goodbye",
    "Hello",
    "Interrupt",
    "Invocation",
    "Message",
    "Publish",
    "Published",
    "Register",
    "Registered",
    "Result",
    "Subscribe",
    "Subscribed",
    "Unregister",
    "Unregistered",
    "Unsubscribe",
    "Unsubscribed",
    "Welcome",
    "Yield",
]

Options = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hello:
    """``[HELLO, Realm|uri, Details|dict]``: a client asks to join a realm."""

    TYPE: ClassVar[int] = 1
    realm: str
    details: Options


@dataclass(frozen=True, slots=True)
class Welcome:
    """``[WELCOME, Session|id, Details|dict]``: the router opened the session."""

    TYPE: ClassVar[int] = 2
    session_id: int
    details: Options


@dataclass(frozen=True, slots=True)
class Abort:
    """``[ABORT, Details|dict, Reason|uri, Args?, ArgsKw?]``: the session ends, unanswered."""

    TYPE: ClassVar[int] = 3
    details: Options
    reason: str
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class Challenge:
    """``[CHALLENGE, AuthMethod|string, Extra|dict]``: the router asks for a proof."""

    TYPE: ClassVar[int] = 4
    method: str
    extra: Options


@dataclass(frozen=True, slots=True)
class Authenticate:
    """``[AUTHENTICATE, Signature|string, Extra|dict]``: the client's proof."""

    TYPE: ClassVar[int] = 5
    signature: str
    extra: Options


@dataclass(frozen=True, slots=True)
class Goodbye:
    """``[GOODBYE, Details|dict, Reason|uri]``: the session ends; the peer answers in kind."""

    TYPE: ClassVar[int] = 6
    details: Options
    reason: str


@dataclass(frozen=True, slots=True)
class Error:
    """``[ERROR, REQUEST.Type, REQUEST.Request|id, Details, Error|uri, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 8
    request_type: int
    request_id: int
    details: Options
    error: str
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class Publish:
    """``[PUBLISH, Request|id, Options|dict, Topic|uri, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 16
    request_id: int
    options: Options
    topic: str
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class Published:
    """``[PUBLISHED, PUBLISH.Request|id, Publication|id]``."""

    TYPE: ClassVar[int] = 17
    request_id: int
    publication_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """``[SUBSCRIBE, Request|id, Options|dict, Topic|uri]``."""

    TYPE: ClassVar[int] = 32
    request_id: int
    options: Options
    topic: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """``[SUBSCRIBED, SUBSCRIBE.Request|id, Subscription|id]``."""

    TYPE: ClassVar[int] = 33
    request_id: int
    subscription_id: int


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """``[UNSUBSCRIBE, Request|id, SUBSCRIBED.Subscription|id]``."""

    TYPE: ClassVar[int] = 34
    request_id: int
    subscription_id: int


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """``[UNSUBSCRIBED, UNSUBSCRIBE.Request|id, Details?|dict]``.

    The router ends a subscription on its own with request id 0 and details that name it.
    """

    TYPE: ClassVar[int] = 35
    request_id: int
    details: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """``[EVENT, Subscription|id, Publication|id, Details|dict, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 36
    subscription_id: int
    publication_id: int
    details: Options
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class EventReceived:
    """``[EVENTRECEIVED, EVENT.Publication|id, Details?|dict]``: a subscriber's receipt."""

    TYPE: ClassVar[int] = 337
    publication_id: int
    details: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """``[CALL, Request|id, Options|dict, Procedure|uri, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 48
    request_id: int
    options: Options
    procedure: str
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class Cancel:
    """``[CANCEL, CALL.Request|id, Options|dict]``: the caller gives up."""

    TYPE: ClassVar[int] = 49
    request_id: int
    options: Options


@dataclass(frozen=True, slots=True)
class Result:
    """``[RESULT, CALL.Request|id, Details|dict, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 50
    request_id: int
    details: Options
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class Register:
    """``[REGISTER, Request|id, Options|dict, Procedure|uri]``."""

    TYPE: ClassVar[int] = 64
    request_id: int
    options: Options
    procedure: str


@dataclass(frozen=True, slots=True)
class Registered:
    """``[REGISTERED, REGISTER.Request|id, Registration|id]``."""

    TYPE: ClassVar[int] = 65
    request_id: int
    registration_id: int


@dataclass(frozen=True, slots=True)
class Unregister:
    """``[UNREGISTER, Request|id, REGISTERED.Registration|id]``."""

    TYPE: ClassVar[int] = 66
    request_id: int
    registration_id: int


@dataclass(frozen=True, slots=True)
class Unregistered:
    """``[UNREGISTERED, UNREGISTER.Request|id, Details?|dict]``.

    The router revokes a registration on its own with request id 0 and details that name it.
    """

    TYPE: ClassVar[int] = 67
    request_id: int
    details: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invocation:
    """``[INVOCATION, Request|id, REGISTERED.Registration|id, Details|dict, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 68
    request_id: int
    registration_id: int
    details: Options
    payload: Payload = EMPTY


@dataclass(frozen=True, slots=True)
class Interrupt:
    """``[INTERRUPT, INVOCATION.Request|id, Options|dict]``: the callee should give up."""

    TYPE: ClassVar[int] = 69
    request_id: int
    options: Options


@dataclass(frozen=True, slots=True)
class Yield:
    """``[YIELD, INVOCATION.Request|id, Options|dict, Args?, ArgsKw?]``."""

    TYPE: ClassVar[int] = 70
    request_id: int
    options: Options
    payload: Payload = EMPTY


Message = (
    Hello
    | Welcome
    | Abort
    | Challenge
    | Authenticate
    | Goodbye
    | Error
    | Publish
    | Published
    | Subscribe
    | Subscribed
    | Unsubscribe
    | Unsubscribed
    | Event
    | EventReceived
    | Call
    | Cancel
    | Result
    | Register
    | Registered
    | Unregister
    | Unregistered
    | Invocation
    | Interrupt
    | Yield
)

MESSAGE_BY_TYPE: dict[int, type[Message]] = {
    message.TYPE: message
    for message in (
        Hello, Welcome, Abort, Challenge, Authenticate, Goodbye, Error,
        Publish, Published, Subscribe, Subscribed, Unsubscribe, Unsubscribed, Event, EventReceived,
        Call, Cancel, Result, Register, Registered, Unregister, Unregistered,
        Invocation, Interrupt, Yield,
    )
}  # fmt: skip
