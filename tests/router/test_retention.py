"""Specification, "Event Retention": what is held for whom, and how much of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from tests.router.site import Site
from wampedge.router import RouterSession
from wampedge.router.publication import Publication
from wampedge.router.retention import Retention, RetentionLimits
from wampedge.wamp.messages import Publish
from wampedge.wamp.payload import Payload

SITE = Site()
CLIENT, NODE = SITE.join().session, SITE.join(is_trusted=True).session
LIMITS = RetentionLimits()


def event(
    number: int, topic: str = "edge.t", *, publisher: RouterSession = CLIENT, **options: Any
) -> Publication:
    publish = Publish(1, options, topic, Payload([number]))
    own = publisher.is_trusted
    return Publication(
        number, publish, details={}, time_ms=0, publisher_id=publisher.id, is_own=own
    )


def numbers(retention: Retention, pattern: str, policy: str = "exact") -> list[list[int]]:
    """Return the ids of what is retained, by topic."""
    return [[each.id for each in topic] for topic in retention.matching(policy, pattern)]


def filled(*publications: Publication, limits: RetentionLimits = LIMITS) -> Retention:
    retention = Retention(limits)
    assert all(retention.keep(publication) for publication in publications)
    return retention


class Log:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, list[int]]] = []

    def write(self, topic: str, publications: Sequence[Publication]) -> None:
        self.lines.append((topic, [each.id for each in publications]))


def test_the_last_event_of_a_topic_is_retained() -> None:
    retention = filled(event(1), event(2), event(3, "edge.other"))

    assert numbers(retention, "edge.t") == [[2]]
    assert numbers(retention, "edge.none") == []
    assert len(retention) == 2


def test_events_for_some_stand_beside_the_one_for_all() -> None:
    retention = filled(event(1), event(2, exclude=[5]), event(3, eligible=[6]))
    assert numbers(retention, "edge.t") == [[1, 2, 3]]

    retention.keep(event(4))

    assert numbers(retention, "edge.t") == [[4]]


@pytest.mark.parametrize(("first", "expected"), [(True, [0, *range(3, 11)]), (False, range(3, 11))])
def test_eight_events_for_some_are_kept_beside_one_for_all(
    first: bool, expected: Sequence[int]
) -> None:
    retention = Retention(LIMITS)
    if first:
        retention.keep(event(0))
    for number in range(1, 11):
        retention.keep(event(number, exclude=[5]))

    assert numbers(retention, "edge.t") == [list(expected)]


def test_a_cleared_topic_has_nothing() -> None:
    retention = filled(event(1), event(2, "edge.u"))

    retention.clear("edge.t")
    retention.clear("edge.none")

    assert numbers(retention, "edge.", "prefix") == [[2]]


def test_patterns_find_their_topics_in_the_order_of_the_topics() -> None:
    topics = ["edge.b.status", "edge.a.status", "edge.a-b.status", "edge", "farm.a.status"]
    retention = filled(*(event(number, topic) for number, topic in enumerate(topics)))

    assert numbers(retention, "", "prefix") == [[3], [2], [1], [0], [4]]
    assert numbers(retention, "edge.a", "prefix") == [[2], [1]]
    assert numbers(retention, "edge..status", "wildcard") == [[2], [1], [0]]
    assert numbers(retention, ".a.status", "wildcard") == [[1], [4]]
    assert numbers(retention, "edge.a.status", "wildcard") == [[1]]
    assert numbers(retention, "f", "prefix") == [[4]]
    assert numbers(retention, "zoo", "prefix") == []


def test_one_topic_too_many_is_not_retained() -> None:
    retention = filled(event(1), event(2, "edge.u"), limits=RetentionLimits(topics=2))

    assert not retention.keep(event(3, "edge.v"))
    assert retention.keep(event(4))
    retention.clear("edge.u")
    assert retention.keep(event(5, "edge.v"))
    assert numbers(retention, "edge.", "prefix") == [[4], [5]]


def test_more_memory_than_allowed_is_not_taken() -> None:
    size = event(1).size_bytes
    retention = filled(event(1), limits=RetentionLimits(size_bytes=size + 10))

    assert not retention.keep(event(2, "edge.u"))
    assert not retention.keep(event(3, exclude=[5]))
    assert retention.keep(event(4))
    assert numbers(retention, "edge.", "prefix") == [[4]]


def test_what_the_node_retains_is_not_counted() -> None:
    retention = filled(
        *(event(n, f"edge.n{n}", publisher=NODE) for n in range(5)),
        limits=RetentionLimits(topics=1, size_bytes=1_000),
    )

    assert retention.keep(event(7))
    assert not retention.keep(event(8, "edge.u"))
    assert not retention.keep(event(9, "edge.n1"))
    assert retention.keep(event(10, publisher=NODE))
    assert retention.keep(event(11, "edge.u"))


def test_each_change_is_written_where_it_outlives_the_router() -> None:
    log = Log()
    retention = Retention(LIMITS, log)

    retention.keep(event(1))
    retention.keep(event(2, exclude=[5]))
    retention.clear("edge.t")
    retention.clear("edge.t")

    assert log.lines == [("edge.t", [1]), ("edge.t", [1, 2]), ("edge.t", [])]


def test_what_was_written_is_retained_again_and_not_written_again() -> None:
    log = Log()
    retention = Retention(dataclasses.replace(LIMITS, topics=1), log)

    retention.restore([event(1), event(2, exclude=[5]), event(3, "edge.u")])

    assert numbers(retention, "edge.", "prefix") == [[1, 2]]
    assert log.lines == []
    retention.clear("edge.t")
    assert log.lines == [("edge.t", [])]
