"""Delays of a reconnecting client; the expected ones are worked out from the docstrings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.client.backoff import Backoff, Failure, RetrySchedule
from wampedge.errors import ConfigError


def drawing(value: float) -> Callable[[], float]:
    """Return a source of randomness that always draws *value*."""
    return lambda: value


def failures(schedule: RetrySchedule, count: int) -> list[float]:
    """Let *count* attempts fail at once; return the delays."""
    return [schedule.after_failure(Failure.FAILED, now_s=0) for _ in range(count)]


def test_failures_double_the_upper_bound_up_to_the_cap() -> None:
    schedule = RetrySchedule(Backoff(), drawing(0.5))

    assert failures(schedule, 7) == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]


def test_no_delay_is_below_the_floor() -> None:
    schedule = RetrySchedule(Backoff(), drawing(0.0))

    assert failures(schedule, 3) == [0.05, 0.05, 0.05]


def test_jitter_0_is_exact() -> None:
    schedule = RetrySchedule(Backoff(jitter=0), drawing(0.9))

    assert failures(schedule, 3) == [1.0, 2.0, 4.0]


def test_jitter_of_a_third_draws_from_the_last_third() -> None:
    schedule = RetrySchedule(Backoff(first_s=3, jitter=1 / 3), drawing(0.5))

    assert failures(schedule, 1) == [pytest.approx(2.5)]


def test_refused_connects_are_tried_quickly_for_a_minute() -> None:
    schedule = RetrySchedule(Backoff(), drawing(1.0))

    delays = [schedule.after_failure(Failure.REFUSED, now_s=100 + s) for s in (0, 30, 59.9)]

    assert delays == [0.7, 0.7, 0.7]


def test_refused_connects_back_off_after_that_minute() -> None:
    schedule = RetrySchedule(Backoff(), drawing(1.0))
    schedule.after_failure(Failure.REFUSED, now_s=100)

    delays = [schedule.after_failure(Failure.REFUSED, now_s=s) for s in (160, 161, 163, 500)]

    assert delays == [1.0, 2.0, 4.0, 8.0]


def test_rejection_is_tried_again_once_quickly_then_slowly() -> None:
    schedule = RetrySchedule(Backoff(), drawing(0.5))

    delays = [schedule.after_failure(Failure.REJECTED, now_s=0) for _ in range(3)]

    assert delays == [0.5, 22.5, 22.5]


def test_stable_session_starts_afresh() -> None:
    schedule = RetrySchedule(Backoff(), drawing(1.0))
    failures(schedule, 5)

    assert schedule.after_session(lasted_s=5.0, now_s=0) == 1.0
    assert failures(schedule, 2) == [1.0, 2.0]


def test_session_that_ends_at_once_counts_as_a_failure() -> None:
    schedule = RetrySchedule(Backoff(), drawing(1.0))

    delays = [schedule.after_session(lasted_s=0.1, now_s=0) for _ in range(4)]

    assert delays == [1.0, 2.0, 4.0, 8.0]


def test_every_session_grants_a_new_quick_minute() -> None:
    schedule = RetrySchedule(Backoff(), drawing(1.0))
    schedule.after_failure(Failure.REFUSED, now_s=0)
    schedule.after_session(lasted_s=0.1, now_s=70)

    assert schedule.after_failure(Failure.REFUSED, now_s=71) == 0.7


def test_other_failures_end_a_row_of_rejections() -> None:
    schedule = RetrySchedule(Backoff(), drawing(0.5))
    schedule.after_failure(Failure.REJECTED, now_s=0)
    schedule.after_failure(Failure.FAILED, now_s=0)

    assert schedule.after_failure(Failure.REJECTED, now_s=0) == 0.5


@pytest.mark.parametrize(
    "numbers",
    [{"floor_s": 0.0}, {"first_s": 0.01}, {"cap_s": 0.5}, {"jitter": 1.5}, {"jitter": -0.1}],
)
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Backoff(**numbers)


@given(
    st.lists(st.sampled_from(Failure), min_size=1, max_size=200),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1),
)
def test_every_delay_stays_between_floor_and_cap(
    kinds: list[Failure], drawn: float, jitter: float
) -> None:
    schedule = RetrySchedule(Backoff(jitter=jitter), drawing(drawn))

    for second, kind in enumerate(kinds):
        assert 0.05 <= schedule.after_failure(kind, now_s=second) <= 30


@given(st.floats(0, 1, exclude_max=True))
def test_first_retry_comes_within_a_second(drawn: float) -> None:
    for kind in Failure:
        assert RetrySchedule(Backoff(), drawing(drawn)).after_failure(kind, now_s=0) <= 1
    assert RetrySchedule(Backoff(), drawing(drawn)).after_session(lasted_s=60, now_s=0) <= 1
