"""Specification, "Event History", "Receiving Event History": the filters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import ApplicationError
from wampedge.router.history_query import HistoryQuery, timestamp
from wampedge.router.publication import Publication
from wampedge.wamp.messages import Publish
from wampedge.wamp.payload import Payload

NOON_MS = 1_777_636_800_000  # 2026-05-01T12:00:00Z


def event(number: int, *, size: int = 0) -> Publication:
    """Make event 101, 102, ... of 12:00:01, 12:00:02, ..., of topic edge.t1 and edge.t0 in turn."""
    publish = Publish(1, {}, f"edge.t{number % 2}", Payload(["x" * size]))
    return Publication(100 + number, publish, details={}, time_ms=NOON_MS + 1_000 * number)


A_TIME = "a time such as 2026-05-01T06:00:00.000Z"
EVENTS = [event(number) for number in range(1, 6)]


def selected(**filters: Any) -> list[int]:
    return [each.id - 100 for each in HistoryQuery(filters).select(EVENTS)[0]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"reverse": True}, [5, 4, 3, 2, 1]),
        ({"reverse": False, "limit": 2}, [1, 2]),
        ({"reverse": True, "limit": 2}, [5, 4]),
        ({"limit": 9}, [1, 2, 3, 4, 5]),
        ({"topic": "edge.t1"}, [1, 3, 5]),
        ({"topic": "edge.none"}, []),
        ({"from_time": "2026-05-01T12:00:03Z"}, [3, 4, 5]),
        ({"after_time": "2026-05-01T12:00:03.000Z"}, [4, 5]),
        ({"before_time": "2026-05-01T14:00:03+02:00"}, [1, 2]),
        ({"until_time": "2026-05-01t12:00:03z"}, [1, 2, 3]),
        ({"until_time": "2026-05-01 12:00:02.999999999Z"}, [1, 2]),
        ({"after_time": "2026-05-01T12:00:02.9999Z"}, [3, 4, 5]),
        ({"from_publication": 103}, [3, 4, 5]),
        ({"after_publication": 103}, [4, 5]),
        ({"before_publication": 103}, [1, 2]),
        ({"until_publication": 103}, [1, 2, 3]),
        ({"after_publication": 101, "before_publication": 105, "topic": "edge.t1"}, [3]),
        ({"from_publication": 104, "until_publication": 102}, []),
        ({"from_time": "2026-05-01T12:00:02Z", "until_publication": 104, "limit": 2}, [2, 3]),
        ({"after_publication": 103, "reverse": True, "limit": 1}, [5]),
        ({"from_publication": 999}, []),
        ({"after_publication": 999}, []),
        ({"before_publication": 999}, []),
        ({"until_publication": 999}, []),
        ({"limit": None, "topic": None, "from_time": None, "forward_for": []}, [1, 2, 3, 4, 5]),
    ],
)
def test_filters_narrow_down_what_the_others_leave(
    filters: dict[str, Any], expected: list[int]
) -> None:
    assert selected(**filters) == expected


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ({"limit": 0}, "limit must be a whole number above 0, got 0"),
        ({"limit": "2"}, "limit must be a whole number above 0, got '2'"),
        ({"reverse": 1}, "reverse must be a boolean, got 1"),
        ({"topic": 5}, "topic must be a string, got 5"),
        ({"after_publication": -1}, "after_publication must be an id, got -1"),
        (
            {"from_time": 12},
            "from_time must be a time such as 2026-05-01T06:00:00.000Z, got 12",
        ),
        (
            {"until_time": "2026-05-01"},
            "until_time must be a time such as 2026-05-01T06:00:00.000Z, got '2026-05-01'",
        ),
        (
            {"before_time": "2026-05-01T12:00"},
            "before_time must be a time such as 2026-05-01T06:00:00.000Z, got '2026-05-01T12:00'",
        ),
        (
            {"after_time": "2026-13-01T12:00:00Z"},
            f"after_time must be {A_TIME}, got '2026-13-01T12:00:00Z'",
        ),
        (
            {"after_time": "2026-05-01T12:00:00"},
            f"after_time must be {A_TIME}, got '2026-05-01T12:00:00'",
        ),
    ],
)
def test_a_wrong_filter_is_named(filters: dict[str, Any], text: str) -> None:
    with pytest.raises(ApplicationError) as caught:
        HistoryQuery(filters)

    assert caught.value.uri == "wamp.error.invalid_argument"
    assert list(caught.value.arguments) == [text]


def test_an_answer_says_whether_there_is_more() -> None:
    assert HistoryQuery({"limit": 4}).select(EVENTS)[1]
    assert not HistoryQuery({"limit": 5}).select(EVENTS)[1]
    assert not HistoryQuery({}).select(EVENTS)[1]


def test_an_answer_fits_into_one_message() -> None:
    events = [event(number, size=60_000) for number in range(5)]

    page, is_limit_reached = HistoryQuery({}).select(events)

    assert [each.id for each in page] == [100, 101]
    assert is_limit_reached
    rest, _ = HistoryQuery({"after_publication": 101}).select(events)
    assert [each.id for each in rest] == [102, 103]


def test_an_event_larger_than_an_answer_comes_alone() -> None:
    page, is_limit_reached = HistoryQuery({}).select([event(1, size=200_000), event(2)])

    assert [each.id for each in page] == [101]
    assert is_limit_reached


def test_times_are_told_in_utc_with_milliseconds() -> None:
    assert timestamp(NOON_MS + 5) == "2026-05-01T12:00:00.005Z"
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"


@given(st.integers(0, 4_102_444_800_000))
def test_the_time_of_an_event_finds_that_event(time_ms: int) -> None:
    publish = Publish(1, {}, "edge.t")
    publication = Publication(7, publish, details={}, time_ms=time_ms)
    text = timestamp(time_ms)

    for name, is_found in (
        ("from_time", True), ("until_time", True), ("after_time", False), ("before_time", False),
    ):  # fmt: skip
        assert bool(HistoryQuery({name: text}).select([publication])[0]) is is_found


@given(st.text())
def test_a_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ApplicationError):
        HistoryQuery({"from_time": f"{text}2026-05-01T12:00:00"})
