"""Filters over the last samples, against models that keep every sample for ever."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.devices.filters.rig import BAD, chain_of, sent

VALUES = st.floats(-1e6, 1e6, allow_nan=False)
MODELS: dict[str, Callable[[list[float]], float]] = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "min": min,
    "max": max,
}


@given(
    st.sampled_from(sorted(MODELS)), st.integers(1, 12), st.lists(st.none() | VALUES, max_size=40)
)
def test_a_window_agrees_with_a_model_that_forgets_at_each_bad_sample(
    name: str, size: int, samples: list[float | None]
) -> None:
    expected: list[Any] = []
    since_bad: list[float] = []
    for sample in samples:
        if sample is None:
            since_bad = []
            expected.append(BAD)
        else:
            since_bad.append(sample)
            expected.append(MODELS[name](since_bad[-size:]))

    found = sent(chain_of((name, size)), *(BAD if s is None else s for s in samples))

    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one is other or math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-6)


def test_a_median_throws_out_single_spikes() -> None:
    assert sent(chain_of(("median", 3)), 20.0, 85.0, 20.5, 20.7) == [20.0, 52.5, 20.5, 20.7]


def test_send_every_and_send_first_choose_the_samples_that_are_sent() -> None:
    options = {"window": 5, "send_every": 3, "send_first": 1}

    assert sent(chain_of(("max", options)), 1, 2, 3, 4, 5, 6, 7) == [1, 4, 7]


def test_the_sliding_window_sends_one_mean_for_fifteen_samples_by_itself() -> None:
    samples = [float(n) for n in range(1, 32)]

    # The first, the mean of 2 to 16, the mean of 17 to 31.
    assert sent(chain_of(("sliding_window", 15)), *samples) == [1.0, 9.0, 24.0]


def test_the_first_value_can_wait_for_more_samples() -> None:
    options = {"window": 4, "send_every": 4, "send_first": 4}

    assert sent(chain_of(("mean", options)), 1, 2, 3, 4, 5) == [2.5]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.9, 9), (0.5, 5), (0.0, 1), (1.0, 10), (0.91, 10)]
)
def test_a_quantile_is_the_smallest_value_not_exceeded_by_its_share(
    share: float, expected: float
) -> None:
    samples = (3, 1, 2, 10, 9, 8, 4, 5, 7, 6)

    assert sent(chain_of(("quantile", {"window": 10, "quantile": share})), *samples)[-1] == expected


def test_an_exponential_mean_counts_each_sample_by_its_share() -> None:
    # 10; 10 + 0.25 * 10; 12.5 + 0.25 * 7.5; begun anew after the bad one.
    found = sent(chain_of(("exponential", 0.25)), 10.0, 20.0, 20.0, BAD, 5.0)

    assert found == [10.0, 12.5, 14.375, BAD, 5.0]


def test_an_uncertain_sample_makes_all_uncertain_that_it_is_part_of() -> None:
    chain = chain_of(("mean", 3))

    marks = []
    for turn, is_uncertain in enumerate([False, True, False, False, False]):
        chain.take(1.0, float(turn), is_uncertain=is_uncertain)
        marks.append(chain.is_uncertain)

    assert marks == [False, True, True, True, False]


def test_a_bad_sample_takes_the_doubt_away_with_the_window() -> None:
    chain = chain_of(("mean", 3))

    chain.take(1.0, 0.0, is_uncertain=True)
    chain.reset()
    chain.take(1.0, 1.0)

    assert not chain.is_uncertain
