"""Limits of what a message may carry, and the checks of decoded and of outgoing values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wampedge.errors import LocalProtocolError, RemoteProtocolError

__all__ = ["MAX_DEPTH", "MAX_ELEMENTS", "check_incoming", "check_outgoing"]

MAX_DEPTH = 32
"""Deepest nesting of lists and dicts in a message, the message itself included."""

MAX_ELEMENTS = 10_000
"""Most values in a message: list items, dict keys and dict values."""

_SCALARS = frozenset({str, int, float, bool, type(None)})


def check_incoming(message: Any) -> None:
    """Check depth, number of elements, keys and texts of a decoded message.

    Raises:
        RemoteProtocolError: it is deeper than 32, has over 10,000 elements, keys that are no
            text, a text that UTF-8 cannot carry (lone surrogates), or a type WAMP does not know.
    """
    level: list[Any] = [message]
    count = depth = 0
    while level:
        count += len(level)
        if count > MAX_ELEMENTS:
            raise RemoteProtocolError(f"message has more than {MAX_ELEMENTS} elements")
        containers = [value for value in level if _is_incoming_container(value)]
        depth += bool(containers)
        if depth > MAX_DEPTH:
            raise RemoteProtocolError(f"message is nested deeper than {MAX_DEPTH}")
        level = [item for container in containers for item in _incoming_items(container)]


def _is_incoming_container(value: Any) -> bool:
    """Sort a decoded value; raises RemoteProtocolError for types and texts WAMP cannot carry."""
    kind = type(value)
    if kind is list or kind is dict:
        return True
    if kind is str and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RemoteProtocolError("message has a text with a lone surrogate") from error
    elif kind not in _SCALARS and kind is not bytes:
        raise RemoteProtocolError(f"message has a value of type {kind.__name__}")
    return False


def _incoming_items(container: list[Any] | dict[Any, Any]) -> Iterable[Any]:
    if type(container) is list:
        return container
    assert type(container) is dict, "sorted before"
    for key in container:
        if type(key) is not str:
            raise RemoteProtocolError(f"keys must be strings, got {type(key).__name__}")
    return [*container.keys(), *container.values()]


def check_outgoing(value: Any, depth: int = 1) -> None:
    """Check that *value* can be carried by WAMP at all, before a serializer writes it.

    Raises:
        LocalProtocolError: it is nested too deep (or in itself), has keys that are no text or a
            type WAMP does not know; the text names it.
    """
    if isinstance(value, str | int | float | bytes | bytearray | memoryview) or value is None:
        return
    if depth > MAX_DEPTH:
        raise LocalProtocolError(f"value is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise LocalProtocolError(f"keys must be str, got {type(key).__name__} {key!r:.40}")
            check_outgoing(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            check_outgoing(item, depth + 1)
    else:
        raise LocalProtocolError(
            f"a value of type {type(value).__name__} cannot be sent: {value!r:.60}; "
            f"send None, bool, int, float, str, bytes, list, tuple or dict"
        )
