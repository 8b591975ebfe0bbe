"""What each message looks like on the wire, as one table, and the strict check against it.

``from_wire`` turns a decoded list into a message, ``to_wire`` turns a message into a list. The
table says the kind of each field; what options and details hold is checked by
``wampedge.wamp.options``, the grammar of URIs by whoever routes on them.

Nulls: some clients send null for an absent dict of options, for absent arguments or for an absent
option. The first two become empty here; an option that is null stays in its dict, and its reader
treats it as absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.ids import MAX_ID, is_id
from wampedge.wamp.messages import (
    MESSAGE_BY_TYPE,
    Abort,
    Authenticate,
    Call,
    Cancel,
    Challenge,
    Error,
    Event,
    EventReceived,
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

__all__ = ["REQUEST_TYPES", "from_wire", "head_from_wire", "shown", "to_wire"]

REQUEST_TYPES = frozenset(
    message.TYPE
    for message in (Publish, Subscribe, Unsubscribe, Call, Cancel, Register, Unregister, Invocation)
)
"""Message types an ERROR may answer."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a field must be: *wanted* for people, *accepts* for values."""

    wanted: str
    accepts: Callable[[Any], bool]


def _is_dict(value: Any) -> bool:
    return type(value) is dict


def _is_str(value: Any) -> bool:
    return type(value) is str


