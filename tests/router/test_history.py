"""Specification, "Event History": what is kept, and for how long."""

from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.router.history import EventHistory, HistoryRule
from wampedge.router.publication import Publication
from wampedge.wamp.messages import Publish
from wampedge.wamp.payload import Payload


def event(number: int, topic: str = "edge.t", *, time_ms: int = 0, size: int = 0) -> Publication:
    publish = Publish(1, {}, topic, Payload(["x" * size]))
    return Publication(number, publish, details={}, time_ms=time_ms)


def ids(history: EventHistory, pattern: str, policy: str = "exact", now_ms: int = 0) -> list[int]:
    return [each.id for each in history.publications(policy, pattern, now_ms=now_ms)]


def filled(*rules: HistoryRule, events: list[Publication]) -> EventHistory:
    history = EventHistory(rules)
    for publication in events:
        history.record(publication)
    return history


def test_each_subscription_has_the_history_of_what_it_matches() -> None:
    """The example of the section."""
    log = "com.mycompany.log"
    topics = [f"{log}.auth", *[f"{log}.basket"] * 3, f"{log}.checkout"]
    history = filled(
        HistoryRule(log), events=[event(n, topic) for n, topic in enumerate(topics, start=1)]
    )

    assert ids(history, f"{log}.auth") == [1]
    assert ids(history, f"{log}.basket") == [2, 3, 4]
    assert ids(history, log, "prefix") == [1, 2, 3, 4, 5]
    assert ids(history, "com..log.checkout", "wildcard") == [5]


def test_only_topics_with_a_rule_are_covered() -> None:
    history = EventHistory([HistoryRule("edge.t", match="exact"), HistoryRule("shop.")])

    assert [history.covers(topic) for topic in ("edge.t", "edge.u", "shop.a", "shop")] == [
        True,
        False,
        True,
        False,
    ]


def test_an_event_that_several_rules_keep_is_there_once_and_in_order() -> None:
    history = filled(
        HistoryRule("edge.", events=10),
        HistoryRule("edge.t", match="exact", events=1),
        HistoryRule(".t", match="wildcard", events=3),
        events=[event(1), event(2, "edge.u"), event(3), event(4, "farm.t")],
    )

    assert ids(history, "", "prefix") == [1, 2, 3, 4]
    assert ids(history, "edge.t") == [1, 3]


def test_the_oldest_events_go_when_there_are_too_many() -> None:
    rule = HistoryRule("edge.", events=2)
    history = filled(rule, events=[event(1), event(2, "edge.u"), event(3)])

    assert ids(history, "edge.", "prefix") == [2, 3]


def test_the_oldest_events_go_when_they_take_too_much_room() -> None:
    size = event(1, size=1_000).size_bytes
    rule = HistoryRule("edge.", size_bytes=2 * size)
    history = filled(rule, events=[event(n, size=1_000) for n in (1, 2, 3)])

    assert ids(history, "edge.t") == [2, 3]
    history.record(event(4, size=3_000))
    assert ids(history, "edge.t") == []


def test_events_go_when_they_are_too_old() -> None:
    rule = HistoryRule("edge.", age_s=1.5)
    events = [event(1, time_ms=1_000), event(2, time_ms=2_000), event(3, time_ms=3_000)]
    history = filled(rule, events=events)

    assert ids(history, "edge.t", now_ms=2_500) == [1, 2, 3]
    assert ids(history, "edge.t", now_ms=2_501) == [2, 3]
    assert ids(history, "edge.t", now_ms=9_000) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"topic": "edge.", "match": "exact"}, "not a topic to match exact: 'edge.'"),
        ({"topic": "a b"}, "not a topic to match prefix: 'a b'"),
        (
            {"topic": "edge.", "match": "regex"},
            "match must be one of exact, prefix, wildcard, got 'regex'",
        ),
        (
            {"topic": "wamp.session.on_join"},
            "the router keeps no history of its own events: wamp.session.on_join",
        ),
        ({"topic": "edge.", "events": 0}, "events must be above 0, got 0"),
        ({"topic": "edge.", "size_bytes": -1}, "size_bytes must be above 0, got -1"),
        ({"topic": "edge.", "age_s": 0.0}, "age_s must be above 0, got 0.0"),
    ],
)
def test_a_rule_that_can_keep_nothing_is_refused(rule: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HistoryRule(**rule)  # type: ignore[arg-type]  # wrong on purpose

    assert str(caught.value) == text


def test_two_rules_for_one_pattern_are_refused() -> None:
    with pytest.raises(ConfigError, match="defined twice"):
        EventHistory([HistoryRule("edge."), HistoryRule("edge.", events=5)])
