"""What a caller, an endpoint and a subscriber get to see of the messages that reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wampedge.client.passthru import Passthru
from wampedge.wamp.payload import Payload

__all__ = ["CallDetails", "CallResult", "EventDetails"]


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call; an endpoint returns one to answer with more than one value.

    Args:
        payload: the arguments of the result, decoded at the first look.
        details: what the router said about the result. Of those that an endpoint returns, the
            options of a ``Passthru`` go out with the result.
    """

    payload: Payload
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, *args: Any, **kwargs: Any) -> CallResult:
        """Make a result of several values."""
        return cls(Payload(args, kwargs))

    def packed(self, passthru: Passthru) -> CallResult:
        """Return the same with the note how its one value is packed."""
        return CallResult(self.payload, passthru.options)

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
        return self.payload.value

    @property
    def passthru(self) -> Passthru | None:
        """How the one value is packed, None when it is plain."""
        return Passthru.found_in(self.details)


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What an endpoint may know about one invocation.

    Args:
        procedure: the URI that was called.
        payload: the arguments as they came, undecoded where the wire allows it.
        options: what the router said (``caller``, ``caller_authid`` where it discloses them).
        wants_progress: the caller takes progressive results.
        send_progress: sends one progressive result, a payload and maybe how it is packed (the
            options of a ``Passthru``); see ``progress``.
    """

    procedure: str
    payload: Payload
    options: Mapping[str, Any]
    wants_progress: bool
    send_progress: Callable[..., None] = field(repr=False)

    @property
    def caller(self) -> int | None:
        """Session id of who calls, where the router discloses it."""
        return _integer(self.options, "caller")

    @property
    def caller_authid(self) -> str | None:
        """Who calls, where the router discloses it."""
        return _text(self.options, "caller_authid")

    @property
    def caller_authrole(self) -> str | None:
        """The role of who calls, where the router discloses it."""
        return _text(self.options, "caller_authrole")

    @property
    def trust_level(self) -> int | None:
        """How far the router trusts the caller, where it says so."""
        return _integer(self.options, "trustlevel")

    @property
    def timeout_s(self) -> float | None:
        """After how long the endpoint is cancelled, where the router leaves that to us."""
        timeout_ms = _integer(self.options, "timeout")
        return timeout_ms / 1000 if timeout_ms else None

    @property
    def passthru(self) -> Passthru | None:
        """How the one argument is packed, None when it is plain."""
        return Passthru.found_in(self.options)

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

    @property
    def args(self) -> Sequence[Any]:
        """The positional arguments."""
        return self.payload.args

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The keyword arguments."""
        return self.payload.kwargs

    @property
    def value(self) -> Any:
        """The first positional argument, or None when there is none."""
        return self.payload.value

    @property
    def is_retained(self) -> bool:
        """Whether it is the event the router kept, published before we subscribed."""
        return self.options.get("retained") is True

    @property
    def publisher(self) -> int | None:
        """Session id of who published, where the router discloses it."""
        return _integer(self.options, "publisher")

    @property
    def publisher_authid(self) -> str | None:
        """Who published, where the router discloses it."""
        return _text(self.options, "publisher_authid")

    @property
    def publisher_authrole(self) -> str | None:
        """The role of who published, where the router discloses it."""
        return _text(self.options, "publisher_authrole")

    @property
    def trust_level(self) -> int | None:
        """How far the router trusts the publisher, where it says so."""
        return _integer(self.options, "trustlevel")

    @property
    def passthru(self) -> Passthru | None:
        """How the one argument is packed, None when it is plain."""
        return Passthru.found_in(self.options)


def _text(options: Mapping[str, Any], name: str) -> str | None:
    value = options.get(name)
    return value if isinstance(value, str) else None


def _integer(options: Mapping[str, Any], name: str) -> int | None:
    value = options.get(name)
    return value if type(value) is int else None
