"""Limits of what a message may carry, and the checks of decoded and of outgoing values.

Both limits are such that a router can always pass on what it took: it changes the options or the
details of a message, never its arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from wampedge.errors import LocalProtocolError, RemoteProtocolError

__all__ = ["MAX_DEPTH", "MAX_ELEMENTS", "check_incoming", "check_outgoing"]

MAX_DEPTH = 32
"""Deepest nesting of lists and dicts in a message; the message itself is the first level."""

MAX_ELEMENTS = 10_000
"""Most values within the options, the arguments or the keyword arguments of a message.

List items, dict keys and dict values count, at any depth.
"""

_SCALARS = frozenset({str, int, float, bool, bytes, type(None)})
_LISTS = (list, tuple)  # a tuple of types is looked up faster than their union


def check_incoming(elements: Sequence[Any]) -> None:
    """Check depth, size, keys, texts and types of decoded *elements* of a message.

    Args:
        elements: the decoded message, or those of its elements that are no plain texts or ids.

    Raises:
        RemoteProtocolError: one is nested too deep or holds too many values, has a key that is
            no text, a text that UTF-8 cannot carry, or a type WAMP does not know.
    """
    for element in elements:
        _check_element(element)


def _check_element(element: Any) -> None:
    """Check one element of a message, level by level."""
    level, count = [element], 0
    for _depth in range(1, MAX_DEPTH):
        containers = [value for value in level if _is_container(value)]
        if not containers:
            return
        level = [item for container in containers for item in _items_of(container)]
        count += len(level)
        if count > MAX_ELEMENTS:
            raise RemoteProtocolError(f"more than {MAX_ELEMENTS} elements in one argument")
    if any(_is_container(value) for value in level):
        raise RemoteProtocolError(f"message is nested deeper than {MAX_DEPTH}")


def _is_container(value: Any) -> bool:
    """Sort a decoded value; raises RemoteProtocolError for types and texts WAMP cannot carry."""
    kind = type(value)
    if kind is list or kind is dict:
        return True
    if kind is str and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RemoteProtocolError("a text with a lone surrogate") from error
    elif kind not in _SCALARS:
        raise RemoteProtocolError(f"a value of type {kind.__name__}")
    return False


def _items_of(container: list[Any] | dict[Any, Any]) -> list[Any]:
    if type(container) is list:
        return container
    assert type(container) is dict, "sorted before"
    for key in container:
        if type(key) is not str:
            raise RemoteProtocolError(f"keys must be strings, got {type(key).__name__}")
    return [*container.keys(), *container.values()]


def check_outgoing(element: Any) -> None:
    """Check that *element* of a message can be sent at all, before a serializer writes it.

    Texts are not looked at: a serializer that cannot write one says so itself.

    Raises:
        LocalProtocolError: it is nested too deep (or in itself), too large, has a key that is no
            text, or a type WAMP does not know; the text names it.
    """
    if type(element) not in _SCALARS:
        _check_outgoing(element, 2, [MAX_ELEMENTS])


def _check_outgoing(value: Any, depth: int, budget: list[int]) -> None:
    """Check *value*, which is no plain scalar, at *depth*; *budget* counts down its elements."""
    items: Collection[Any]
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str and not isinstance(key, str):
                raise LocalProtocolError(f"keys must be str, got {type(key).__name__} {key!r:.40}")
        items = value.values()
        budget[0] -= 2 * len(items)
    elif isinstance(value, _LISTS):
        items = value
        budget[0] -= len(items)
    else:
        _check_odd_scalar(value)
        return
    if depth > MAX_DEPTH:
        raise LocalProtocolError(f"a value is nested deeper than {MAX_DEPTH}")
    if budget[0] < 0:
        raise LocalProtocolError(f"more than {MAX_ELEMENTS} elements in one argument")
    for item in items:
        if type(item) not in _SCALARS:
            _check_outgoing(item, depth + 1, budget)


def _check_odd_scalar(value: Any) -> None:
    """Take relatives of plain types (an enum, say), refuse all others."""
    if not isinstance(value, str | int | float | bytes | bytearray | memoryview):
        raise LocalProtocolError(
            f"a value of type {type(value).__name__} cannot be sent: {value!r:.60}; "
            f"send None, bool, int, float, str, bytes, list, tuple or dict"
        )
