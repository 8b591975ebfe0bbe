"""The ways to match a URI: exact, prefix and wildcard (the option ``match``).

What each costs does not depend on how many patterns there are: an exact pattern is one look into
a dictionary, a prefix one for each length that occurs, a wildcard one for each shape that occurs
(see ``gaps``). Lengths end with the URI; ``wampedge.router.quotas`` bounds the shapes of a session.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

from wampedge.wamp.uris import is_loose_uri

__all__ = [
    "MATCHERS",
    "ExactMatcher",
    "Matcher",
    "PrefixMatcher",
    "WildcardMatcher",
    "gaps",
    "is_match",
]

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

    def matches(self, uri: str) -> Sequence[Entry]:
        """Return the entries whose pattern matches *uri*, the one that goes first first."""
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

    def matches(self, uri: str) -> Sequence[Entry]:
        """Return the entry whose pattern is *uri*."""
        entry = self._entry_by_uri.get(uri)
        return () if entry is None else (entry,)


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
        """The lengths that occur, the shortest first."""

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

    def matches(self, uri: str) -> Sequence[Entry]:
        """Return the entries whose prefix *uri* starts with, the longest prefix first."""
        get, longest = self._entry_by_prefix.get, len(uri)
        matching = []
        for length in self._lengths:
            if length > longest:
                break
            entry = get(uri[:length])
            if entry is not None:
                matching.append(entry)
        matching.reverse()
        return matching


class _Shape(Generic[Entry]):
    """The wildcard patterns whose empty components stand at the same places.

    Args:
        order: which components are empty; shapes of one number of components sort by it.
    """

    __slots__ = ("entry_by_names", "names_of", "order")

    def __init__(self, order: tuple[bool, ...]) -> None:
        self.order = order
        self.entry_by_names: dict[Hashable, Entry] = {}
        places = [place for place, is_gap in enumerate(order) if not is_gap]
        self.names_of: Callable[[Sequence[str]], Hashable] = (
            itemgetter(*places) if places else _no_names
        )
        """Returns what must be equal: the components that are not empty in the pattern."""


def _no_names(_components: Sequence[str]) -> Hashable:
    return None


class WildcardMatcher(Generic[Entry]):
    """A pattern matches URIs of as many components; its empty components match any.

    Specification, "Wildcard Matching": ``a..c`` matches ``a.b.c``, but not ``a.b.b.c``.
    """

    policy = "wildcard"
    is_exact = False

    def __init__(self) -> None:
        self._shapes_by_length: dict[int, list[_Shape[Entry]]] = {}
        """For each number of components its shapes, by order."""

    def accepts(self, pattern: str) -> bool:
        """Tell whether *pattern* is a URI, with components left empty or not."""
        return is_loose_uri(pattern, allow_empty_components=True)

    def add(self, pattern: str, entry: Entry) -> None:
        """Keep *entry* under *pattern*."""
        components = pattern.split(".")
        shape = self._shape(pattern)
        if shape is None:
            shape = _Shape(gaps(pattern))
            insort(self._shapes_by_length.setdefault(len(components), []), shape, key=_order)
        shape.entry_by_names[shape.names_of(components)] = entry

    def remove(self, pattern: str) -> None:
        """Forget the entry under *pattern*, and its shape if no other has it."""
        components = pattern.split(".")
        shapes = self._shapes_by_length[len(components)]
        shape = self._shape(pattern)
        assert shape is not None, "the pattern is there"
        del shape.entry_by_names[shape.names_of(components)]
        if not shape.entry_by_names:
            shapes.remove(shape)
            if not shapes:
                del self._shapes_by_length[len(components)]

    def get(self, pattern: str) -> Entry | None:
        """Return the entry under this very *pattern*."""
        shape = self._shape(pattern)
        return (
            None if shape is None else shape.entry_by_names.get(shape.names_of(pattern.split(".")))
        )

    def matches(self, uri: str) -> Sequence[Entry]:
        """Return the entries whose pattern matches *uri*, the most specific first.

        Specification, "Calls matching multiple registrations": of two patterns goes first the
        one that is longer before its first wildcard, then before its second, and so on. So at the
        first place where only one of them is empty, the other goes first.
        """
        shapes_by_length = self._shapes_by_length
        if not shapes_by_length:
            return ()
        components = uri.split(".")
        matching = []
        for shape in shapes_by_length.get(len(components), ()):
            entry = shape.entry_by_names.get(shape.names_of(components))
            if entry is not None:
                matching.append(entry)
        return matching

    def _shape(self, pattern: str) -> _Shape[Entry] | None:
        order = gaps(pattern)
        for shape in self._shapes_by_length.get(len(order), ()):
            if shape.order == order:
                return shape
        return None


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


def gaps(pattern: str) -> tuple[bool, ...]:
    """Return the shape of a wildcard pattern: for each component, whether it is empty."""
    return tuple(not component for component in pattern.split("."))


def _order(shape: _Shape[Any]) -> tuple[bool, ...]:
    return shape.order
