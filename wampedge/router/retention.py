"""The last event of each topic, for those who subscribe later.

Specification, "Event Retention". Events with black or white lists are kept beside the one for all,
so that everybody gets the most recent one that was meant for them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from wampedge.records import Record
from wampedge.router.matchers import is_match
from wampedge.router.publication import Publication

__all__ = ["RetainedLog", "Retention", "RetentionLimits"]

_MAX_LISTED = 8
"""Events with lists that are kept for one topic, besides one for all."""


class RetentionLimits(Record):
    """How much a realm retains; what the node itself publishes is not counted.

    Args:
        topics: topics that have a retained event.
        size_bytes: memory of all retained events together.
        burst_events: retained events that one SUBSCRIBE is answered with.
        burst_bytes: the same in bytes of payload; the first event goes out in any case.
    """

    topics: int = 10_000
    size_bytes: int = 8 * 1024 * 1024
    burst_events: int = 1_000
    burst_bytes: int = 256 * 1024


class RetainedLog(Protocol):
    """Where retained events are written so that they outlive the router.

    ``Retention.restore`` takes them back. Nothing here may block: what is slow is for a thread.
    """

    def write(self, topic: str, publications: Sequence[Publication]) -> None:
        """Hear that *publications*, the oldest first, are retained for *topic*; maybe none."""
        ...


class _NoLog:
    """Writes nothing: retained events last as long as the router."""

    def write(self, topic: str, publications: Sequence[Publication]) -> None:
        """Forget it."""


class Retention:
    """The retained events of one realm; only its broker changes them.

    Args:
        limits: how much is retained.
        log: hears of each change.
    """

    def __init__(self, limits: RetentionLimits, log: RetainedLog | None = None) -> None:
        self._limits = limits
        self._log = log or _NoLog()
        self._publications_by_topic: dict[str, tuple[Publication, ...]] = {}
        self._topics: list[str] = []
        """All of them, sorted, so that a prefix is a stretch of it."""
        self._counted_topics = 0
        self._counted_bytes = 0

    def __len__(self) -> int:
        return len(self._topics)

    def restore(self, publications: Iterable[Publication]) -> None:
        """Retain again what a log wrote, each topic in its order; what is too much is left out."""
        log, self._log = self._log, _NoLog()
        for publication in publications:
            self.keep(publication)
        self._log = log

    def keep(self, publication: Publication) -> bool:
        """Retain *publication* in place of what it makes obsolete; False if there is no room."""
        topic = publication.topic
        before = self._publications_by_topic.get(topic, ())
        if _is_next_own(before, publication):
            self._publications_by_topic[topic] = (publication,)
            self._log.write(topic, (publication,))
            return True
        after = (*_still_needed(before, publication), publication)
        if not publication.is_own and not self._has_room(before, after):
            return False
        self._replace(topic, before, after)
        return True

    def clear(self, topic: str) -> None:
        """Retain nothing for *topic* any more."""
        before = self._publications_by_topic.get(topic)
        if before is not None:
            self._replace(topic, before, ())

    def has(self, topic: str) -> bool:
        """Tell whether anything is retained for *topic*."""
        return topic in self._publications_by_topic

    def matching(self, policy: str, pattern: str) -> Iterator[Sequence[Publication]]:
        """Yield what is retained for each topic that *pattern* matches, by topic.

        Args:
            policy: way to match (option ``match``).
            pattern: a checked topic, or pattern.
        """
        if policy == "exact":
            publications = self._publications_by_topic.get(pattern)
            if publications is not None:
                yield publications
            return
        beginning, ending = pattern, ""
        if policy == "wildcard":
            beginning, ending = _named_ends(pattern)
        topics = self._topics
        for place in range(bisect_left(topics, beginning), len(topics)):
            topic = topics[place]
            if not topic.startswith(beginning):
                break
            if topic.endswith(ending) and is_match(policy, pattern, topic):
                yield self._publications_by_topic[topic]

    def _has_room(self, before: Sequence[Publication], after: Sequence[Publication]) -> bool:
        more_topics = 0 if _counted_bytes(before) else 1
        more_bytes = _counted_bytes(after) - _counted_bytes(before)
        return (
            self._counted_topics + more_topics <= self._limits.topics
            and self._counted_bytes + more_bytes <= self._limits.size_bytes
        )

    def _replace(
        self, topic: str, before: Sequence[Publication], after: tuple[Publication, ...]
    ) -> None:
        if after:
            if not before:
                insort(self._topics, topic)
            self._publications_by_topic[topic] = after
        else:
            del self._publications_by_topic[topic]
            del self._topics[bisect_left(self._topics, topic)]
        had, has = _counted_bytes(before), _counted_bytes(after)
        self._counted_bytes += has - had
        self._counted_topics += bool(has) - bool(had)
        self._log.write(topic, after)


def _named_ends(pattern: str) -> tuple[str, str]:
    """Return how all topics that match a wildcard begin and end."""
    components = pattern.split(".")
    if "" not in components:
        return pattern, pattern
    first, last = components.index(""), components[::-1].index("")
    return ".".join([*components[:first], ""]), ".".join(
        ["", *components[len(components) - last :]]
    )


def _still_needed(
    publications: tuple[Publication, ...], newest: Publication
) -> Sequence[Publication]:
    """Return what somebody may get even after *newest*: who is not on its lists."""
    if newest.is_for_all:
        return ()
    common = publications[:1] if publications and publications[0].is_for_all else ()
    return (*common, *publications[len(common) :][1 - _MAX_LISTED :])


def _is_next_own(before: tuple[Publication, ...], newest: Publication) -> bool:
    """Return whether *newest* of the node follows its one event: then nothing is to be counted."""
    return len(before) == 1 and before[0].is_own and newest.is_own and newest.is_for_all


def _counted_bytes(publications: Iterable[Publication]) -> int:
    return sum(each.size_bytes for each in publications if not each.is_own)
