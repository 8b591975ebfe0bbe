"""Filters that say what is no measurement."""

from __future__ import annotations

from tests.devices.filters.rig import BAD, chain_of, sent


def test_values_that_stand_for_no_measurement_are_bad() -> None:
    assert sent(chain_of(("invalid", [85, -127])), 20, 85, -127.0, 84.9) == [20, BAD, BAD, 84.9]


def test_a_value_beyond_the_range_is_bad_and_the_ends_are_not() -> None:
    assert sent(chain_of(("range", [-20, 60])), -20, 60, 60.1) == [-20, 60, BAD]


def test_a_value_a_filter_makes_bad_empties_the_windows_after_it() -> None:
    # Without the reset 30 would be averaged with 10.
    assert sent(chain_of(("invalid", [85]), ("mean", 5)), 10, 85, 30) == [10, BAD, 30]


def test_a_value_a_filter_makes_bad_is_already_in_the_windows_before_it() -> None:
    # The median of 10, 85 and 30 is 30.
    assert sent(chain_of(("median", 3), ("range", [0, 40])), 10, 85, 30) == [10, BAD, 30]
