"""Which entries of a realm a URI leads to.

A *matcher* knows one way to match (the option ``match`` of SUBSCRIBE and REGISTER). ``Routes``
asks all matchers of a broker or dealer and remembers the answer for each URI, so that the usual
message costs one look into a dictionary, however many entries there are. A new way to match is
one more class in ``MATCHERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from wampedge.errors import ApplicationError
from wampedge.router.names import INVALID_URI
from wampedge.wamp.uris import is_loose_uri, is_reserved_uri

__all__ = ["MATCHERS", "ExactMatcher", "Matcher", "Route", "Routes", "check_uri", "quoted"]

Entry = TypeVar("Entry")

_MAX_REMEMBERED = 10_000  # about 2 MB; a peer that publishes to random topics cannot grow it
_MAX_QUOTED = 64  # characters of peer data in a text


class Matcher(Protocol[Entry]):
    """Entries of one realm under one way to match; patterns are unique within it."""

    policy: str
    """Value of the option ``match`` that chooses it."""
    is_exact: bool
    """A pattern matches no other URI than itself."""
    has_wildcards: bool
    """Empty components of a pattern are allowed, for they have a meaning."""

    def add(self, pattern: str, entry: Entry) -> None:
        """Keep *entry* under *pattern*, in place of what was there."""
        ...

    def remove(self, pattern: str) -> None:
        """Forget the entry under *pattern*, which is there."""
        ...

    def get(self, pattern: str) -> Entry | None:
        """Return the entry under this very *pattern*."""
        ...

    def matches(self, uri: str) -> Iterator[Entry]:
        """Yield the entries whose pattern matches *uri*, the one that goes first first."""
        ...


class ExactMatcher(Generic[Entry]):
    """A pattern matches the URI that is equal to it."""

    policy = "exact"
    is_exact = True
    has_wildcards = False

    def __init__(self) -> None:
        self._entry_by_uri: dict[str, Entry] = {}

    def add(self, pattern: str, entry: Entry) -> None:
        """Keep *entry* under *pattern*."""
        self._entry_by_uri[pattern] = entry

    def remove(self, pattern: str) -> None:
        """Forget the entry under *pattern*."""
        del self._entry_by_uri[pattern]

    def get(self, pattern: str) -> Entry | None:
        """Return the entry under this very *pattern*."""
        return self._entry_by_uri.get(pattern)

    def matches(self, uri: str) -> Iterator[Entry]:
        """Yield the entry whose pattern is *uri*."""
        entry = self._entry_by_uri.get(uri)
        if entry is not None:
            yield entry


MATCHERS: tuple[Callable[[], Matcher[Any]], ...] = (ExactMatcher,)
"""The ways to match, in the order in which their entries take precedence."""


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
        max_remembered: URIs whose route is remembered.
    """

    def __init__(
        self, matchers: Sequence[Matcher[Entry]], *, max_remembered: int = _MAX_REMEMBERED
    ) -> None:
        self._matcher_by_policy = {matcher.policy: matcher for matcher in matchers}
        self._max_remembered = max_remembered
        self._route_by_uri: dict[str, Route[Entry]] = {}

    def find(self, uri: str) -> Route[Entry]:
        """Return the route of *uri*; raises ApplicationError when it is no URI."""
        route = self._route_by_uri.get(uri)
        return self._remember(uri) if route is None else route

    def get(self, policy: str, pattern: str) -> Entry | None:
        """Return the entry under this very *pattern*; raises ApplicationError if it is none."""
        matcher = self._matcher_by_policy[policy]
        check_uri(pattern, allow_empty_components=matcher.has_wildcards)
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
        check_uri(uri)
        matchers = self._matcher_by_policy.values()
        entries = tuple(entry for matcher in matchers for entry in matcher.matches(uri))
        route = Route(entries, is_reserved=is_reserved_uri(uri))
        if len(self._route_by_uri) >= self._max_remembered:
            self._route_by_uri.clear()
        self._route_by_uri[uri] = route
        return route

    def _forget(self, matcher: Matcher[Entry], pattern: str) -> None:
        if matcher.is_exact:
            self._route_by_uri.pop(pattern, None)
        else:
            self._route_by_uri.clear()


def check_uri(uri: str, *, allow_empty_components: bool = False) -> None:
    """Refuse what is no URI by the loose rules of the specification, or is too long.

    Raises:
        ApplicationError: with the URI ``wamp.error.invalid_uri``.
    """
    if not is_loose_uri(uri, allow_empty_components=allow_empty_components):
        text = f"not a URI: {quoted(uri)} (components without space, '#' or control characters)"
        raise ApplicationError(INVALID_URI, [text])


def quoted(text: str) -> str:
    """Quote what a peer sent, escaped and cut short, for a text that people read."""
    return repr(text) if len(text) <= _MAX_QUOTED else repr(text[:_MAX_QUOTED]) + "..."
