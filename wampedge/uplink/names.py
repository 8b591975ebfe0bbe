"""What is called one thing here and another upstream, and which patterns have a URI in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

__all__ = ["SAME_NAMES", "NameMap", "Pattern", "intersection", "pattern_of"]


class Pattern(NamedTuple):
    """URIs: *uri* as *match* has it, which is ``exact``, ``prefix`` or ``wildcard``."""

    match: str
    uri: str

    @property
    def options(self) -> dict[str, str]:
        """The option of a SUBSCRIBE or REGISTER."""
        return {} if self.match == "exact" else {"match": self.match}


def pattern_of(rule: str) -> Pattern:
    """Return the pattern of all that *rule* of a device file covers, and maybe of some more.

    There is no pattern with gaps that is open at its end: all below its beginning is taken then.
    """
    components = rule.split(".")
    if "" not in components:
        return Pattern("exact", rule)
    if components[-1]:
        return Pattern("wildcard", rule)
    first_gap = components.index("")
    return Pattern("prefix", "".join(f"{each}." for each in components[:first_gap]))


class NameMap:
    """Prefixes that have another name upstream; everything else is called the same.

    Args:
        pairs: each prefix here and its name there, both with a dot at the end.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(sorted(pairs, key=lambda pair: -len(pair[0])))
        self._back = tuple(sorted(self._pairs, key=lambda pair: -len(pair[1])))

    def to_upstream(self, uri: str) -> str:
        """Return what *uri* is called upstream."""
        for local, upstream in self._pairs:
            if uri.startswith(local):
                return upstream + uri[len(local) :]
        return uri

    def to_local(self, uri: str) -> str:
        """Return what *uri* of the upstream router is called here."""
        for local, upstream in self._back:
            if uri.startswith(upstream):
                return local + uri[len(upstream) :]
        return uri

    def patterns_upstream(self, pattern: Pattern) -> list[Pattern]:
        """Return the patterns upstream of all that *pattern* is here."""
        match, uri = pattern
        mapped = [Pattern(match, self.to_upstream(uri))]
        if match == "prefix":
            inner = [pair for pair in self._pairs if pair[0] != uri and pair[0].startswith(uri)]
            mapped += [Pattern(match, upstream) for _, upstream in inner]
        return mapped


SAME_NAMES: Final = NameMap()


def intersection(one: Pattern, other: Pattern) -> Pattern | None:
    """Return a pattern of all URIs that both have, and maybe of some more; None if there is none.

    Args:
        one: a pattern.
        other: another one.
    """
    if one.match == "exact":
        return one if _matches(other, one.uri) else None
    if other.match == "exact":
        return other if _matches(one, other.uri) else None
    if one.match == other.match == "prefix":
        longer, shorter = sorted((one, other), key=lambda each: -len(each.uri))
        return longer if longer.uri.startswith(shorter.uri) else None
    if one.match == other.match:
        return _merged(one.uri.split("."), other.uri.split("."))
    prefix, wildcard = (one, other) if one.match == "prefix" else (other, one)
    return _below(prefix.uri.split("."), wildcard.uri.split("."))


def _matches(pattern: Pattern, uri: str) -> bool:
    if pattern.match == "exact":
        return pattern.uri == uri
    if pattern.match == "prefix":
        return uri.startswith(pattern.uri)
    wanted, parts = pattern.uri.split("."), uri.split(".")
    return len(wanted) == len(parts) and all(
        not want or want == part for want, part in zip(wanted, parts, strict=True)
    )


def _merged(one: Sequence[str], other: Sequence[str]) -> Pattern | None:
    """Return what has the fixed components of both."""
    if len(one) != len(other):
        return None
    merged = [first or second for first, second in zip(one, other, strict=True)]
    if any(second and second != each for second, each in zip(other, merged, strict=True)):
        return None
    return _closed(merged)


def _below(prefix: Sequence[str], wildcard: Sequence[str]) -> Pattern | None:
    """Return the part of a wildcard that begins with a prefix, whose last part is a beginning."""
    if len(prefix) > len(wildcard):
        return None
    merged = list(wildcard)
    *whole, beginning = prefix
    for place, part in enumerate(whole):
        if wildcard[place] not in {"", part}:
            return None
        merged[place] = part
    last = wildcard[len(whole)]
    return _closed(merged) if not last or last.startswith(beginning) else None


def _closed(components: Sequence[str]) -> Pattern:
    return Pattern("wildcard" if "" in components else "exact", ".".join(components))
