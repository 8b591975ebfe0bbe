from __future__ import annotations

from typing import Any

import pytest

from wampedge.wamp.ids import MAX_ID, RequestIds, is_id, random_id


@pytest.mark.parametrize("value", [1, 2, 9_007_199_254_740_992])
def test_integers_from_1_to_2_to_the_53_are_ids(value: int) -> None:
    assert is_id(value)


@pytest.mark.parametrize(
    "value", [0, -1, 9_007_199_254_740_993, 1.0, 1.5, True, "1", None, [1], b"1"]
)
def test_nothing_else_is_an_id(value: Any) -> None:
    assert not is_id(value)


def test_random_ids_cover_the_whole_range() -> None:
    assert random_id(lambda bits: 0) == 1
    assert random_id(lambda bits: 2**bits - 1) == MAX_ID


def test_request_ids_count_from_1() -> None:
    request_ids = RequestIds()

    assert [request_ids.next() for _ in range(3)] == [1, 2, 3]


def test_request_ids_start_again_after_the_last() -> None:
    request_ids = RequestIds(last=MAX_ID - 1)

    assert [request_ids.next() for _ in range(3)] == [MAX_ID, 1, 2]
