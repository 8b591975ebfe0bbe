"""What functions declare to be, by decorators: a procedure, a subscriber, told of joins and leaves.

A ``Component`` finds these on the methods of an object and makes them so. The functions stay as
they are, and can be called and tested like any other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

__all__ = ["Declaration", "declarations_of", "on_join", "on_leave", "procedure", "topic"]

Kind = Literal["procedure", "topic", "join", "leave"]
_Function = TypeVar("_Function", bound=Callable[..., Any])
_NONE: Mapping[str, Any] = {}
_ATTRIBUTE = "__wampedge_declarations__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One thing that a function is for.

    Args:
        kind: what.
        uri: the procedure or topic, empty for the others.
        options: options of the REGISTER or SUBSCRIBE.
        wants_details: the function also takes ``details=``.
        takes_input: the function reads the input of a call part by part.
    """

    kind: Kind
    uri: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    wants_details: bool = False
    takes_input: bool = False

    def __call__(self, function: _Function) -> _Function:
        """Note it on *function*, which stays as it is."""
        earlier: tuple[Declaration, ...] = getattr(function, _ATTRIBUTE, ())
        setattr(function, _ATTRIBUTE, (*earlier, self))
        return function


def procedure(
    uri: str,
    *,
    options: Mapping[str, Any] = _NONE,
    wants_details: bool = False,
    takes_input: bool = False,
) -> Declaration:
    """Let calls of *uri* run the function; the arguments are those of ``Session.register``."""
    return Declaration(
        kind="procedure",
        uri=uri,
        options=options,
        wants_details=wants_details,
        takes_input=takes_input,
    )


def topic(
    uri: str,
    *,
    match: Literal["exact", "prefix", "wildcard"] = "exact",
    options: Mapping[str, Any] = _NONE,
    wants_details: bool = False,
) -> Declaration:
    """Let events of *uri* call the function; the arguments are those of ``Session.subscribe``."""
    if match != "exact":
        options = {**options, "match": match}
    return Declaration(kind="topic", uri=uri, options=options, wants_details=wants_details)


def on_join(function: _Function) -> _Function:
    """Call the function with the ``Session`` each time it has joined."""
    return Declaration(kind="join")(function)


def on_leave(function: _Function) -> _Function:
    """Call the function each time a session has ended, with the error or None."""
    return Declaration(kind="leave")(function)


def declarations_of(part: object) -> Iterator[tuple[Declaration, Callable[..., Any]]]:
    """Yield what the methods of *part* declare, each with the method bound to it."""
    for name in dir(type(part)):
        # Not getattr: that would run properties.
        found = inspect.getattr_static(type(part), name)
        for declaration in getattr(found, _ATTRIBUTE, ()):
            yield declaration, getattr(part, name)
