"""Where a connection may lead: one router, or a list of them to fall over.

The list is an order of preference. An attempt to join goes through it once, from the first entry,
and stays with the first router that takes us; a session that works is never given up for an entry
before it. Two routers that are both up but drop us would otherwise be a trap, so who ended a
session early is asked last on the next attempt.

How the attempt failed as a whole decides when the next one comes (``wampedge.client.backoff``):
all refused, all rejected, or else as the costliest kind, *failed*.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from wampedge.client.backoff import Failure
from wampedge.client.status import failure_of
from wampedge.errors import ConnectError, WampedgeError
from wampedge.records import Record
from wampedge.transports.base import Transport
from wampedge.transports.connect import connect

__all__ = ["MIN_STAY_S", "Attempts", "Destination", "Opener", "Route", "Routers"]

Opener = Callable[[], Awaitable[Transport]]
Routers = str | Opener | Sequence[str] | Mapping[str, Opener]
"""An address or several, a function that opens a transport, or several by what to call them."""

MIN_STAY_S = 60.0
"""A session that ended sooner speaks against its router, where there is another one."""


class Destination(Record):
    """One router.

    Attributes:
        name: what the log and the status call it.
        open: opens a transport to it.
    """

    name: str
    open: Opener


class Route:
    """In which order routers are tried; owned by one connection.

    Args:
        routers: one or several.
        realm: name of a router that has none of its own.

    Raises:
        ValueError: there is none.
    """

    def __init__(self, routers: Routers, realm: str) -> None:
        self._destinations = _destinations(routers, realm)
        self._avoided: Destination | None = None

    @property
    def first(self) -> Destination:
        """The router that is wanted most."""
        return self._destinations[0]

    @property
    def is_fork(self) -> bool:
        """Whether there are several."""
        return len(self._destinations) > 1

    def round(self) -> list[Destination]:
        """Return whom to try on the next attempt to join, in this order."""
        order = list(self._destinations)
        if self._avoided is not None:
            order.remove(self._avoided)
            order.append(self._avoided)
        return order

    def left(self, destination: Destination, *, lasted_s: float) -> None:
        """Note that a session at *destination* ended after so long."""
        self._avoided = destination if lasted_s < MIN_STAY_S else None


class Attempts:
    """What became of one round."""

    def __init__(self) -> None:
        self._failures: list[tuple[str, BaseException, Failure]] = []

    def __bool__(self) -> bool:
        return bool(self._failures)

    def add(self, name: str, error: BaseException, elapsed_s: float) -> None:
        """Note that the router *name* could not be joined, and how long that took."""
        self._failures.append((name, error, failure_of(error, elapsed_s)))

    @property
    def kind(self) -> Failure:
        """What the round as a whole counts as."""
        kinds = {kind for _, _, kind in self._failures}
        return kinds.pop() if len(kinds) == 1 else Failure.FAILED

    @property
    def error(self) -> BaseException:
        """Why nobody could be joined: of each router, in its order; a bug before all else."""
        errors = [error for _, error, _ in self._failures]
        bugs = [error for error in errors if not isinstance(error, WampedgeError)]
        if bugs or len(errors) == 1:
            return (bugs or errors)[0]
        told = ConnectError("; ".join(_with_name(name, error) for name, error, _ in self._failures))
        told.__cause__ = errors[-1]
        return told


def _destinations(routers: Routers, realm: str) -> tuple[Destination, ...]:
    if callable(routers):
        return (Destination(realm, routers),)
    if isinstance(routers, Mapping):
        found = tuple(Destination(name, open_) for name, open_ in routers.items())
    else:
        urls = [routers] if isinstance(routers, str) else dict.fromkeys(routers)
        found = tuple(Destination(url, partial(connect, url)) for url in urls)
    if not found:
        raise ValueError("a connection needs a router to go to")
    return found


def _with_name(name: str, error: BaseException) -> str:
    text = str(error)
    return text if name in text else f"{name}: {text}"
