"""What a caller, an endpoint and a subscriber get to see of the messages that reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wampedge.wamp.payload import Payload

__all__ = ["CallDetails", "CallResult", "EventDetails"]


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call; an endpoint returns one to answer with more than one value.

    Args:
        payload: the arguments of the result, decoded at the first look.
        details: what the router said about the result.
    """

    payload: Payload
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, *args: Any, **kwargs: Any) -> CallResult:
        """Make a result of several values."""
        return cls(Payload(args, kwargs))

    @property
    def args(self) -> Sequence[Any]:
        """The positional values."""
        return self.payload.args

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The named values."""
        return self.payload.kwargs

    @property
    def value(self) -> Any:
        """The first positional value, or None when there is none."""
        args = self.payload.args
        return args[0] if args else None


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What an endpoint may know about one invocation.

    Args:
        procedure: the URI that was called.
        payload: the arguments as they came, undecoded where the wire allows it.
        options: what the router said (``caller``, ``caller_authid`` where it discloses them).
        wants_progress: the caller takes progressive results.
        send_progress: sends one progressive result; see ``progress``.
    """

    procedure: str
    payload: Payload
    options: Mapping[str, Any]
    wants_progress: bool
    send_progress: Callable[[Payload], None] = field(repr=False)

    @property
    def caller_authid(self) -> str | None:
        """Who calls, where the router discloses it."""
        authid = self.options.get("caller_authid")
        return authid if isinstance(authid, str) else None

    def progress(self, *args: Any, **kwargs: Any) -> None:
        """Send one progressive result; does nothing when the caller takes none."""
        if self.wants_progress:
            self.send_progress(Payload(args, kwargs))


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What a subscriber may know about one event.

    Args:
        topic: the URI that was published to.
        publication_id: the router's id of this publication.
        payload: the arguments as they came, undecoded where the wire allows it.
        options: what the router said (``publisher``, ``retained`` and others).
    """

    topic: str
    publication_id: int
    payload: Payload
    options: Mapping[str, Any]
