"""Quick building of the seven messages that carry arguments through a router.

The serializers decode such a message to a list, know at which byte its arguments start, and build
it here without a walk over the table of ``wampedge.wamp.validation``. Whatever is not in its plain
form (null options, a bad id, sealed arguments) gives None and goes to ``from_wire``, which takes
it or says what is wrong: correctness never depends on this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wampedge.wamp.ids import MAX_ID
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Invocation,
    Message,
    Publish,
    Result,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge.wamp.validation import REQUEST_TYPES

__all__ = ["BUILDERS", "HEAD_LENGTHS", "Builder", "are_plain"]

Values = list[Any]


def _build_call(values: Values, payload: Payload) -> Message | None:
    request_id, options, procedure = values[1], values[2], values[3]
    if _is_id(request_id) and type(options) is dict and type(procedure) is str:
        return Call(request_id, options, procedure, payload)
    return None


def _build_publish(values: Values, payload: Payload) -> Message | None:
    request_id, options, topic = values[1], values[2], values[3]
    if _is_id(request_id) and type(options) is dict and type(topic) is str:
        return Publish(request_id, options, topic, payload)
    return None


def _build_yield(values: Values, payload: Payload) -> Message | None:
    request_id, options = values[1], values[2]
    if _is_id(request_id) and type(options) is dict:
        return Yield(request_id, options, payload)
    return None


def _build_result(values: Values, payload: Payload) -> Message | None:
    request_id, details = values[1], values[2]
    if _is_id(request_id) and type(details) is dict:
        return Result(request_id, details, payload)
    return None


def _build_event(values: Values, payload: Payload) -> Message | None:
    subscription_id, publication_id, details = values[1], values[2], values[3]
    if _is_id(subscription_id) and _is_id(publication_id) and type(details) is dict:
        return Event(subscription_id, publication_id, details, payload)
    return None


def _build_invocation(values: Values, payload: Payload) -> Message | None:
    request_id, registration_id, details = values[1], values[2], values[3]
    if _is_id(request_id) and _is_id(registration_id) and type(details) is dict:
        return Invocation(request_id, registration_id, details, payload)
    return None


def _build_error(values: Values, payload: Payload) -> Message | None:
    request_type, request_id, details, error = values[1], values[2], values[3], values[4]
    if (
        type(request_type) is int
        and request_type in REQUEST_TYPES
        and _is_id(request_id)
        and type(details) is dict
        and type(error) is str
    ):
        return Error(request_type, request_id, details, error, payload)
    return None


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_ID


Builder = Callable[[Values, Payload], Message | None]

BUILDERS: Mapping[int, Builder] = {
    Call.TYPE: _build_call,
    Publish.TYPE: _build_publish,
    Yield.TYPE: _build_yield,
    Result.TYPE: _build_result,
    Event.TYPE: _build_event,
    Invocation.TYPE: _build_invocation,
    Error.TYPE: _build_error,
}
"""By message type: from at least as many values as the head has, and from what follows it."""

HEAD_LENGTHS: Mapping[int, int] = {
    Call.TYPE: 4,
    Publish.TYPE: 4,
    Yield.TYPE: 3,
    Result.TYPE: 3,
    Event.TYPE: 4,
    Invocation.TYPE: 4,
    Error.TYPE: 5,
}
"""Elements before the arguments, the type included."""


def are_plain(elements: Values) -> bool:
    """Tell whether the *elements* after a head are [args] or [args, kwargs], without nulls."""
    size = len(elements)
    return (size == 1 or (size == 2 and type(elements[1]) is dict)) and type(elements[0]) is list
