"""A fair queue: each lane in its turn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.lanes import Lanes
from wampedge.devices.steps import Job


def job(lane: str, number: int = 0) -> Job:
    return cast("Job", SimpleNamespace(lane=lane, number=number))


def filled(lanes: str) -> Lanes:
    queue = Lanes()
    for number, lane in enumerate(lanes):
        queue.put(job(lane, number))
    return queue


def test_a_crowded_lane_waits_for_the_others_in_turn() -> None:
    queue = filled("aaaabc")

    assert [each.lane for each in queue.take_all()] == ["a", "b", "c", "a", "a", "a"]


def test_nothing_can_be_taken_from_an_empty_queue() -> None:
    with pytest.raises(KeyError):
        Lanes().take()


@settings(max_examples=80, deadline=None)
@given(st.text("abcd", max_size=30))
def test_no_job_is_lost_none_overtakes_in_its_lane_and_no_lane_is_passed_over(lanes: str) -> None:
    queue = filled(lanes)
    assert len(queue) == len(lanes)
    assert queue.length_of("a") == lanes.count("a")

    taken: list[Any] = list(queue.take_all())

    assert sorted(each.number for each in taken) == list(range(len(lanes)))
    for lane in "abcd":
        numbers = [each.number for each in taken if each.lane == lane]
        assert numbers == sorted(numbers)
    for place, each in enumerate(taken):  # between two turns of a lane every other has one
        rest = {other.lane for other in taken[place + 1 :]} - {each.lane}
        again = next((n for n, o in enumerate(taken[place + 1 :]) if o.lane == each.lane), None)
        if again is not None:
            between = {other.lane for other in taken[place + 1 : place + 1 + again]}
            assert rest <= between | {each.lane}
