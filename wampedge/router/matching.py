"""Which entries of a realm a URI leads to.

``Routes`` asks all matchers (see ``wampedge.router.matchers``) of a broker or dealer and remembers
the answer for each URI, so that the usual message costs one look into a dictionary, however many
entries there are and however they match.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from wampedge.errors import ApplicationError
from wampedge.router.matchers import Matcher
from wampedge.router.names import INVALID_URI
from wampedge.wamp.uris import is_loose_uri, is_reserved_uri

__all__ = ["Route", "Routes", "quoted"]

Entry = TypeVar("Entry")

_MAX_REMEMBERED = 20_000  # about 2 MB; a peer that publishes to random topics cannot grow it
_MAX_QUOTED = 64  # characters of peer data in a text


def _always(_uri: str, _entry: object) -> bool:
    return True


class Route(Generic[Entry]):
    """What a realm knows of one URI that was checked.

    Args:
        entries: the entries that match, the one that goes first first.
        is_reserved: the URI belongs to the protocol or to wampedge.
    """

    __slots__ = ("entries", "is_reserved")

    def __init__(self, entries: tuple[Entry, ...], *, is_reserved: bool) -> None:
        self.entries = entries
        self.is_reserved = is_reserved


class Routes(Generic[Entry]):
    """All entries of one broker or dealer; owned by it.

    Args:
        matchers: the ways to match, in order of precedence.
        may_lead: tells whether a reserved URI may lead to an entry that matches it; all may unless
            given.
        max_remembered: URIs, and entries they lead to, that are remembered.
    """

    def __init__(
        self,
        matchers: Sequence[Matcher[Entry]],
        *,
        may_lead: Callable[[str, Entry], bool] = _always,
        max_remembered: int = _MAX_REMEMBERED,
    ) -> None:
        self._matchers = tuple(matchers)
        self._matcher_by_policy = {matcher.policy: matcher for matcher in matchers}
        self._may_lead = may_lead
        self._max_remembered = max_remembered
        self._remembered = 0
        self._route_by_uri: dict[str, Route[Entry]] = {}

    def find(self, uri: str) -> Route[Entry]:
        """Return the route of *uri*; raises ApplicationError when it is no URI."""
        route = self._route_by_uri.get(uri)
        return self._remember(uri) if route is None else route

    def get(self, policy: str, pattern: str) -> Entry | None:
        """Return the entry under this very *pattern*; raises ApplicationError if it is none."""
        matcher = self._matcher_by_policy[policy]
        if not matcher.accepts(pattern):
            raise _no_uri(pattern)
        return matcher.get(pattern)

    def add(self, policy: str, pattern: str, entry: Entry) -> None:
        """Keep *entry* under *pattern*, which was checked."""
        matcher = self._matcher_by_policy[policy]
        matcher.add(pattern, entry)
        self._forget(matcher, pattern)

    def remove(self, policy: str, pattern: str) -> None:
        """Forget the entry under *pattern*, which is there."""
        matcher = self._matcher_by_policy[policy]
        matcher.remove(pattern)
        self._forget(matcher, pattern)

    def _remember(self, uri: str) -> Route[Entry]:
        if not is_loose_uri(uri):
            raise _no_uri(uri)
        entries: list[Entry] = []
        for matcher in self._matchers:
            entries += matcher.matches(uri)
        is_reserved = is_reserved_uri(uri)
        if is_reserved:
            entries = [entry for entry in entries if self._may_lead(uri, entry)]
        route = Route(tuple(entries), is_reserved=is_reserved)
        self._remembered += _weight(route)
        if self._remembered > self._max_remembered:
            self._route_by_uri.clear()
            self._remembered = _weight(route)
        self._route_by_uri[uri] = route
        return route

    def _forget(self, matcher: Matcher[Entry], pattern: str) -> None:
        """Forget the routes that *pattern* is part of; which those are, only exact ones know."""
        if not matcher.is_exact:
            self._route_by_uri.clear()
            self._remembered = 0
        elif (route := self._route_by_uri.pop(pattern, None)) is not None:
            self._remembered -= _weight(route)


def quoted(text: str) -> str:
    """Quote what a peer sent, escaped and cut short, for a text that people read."""
    return repr(text) if len(text) <= _MAX_QUOTED else repr(text[:_MAX_QUOTED]) + "..."


def _weight(route: Route[Any]) -> int:
    """Say how much remembering *route* takes; patterns can lead one URI to many entries."""
    return 1 + len(route.entries)


def _no_uri(uri: str) -> ApplicationError:
    """Make the error for what is no URI or pattern by the loose rules, or is too long."""
    text = f"not a URI: {quoted(uri)} (components without space, '#' or control characters)"
    return ApplicationError(INVALID_URI, [text])
