"""How long ago, when two clocks disagree."""

from __future__ import annotations

import math

import pytest

from wampedge.runtime.outputs.moments import Moment


class StoppedClock:
    def __init__(self, wall_s: float, monotonic_s: float) -> None:
        self.wall_s, self.monotonic_s = wall_s, monotonic_s

    def time(self) -> float:
        return self.wall_s

    def monotonic(self) -> float:
        return self.monotonic_s

    def spend(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "least_s", "most_s"),
    [
        (1030.0, 530.0, 30.0, 30.0),
        (9000.0, 530.0, 30.0, 8000.0),  # the wall clock was set forward
        (400.0, 530.0, 0.0, 30.0),  # and back
        (1030.0, 5.0, 0.0, 30.0),  # the machine began anew
        (400.0, 5.0, 0.0, math.inf),  # and nobody knows the time
    ],
)
def test_the_stricter_reading_of_the_time_counts(
    wall_s: float, monotonic_s: float, least_s: float, most_s: float
) -> None:
    moment = Moment(1000.0, 500.0)
    clock = StoppedClock(wall_s, monotonic_s)

    assert moment.least_age_s(clock) == least_s
    assert moment.most_age_s(clock) == most_s


@pytest.mark.parametrize("kept", [None, 5, [1.0], [1.0, "x"], [math.nan, 1.0], {"wall": 1}])
def test_what_was_kept_and_is_no_moment_is_none(kept: object) -> None:
    assert Moment.of(kept) is None


def test_a_moment_is_kept_and_found_again() -> None:
    assert Moment.of(Moment(3.0, 4.0).as_kept()) == Moment(3.0, 4.0)
