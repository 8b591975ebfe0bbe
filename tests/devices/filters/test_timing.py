"""Filters that look at the clock, at the number of samples, or at the last value."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.devices.filters.rig import BAD, chain_of, sent
from wampedge.devices.filters.base import HELD, Bad


def test_a_throttle_lets_one_value_pass_in_a_while() -> None:
    assert sent(chain_of(("throttle", "3s")), 1, 2, 3, 4, 5, 6, 7) == [1, 4, 7]


def test_ten_tenths_of_a_second_are_a_second_for_a_throttle() -> None:
    found = sent(chain_of(("throttle", "1s")), *range(31), every_s=0.1)

    assert found == [0, 10, 20, 30]


def test_a_bad_sample_lets_the_next_good_one_pass() -> None:
    assert sent(chain_of(("throttle", "1h")), 1, 2, BAD, 3, 4) == [1, BAD, 3]
    assert sent(chain_of(("delta", 5)), 1, 2, BAD, 2, 3) == [1, BAD, 2]


def test_a_delta_counts_from_the_last_value_that_passed() -> None:
    assert sent(chain_of(("delta", "0.5°C")), 20.0, 20.3, 20.5, 20.9, 20.0) == [20.0, 20.5, 20.0]


def test_a_delta_in_percent_is_a_share_of_the_last_value() -> None:
    assert sent(chain_of(("delta", "10%")), 100, 109, 110, 120, 121) == [100, 110, 121]


@given(st.lists(st.floats(-100, 100), max_size=30), st.floats(0.1, 50))
def test_values_that_pass_a_delta_differ_by_it(values: list[float], least: float) -> None:
    found = sent(chain_of(("delta", least)), *values)

    assert found[:1] == values[:1]
    assert all(abs(b - a) >= least for a, b in pairwise(found))


def test_the_first_samples_can_be_dropped() -> None:
    assert sent(chain_of(("skip_initial", 2)), 1, 2, 3, 4) == [3, 4]


def test_a_value_passes_a_debounce_once_it_lasted() -> None:
    chain = chain_of(("debounce", "200ms"))

    assert chain.take(1, 10.0) is HELD
    assert chain.take(2, 10.1) is HELD
    assert abs((chain.due_s or 0.0) - 10.3) < 1e-9
    assert chain.expire(10.2) is HELD
    assert chain.expire(10.31) == 2
    assert chain.sample_s == 10.1
    assert chain.due_s is None


def test_a_bad_sample_takes_back_a_value_that_waits() -> None:
    chain = chain_of(("debounce", "200ms"))

    chain.take(1, 10.0)
    chain.reset()

    assert chain.due_s is None


def test_a_heartbeat_sends_the_newest_value_and_keeps_its_time() -> None:
    chain = chain_of(("heartbeat", "10s"), ("offset", 100))

    assert chain.take(1, 0.0) == 101
    assert chain.take(2, 3.0) is HELD
    assert chain.expire(10.0) == 102
    assert chain.sample_s == 3.0
    assert chain.expire(20.0) == 102
    assert chain.due_s == 30.0


def test_nothing_beats_after_a_bad_sample() -> None:
    chain = chain_of(("heartbeat", "10s"))

    chain.take(1, 0.0)
    chain.reset()

    assert chain.due_s is None
    assert chain.take(2, 12.0) == 2


def test_a_timeout_says_that_the_last_value_is_too_old() -> None:
    chain = chain_of(("timeout", "30s"))

    assert chain.take(1, 0.0) == 1
    assert chain.take(2, 20.0) == 2
    assert chain.expire(30.0) is HELD
    stale = chain.expire(50.0)

    assert isinstance(stale, Bad)
    assert (stale.reason, stale.is_stale) == ("no sample for 30s", True)
    assert chain.due_s is None


def test_a_timeout_can_show_a_value_instead() -> None:
    chain = chain_of(("timeout", {"after": "30s", "value": "32°F"}), ("offset", 1))

    chain.take(5, 0.0)

    assert chain.expire(30.0) == 1.0