def _is_id_or_zero(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_ID


def _is_request_type(value: Any) -> bool:
    return type(value) is int and value in REQUEST_TYPES


def _has_sound_roles(details: Any) -> bool:
    """Tell whether *details*, if they have roles, have a dict (or null) for each of them."""
    roles = details.get("roles") if type(details) is dict else ()
    if roles is None:
        return True
    return type(roles) is dict and all(
        role is None or type(role) is dict for role in roles.values()
    )


def _announces_roles(details: Any) -> bool:
    return type(details) is dict and bool(details.get("roles")) and _has_sound_roles(details)


_ID = _Kind("an integer from 1 to 2**53", is_id)
_ID_OR_ZERO = _Kind("an integer from 0 to 2**53", _is_id_or_zero)
_REQUEST_TYPE = _Kind("the type of a request", _is_request_type)
_URI = _Kind("a string", _is_str)
_TEXT = _Kind("a string", _is_str)
_DICT = _Kind("a dict", _is_dict)
_HELLO_DETAILS = _Kind("a dict that announces roles", _announces_roles)
_WELCOME_DETAILS = _Kind("a dict with sound roles", _has_sound_roles)

_NULL_IS_EMPTY = frozenset({_DICT, _HELLO_DETAILS, _WELCOME_DETAILS})

# The order of the wire; optional details are marked in _OPTIONAL_DETAILS, and a message class
# with a field ``payload`` takes Arguments and ArgumentsKw after these.
_KINDS: dict[type[Message], tuple[_Kind, ...]] = {
    Hello: (_URI, _HELLO_DETAILS),
    Welcome: (_ID, _WELCOME_DETAILS),
    Abort: (_DICT, _URI),
    Challenge: (_TEXT, _DICT),
    Authenticate: (_TEXT, _DICT),
    Goodbye: (_DICT, _URI),
    Error: (_REQUEST_TYPE, _ID, _DICT, _URI),
    Publish: (_ID, _DICT, _URI),
    Published: (_ID, _ID),
    Subscribe: (_ID, _DICT, _URI),
    Subscribed: (_ID, _ID),
    Unsubscribe: (_ID, _ID),
    Unsubscribed: (_ID_OR_ZERO, _DICT),
    Event: (_ID, _ID, _DICT),
    EventReceived: (_ID, _DICT),
    Call: (_ID, _DICT, _URI),
    Cancel: (_ID, _DICT),
    Result: (_ID, _DICT),
    Register: (_ID, _DICT, _URI),
    Registered: (_ID, _ID),
    Unregister: (_ID, _ID),
    Unregistered: (_ID_OR_ZERO, _DICT),
    Invocation: (_ID, _ID, _DICT),
    Interrupt: (_ID, _DICT),
    Yield: (_ID, _DICT),
}

_OPTIONAL_DETAILS: frozenset[type[Message]] = frozenset({Unsubscribed, EventReceived, Unregistered})


@dataclass(frozen=True, slots=True)
class _Shape:
    """One message type, ready for checking."""

    message: type[Message]
    names: tuple[str, ...]
    kinds: tuple[_Kind, ...]
    has_payload: bool
    shortest: int
    longest: int
    options_at: int | None


def _shape_of(message: type[Message], kinds: tuple[_Kind, ...]) -> _Shape:
    """Work out names and lengths of *message* from its fields and *kinds*."""
    names = tuple(field.name for field in fields(message))
    has_payload = names[-1] == "payload"
    full = 1 + len(kinds)
    return _Shape(
        message=message,
        names=names[: len(kinds)],
        kinds=kinds,
        has_payload=has_payload,
        shortest=full - 1 if message in _OPTIONAL_DETAILS else full,
        longest=full + 2 if has_payload else full,
        options_at=kinds.index(_DICT) if _DICT in kinds else None,
    )


_SHAPES = {message.TYPE: _shape_of(message, kinds) for message, kinds in _KINDS.items()}
assert _SHAPES.keys() == MESSAGE_BY_TYPE.keys(), "the table knows every message"


def from_wire(wire: Any) -> Message:
    """Check *wire*, the decoded message, and build the message it stands for.

    Args:
        wire: what a serializer decoded; anything but a well-formed message is refused.

    Raises:
        RemoteProtocolError: it is no WAMP message; the text names the broken rule.
    """
    if type(wire) is not list or not wire:
        raise RemoteProtocolError(f"a message must be a non-empty list, got {shown(wire)}")
    type_code = wire[0]
    shape = _SHAPES.get(type_code) if type(type_code) is int else None
    if shape is None:
        raise RemoteProtocolError(f"unknown message type {shown(type_code)}")
    if not shape.shortest <= len(wire) <= shape.longest:
        raise RemoteProtocolError(
            f"{_title(shape)} must have {shape.shortest} to {shape.longest} elements, "
            f"got {len(wire)}"
        )
    values = [
        _checked(shape, name, kind, value)
        for name, kind, value in zip(shape.names, shape.kinds, wire[1:], strict=False)
    ]
    if shape.has_payload:
        options = values[shape.options_at] if shape.options_at is not None else {}
        values.append(_payload_of(shape, options, wire[1 + len(shape.kinds) :]))
    return shape.message(*values)


def head_from_wire(wire: Any) -> Message:
    """Build the message of *wire*, which carries arguments, without its arguments.

    Raises:
        RemoteProtocolError: it is no WAMP message, or none that carries arguments.
    """
    shape = _SHAPES[from_wire(wire).TYPE]
    if not shape.has_payload:
        raise RemoteProtocolError(f"{_title(shape)} carries no arguments")
    return from_wire(wire[: 1 + len(shape.kinds)])


def to_wire(message: Message) -> list[Any]:
    """Return *message* as the list that goes on the wire, in its shortest form.

    Empty arguments at the end and empty optional details are left out.
    """
    shape = _SHAPES[message.TYPE]
    wire: list[Any] = [message.TYPE, *(getattr(message, name) for name in shape.names)]
    if shape.shortest < len(wire) and not wire[-1]:
        del wire[-1]
    if shape.has_payload:
        payload: Payload = message.payload  # type: ignore[union-attr]  # the shape says it has one
        wire.extend(payload.elements)
    return wire


def shown(value: Any) -> str:
    """Describe *value*, which a peer sent, in at most 60 characters for an error text."""
    if type(value) is str:
        return ascii(value if len(value) <= 40 else value[:40] + "...")[:60]
    if type(value) is int:
        return str(value) if -(2**64) < value < 2**64 else "an integer beyond 64 bit"
    if value is None or type(value) in {bool, float}:
        return repr(value)
    return f"a {type(value).__name__}"


def _title(shape: _Shape) -> str:
    return shape.message.__name__.upper()


def _checked(shape: _Shape, name: str, kind: _Kind, value: Any) -> Any:
    """Return *value* as the field *name* wants it, null options as an empty dict."""
    if value is None and kind in _NULL_IS_EMPTY:
        value = {}
    if kind.accepts(value):
        return value
    raise RemoteProtocolError(f"{_title(shape)}: {name} must be {kind.wanted}, got {shown(value)}")


def _payload_of(shape: _Shape, options: dict[str, Any], trailing: list[Any]) -> Payload:
    """Build the payload from the zero to two elements that follow the fields."""
    if not trailing:
        return EMPTY
    args = trailing[0]
    kwargs = trailing[1] if len(trailing) == 2 else None
    if type(args) in {bytes, str} and options.get("enc_algo") is not None and len(trailing) == 1:
        return Payload.sealed(args)
    if args is not None and type(args) is not list:
        raise RemoteProtocolError(f"{_title(shape)}: args must be a list, got {shown(args)}")
    if kwargs is not None and type(kwargs) is not dict:
        raise RemoteProtocolError(f"{_title(shape)}: kwargs must be a dict, got {shown(kwargs)}")
    return Payload(args or (), kwargs)
