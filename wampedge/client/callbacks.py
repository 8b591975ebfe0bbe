"""How user functions are called: with the arguments, with details as well, or with the payload.

A function may be plain or ``async``. The shape is chosen once, when it is registered or
subscribed, so that a message costs one call and plain functions never pay for details.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType
from typing import Any, Protocol, TypeVar

from wampedge.records import Record
from wampedge.wamp.payload import Payload

__all__ = ["Shape", "adapt", "is_unfinished"]


class _Carrier(Protocol):
    """A message with a payload."""

    @property
    def payload(self) -> Payload: ...


_Message = TypeVar("_Message", bound=_Carrier)
_VALUES = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict})


class Shape(Record):
    """What a function wants to be given.

    Args:
        wants_details: ``details=`` besides the arguments.
        takes_payload: ``(payload, details)`` and nothing else; nothing is decoded.
        takes_input: a ``CallInput`` and nothing else; for endpoints only.
    """

    wants_details: bool = False
    takes_payload: bool = False
    takes_input: bool = False


def adapt(
    function: Callable[..., Any], shape: Shape, details_of: Callable[[_Message], object]
) -> Callable[[_Message], Any]:
    """Return *function* as one that takes an INVOCATION or an EVENT.

    Args:
        function: what the user gave.
        shape: what it wants.
        details_of: makes the details of a message.
    """
    if shape.takes_payload:
        return lambda message: function(message.payload, details_of(message))
    if shape.wants_details:
        return lambda message: function(
            *message.payload.args, **{**message.payload.kwargs, "details": details_of(message)}
        )

    def call(message: _Message) -> Any:
        elements = message.payload.elements
        if len(elements) == 1 and type(elements[0]) is list:  # the common case, quickly
            return function(*elements[0])
        return function(*message.payload.args, **message.payload.kwargs)

    return call


def is_unfinished(outcome: Any) -> bool:
    """Tell whether a function returned something to await; the usual types are known at once."""
    kind = type(outcome)
    return kind not in _VALUES and (kind is CoroutineType or hasattr(outcome, "__await__"))
