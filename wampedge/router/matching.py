"""Which entries of a realm a URI leads to.

``Routes`` asks all matchers (see ``wampedge.router.matchers``) of a broker or dealer and remembers
the answer for each URI, so that the usual message costs one look into a dictionary, however many
entries there are and however they match.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

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
        exact: the entries that match as exact ones.
        is_reserved: the URI belongs to the protocol or to wampedge.
    """

    __slots__ = ("entries", "exact", "is_reserved")

    def __init__(self, exact: tuple[Entry, ...], *, is_reserved: bool) -> None:
        self.exact = exact
        self.is_reserved = is_reserved
        self.entries = exact
        """The entries that match, the one that goes first first; set by ``Routes``."""


class Routes(Generic[Entry]):
    """All entries of one broker or dealer; owned by it.

    Args:
        matchers: the ways to match, in order of precedence; exact ones go before patterns.
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
        self._exact_matchers = [matcher for matcher in matchers if matcher.is_exact]
        self._pattern_matchers = [matcher for matcher in matchers if not matcher.is_exact]
        self._matcher_by_policy = {matcher.policy: matcher for matcher in matchers}
        self._may_lead = may_lead
        self._max_remembered = max_remembered
        self._remembered = 0
        self._route_by_uri: dict[str, Route[Entry]] = {}
        self._stale_by_uri: dict[str, Route[Entry]] = {}
        """Routes from before a pattern came or went; all but their patterns still holds."""

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
        route = self._stale_by_uri.pop(uri, None)
        if route is None:
            route = self._checked(uri)
            self._remembered += 1 + len(route.exact)
        entries = route.exact
        for matcher in self._pattern_matchers:
            found = matcher.matches(uri)
            if found:
                entries += tuple(found)
        if route.is_reserved:
            entries = tuple(entry for entry in entries if self._may_lead(uri, entry))
        if entries is not route.entries:
            self._remembered += len(entries) - len(route.entries)
            route.entries = entries
        if self._remembered > self._max_remembered:
            self._route_by_uri.clear()
            self._stale_by_uri.clear()
            self._remembered = 1 + len(entries)
        self._route_by_uri[uri] = route
        return route

    def _checked(self, uri: str) -> Route[Entry]:
        """Return the route of a new *uri*, without patterns."""
        if not is_loose_uri(uri):
            raise _no_uri(uri)
        exact = tuple(entry for matcher in self._exact_matchers for entry in matcher.matches(uri))
        return Route(exact, is_reserved=is_reserved_uri(uri))

    def _forget(self, matcher: Matcher[Entry], pattern: str) -> None:
        """Forget what *pattern* is part of: one route, or the patterns of all routes.

        Which routes a pattern is part of is found out when they are used next. Only those used
        since the last change are moved here, so a pattern that comes and goes costs little.
        """
        if matcher.is_exact:
            for routes in (self._route_by_uri, self._stale_by_uri):
                route = routes.pop(pattern, None)
                if route is not None:
                    self._remembered -= 1 + len(route.entries)
            return
        fewer, more = sorted((self._route_by_uri, self._stale_by_uri), key=len)
        more.update(fewer)
        self._stale_by_uri, self._route_by_uri = more, {}


def quoted(text: str) -> str:
    """Quote what a peer sent, escaped and cut short, for a text that people read."""
    return repr(text) if len(text) <= _MAX_QUOTED else repr(text[:_MAX_QUOTED]) + "..."


def _no_uri(uri: str) -> ApplicationError:
    """Make the error for what is no URI or pattern by the loose rules, or is too long."""
    text = f"not a URI: {quoted(uri)} (components without space, '#' or control characters)"
    return ApplicationError(INVALID_URI, [text])
