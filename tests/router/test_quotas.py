from __future__ import annotations

import pytest

from tests.router.site import Site
from wampedge.errors import ApplicationError
from wampedge.router.quotas import ShapeQuota


def test_patterns_of_one_shape_count_once() -> None:
    quota, session = ShapeQuota(1), Site().join().session

    for number in range(100):
        quota.take(session, "wildcard", f"edge..n{number}")


def test_one_shape_too_many_is_refused() -> None:
    quota, session = ShapeQuota(2), Site().join().session
    quota.take(session, "wildcard", "edge..a")
    quota.take(session, "wildcard", "edge.a.")

    with pytest.raises(ApplicationError) as caught:
        quota.take(session, "wildcard", ".edge.a")

    assert caught.value.uri == "wampedge.error.limit"
    (text,) = caught.value.arguments
    assert text == (
        "a session may have wildcards of 2 shapes with 3 components; "
        "a shape is which components are empty"
    )
    quota.take(session, "wildcard", "edge..b")


def test_shapes_of_other_lengths_and_other_ways_to_match_do_not_count() -> None:
    quota, session = ShapeQuota(1), Site().join().session
    quota.take(session, "wildcard", "edge.")

    quota.take(session, "wildcard", "edge..")
    quota.take(session, "prefix", "edge.a.")
    quota.give_back(session, "prefix", "edge.a.")


def test_sessions_do_not_use_up_the_shapes_of_others() -> None:
    site = Site()
    quota, one, two = ShapeQuota(1), site.join().session, site.join().session
    quota.take(one, "wildcard", "edge.")

    quota.take(two, "wildcard", ".edge")


def test_a_shape_given_back_makes_room() -> None:
    quota, session = ShapeQuota(1), Site().join().session
    quota.take(session, "wildcard", "edge.")
    quota.take(session, "wildcard", "farm.")

    quota.give_back(session, "wildcard", "edge.")
    with pytest.raises(ApplicationError):
        quota.take(session, "wildcard", ".edge")
    quota.give_back(session, "wildcard", "farm.")

    quota.take(session, "wildcard", ".edge")


def test_nothing_is_kept_of_a_session_without_wildcards() -> None:
    quota, session = ShapeQuota(2), Site().join().session
    for pattern in ("edge.", ".edge"):
        quota.take(session, "wildcard", pattern)

    for pattern in ("edge.", ".edge"):
        quota.give_back(session, "wildcard", pattern)

    assert quota._patterns_by_shape == {}


def test_the_node_itself_is_not_held_to_the_limit() -> None:
    quota, session = ShapeQuota(1), Site().join(is_trusted=True).session

    for pattern in ("edge.", ".edge"):
        quota.take(session, "wildcard", pattern)
