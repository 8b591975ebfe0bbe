"""What was published to the topics whose history is kept.

Specification, "Event History". It is kept by rules, each for a topic or a pattern; a subscription
has the history of all topics it matches, whichever rule kept it, and however long it has been there
itself. Asking for it is the part of ``history_query``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter

from wampedge.errors import ConfigError
from wampedge.router.matchers import MATCHERS, is_match
from wampedge.router.matching import Routes
from wampedge.router.publication import Publication
from wampedge.wamp.uris import is_reserved_uri

__all__ = ["EventHistory", "HistoryRule"]


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """Topics whose events are kept, and how many.

    Args:
        topic: the topic, or the pattern.
        match: how it matches: ``exact``, ``prefix`` or ``wildcard``.
        events: how many are kept at most; the oldest go first.
        size_bytes: memory they take at most.
        age_s: how long they are kept; None for as long as there is room.

    Raises:
        ConfigError: *topic* is no pattern for *match*, or belongs to the router; a number is not
            above 0.
    """

    topic: str
    match: str = "prefix"
    events: int = 1_000
    size_bytes: int = 1024 * 1024
    age_s: float | None = None

    def __post_init__(self) -> None:
        matchers = {make().policy: make() for make in MATCHERS}
        if self.match not in matchers:
            raise ConfigError(f"match must be one of {', '.join(matchers)}, got {self.match!r}")
        if not matchers[self.match].accepts(self.topic):
            raise ConfigError(f"not a topic to match {self.match}: {self.topic!r}")
        if is_reserved_uri(self.topic):
            raise ConfigError(f"the router keeps no history of its own events: {self.topic}")
        for name in ("events", "size_bytes", "age_s"):
            number = getattr(self, name)
            if number is not None and number <= 0:
                raise ConfigError(f"{name} must be above 0, got {number}")


class _Journal:
    """The events kept by one rule, numbered in the order they were published."""

    def __init__(self, rule: HistoryRule) -> None:
        self._rule = rule
        self._entries: deque[tuple[int, Publication]] = deque()
        self._size_bytes = 0

    def add(self, number: int, publication: Publication) -> None:
        """Keep *publication*, and let go of what is too much."""
        self._entries.append((number, publication))
        self._size_bytes += publication.size_bytes
        while len(self._entries) > self._rule.events or self._size_bytes > self._rule.size_bytes:
            self._let_go()

    def entries(self, now_ms: int) -> Iterable[tuple[int, Publication]]:
        """Return what is kept, the oldest first, without what is too old."""
        age_s = self._rule.age_s
        if age_s is not None:
            while self._entries and self._entries[0][1].time_ms < now_ms - age_s * 1_000:
                self._let_go()
        return self._entries

    def _let_go(self) -> None:
        self._size_bytes -= self._entries.popleft()[1].size_bytes


class EventHistory:
    """The events kept for one realm; owned by its broker.

    Args:
        rules: for which topics.

    Raises:
        ConfigError: two rules are for the same topic or pattern.
    """

    def __init__(self, rules: Sequence[HistoryRule]) -> None:
        self._journals: list[_Journal] = []
        self._routes: Routes[_Journal] = Routes([make() for make in MATCHERS])
        for rule in rules:
            if self._routes.get(rule.match, rule.topic) is not None:
                raise ConfigError(f"the history of {rule.topic!r} ({rule.match}) is defined twice")
            journal = _Journal(rule)
            self._journals.append(journal)
            self._routes.add(rule.match, rule.topic, journal)
        self._number = 0

    def covers(self, topic: str) -> bool:
        """Tell whether events of *topic* are kept."""
        return bool(self._routes.find(topic).entries)

    def record(self, publication: Publication) -> None:
        """Keep *publication* by all rules for its topic."""
        self._number += 1
        for journal in self._routes.find(publication.topic).entries:
            journal.add(self._number, publication)

    def publications(self, policy: str, pattern: str, *, now_ms: int) -> list[Publication]:
        """Return what is kept of the topics that *pattern* matches, the oldest first.

        Args:
            policy: how it matches.
            pattern: a checked topic, or pattern.
            now_ms: the time, in milliseconds since 1970.
        """
        ordered = merge(*(each.entries(now_ms) for each in self._journals), key=itemgetter(0))
        found: list[Publication] = []
        last_number = 0
        for number, publication in ordered:
            if number != last_number and is_match(policy, pattern, publication.topic):
                found.append(publication)
            last_number = number
        return found
