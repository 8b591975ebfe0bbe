"""The ways to match a URI: exact, prefix and wildcard (the option ``match``).

What each costs does not depend on how many patterns there are: an exact pattern is one look into
a dictionary, a prefix one for each length that occurs, and wildcards are a tree of components,
of which only the branches that match are walked.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from wampedge.wamp.uris import is_loose_uri

__all__ = ["MATCHERS", "ExactMatcher", "Matcher", "PrefixMatcher", "WildcardMatcher", "is_match"]

Entry = TypeVar("Entry")


class Matcher(Protocol[Entry]):
    """Entries of one realm under one way to match; patterns are unique within it."""

    policy: str
    """Value of the option ``match`` that chooses it."""
    is_exact: bool
    """A pattern matches no other URI than itself."""

    def accepts(self, pattern: str) -> bool:
        """Tell whether *pattern* can match any URI at all."""
        ...

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

    def __init__(self) -> None:
        self._entry_by_uri: dict[str, Entry] = {}

    def accepts(self, pattern: str) -> bool:
        """Tell whether *pattern* is a URI."""
        return is_loose_uri(pattern)

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


class PrefixMatcher(Generic[Entry]):
    """A pattern matches every URI that starts with it, character by character.

    Specification, "Prefix Matching": ``a.b`` matches ``a.b``, ``a.b.c`` and ``a.b-c``. The empty
    prefix matches everything.
    """

    policy = "prefix"
    is_exact = False

    def __init__(self) -> None:
        self._entry_by_prefix: dict[str, Entry] = {}
        self._count_by_length: Counter[int] = Counter()
        self._lengths: list[int] = []

    def accepts(self, pattern: str) -> bool:
        """Tell whether *pattern* is the start of a URI; it may end in a dot, or be empty."""
        has_gap = pattern.startswith(".") or ".." in pattern
        return not has_gap and is_loose_uri(pattern, allow_empty_components=True)

    def add(self, pattern: str, entry: Entry) -> None:
        """Keep *entry* under the prefix *pattern*."""
        if pattern not in self._entry_by_prefix:
            length = len(pattern)
            self._count_by_length[length] += 1
            if self._count_by_length[length] == 1:
                insort(self._lengths, length)
        self._entry_by_prefix[pattern] = entry

    def remove(self, pattern: str) -> None:
        """Forget the entry under the prefix *pattern*."""
        del self._entry_by_prefix[pattern]
        length = len(pattern)
        self._count_by_length[length] -= 1
        if not self._count_by_length[length]:
            self._lengths.remove(length)

    def get(self, pattern: str) -> Entry | None:
        """Return the entry under this very prefix."""
        return self._entry_by_prefix.get(pattern)

    def matches(self, uri: str) -> Iterator[Entry]:
        """Yield the entries whose prefix *uri* starts with, the longest prefix first."""
        lengths = self._lengths
        for index in range(bisect_right(lengths, len(uri)) - 1, -1, -1):
            entry = self._entry_by_prefix.get(uri[: lengths[index]])
            if entry is not None:
                yield entry


class _Node(Generic[Entry]):
    """One component of wildcard patterns; the empty component stands for any."""

    __slots__ = ("children", "entry")

    def __init__(self) -> None:
        self.children: dict[str, _Node[Entry]] = {}
        self.entry: Entry | None = None


class WildcardMatcher(Generic[Entry]):
    """A pattern matches URIs of as many components; its empty components match any.

    Specification, "Wildcard Matching": ``a..c`` matches ``a.b.c``, but not ``a.b.b.c``.
    """

    policy = "wildcard"
    is_exact = False

    def __init__(self) -> None:
        self._root: _Node[Entry] = _Node()

    def accepts(self, pattern: str) -> bool:
        """Tell whether *pattern* is a URI, with components left empty or not."""
        return is_loose_uri(pattern, allow_empty_components=True)

    def add(self, pattern: str, entry: Entry) -> None:
        """Keep *entry* under *pattern*."""
        node = self._root
        for component in pattern.split("."):
            child = node.children.get(component)
            if child is None:
                child = node.children[component] = _Node()
            node = child
        node.entry = entry

    def remove(self, pattern: str) -> None:
        """Forget the entry under *pattern*, and the branch that led to no other."""
        components = pattern.split(".")
        path = [self._root]
        for component in components:
            path.append(path[-1].children[component])
        path.pop().entry = None
        for parent, component in zip(reversed(path), reversed(components), strict=True):
            child = parent.children[component]
            if child.entry is not None or child.children:
                break
            del parent.children[component]

    def get(self, pattern: str) -> Entry | None:
        """Return the entry under this very *pattern*."""
        node = self._root
        for component in pattern.split("."):
            child = node.children.get(component)
            if child is None:
                return None
            node = child
        return node.entry

    def matches(self, uri: str) -> Iterator[Entry]:
        """Yield the entries whose pattern matches *uri*, the most specific first.

        Specification, "Calls matching multiple registrations": of two patterns goes first the
        one that is longer before its first wildcard, then before its second, and so on. That is
        the order of a walk that tries the named component before the empty one at each step.
        """
        components = uri.split(".")
        depth_of_entries = len(components)
        ahead = [(self._root, 0)]
        while ahead:
            node, depth = ahead.pop()
            if depth == depth_of_entries:
                if node.entry is not None:
                    yield node.entry
                continue
            for component in ("", components[depth]):
                child = node.children.get(component)
                if child is not None:
                    ahead.append((child, depth + 1))


MATCHERS: tuple[Callable[[], Matcher[Any]], ...] = (ExactMatcher, PrefixMatcher, WildcardMatcher)
"""The ways to match, in the order in which their entries take precedence."""


def is_match(policy: str, pattern: str, uri: str) -> bool:
    """Tell whether *pattern* matches *uri*; for the odd look, a matcher is for many patterns."""
    if policy == "exact":
        return uri == pattern
    if policy == "prefix":
        return uri.startswith(pattern)
    wanted, parts = pattern.split("."), uri.split(".")
    return len(wanted) == len(parts) and all(
        part in {"", given} for part, given in zip(wanted, parts, strict=True)
    )
