"""Filters that turn one number into another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.devices.filters.rig import chain_of, sent
from wampedge.devices.fields import FieldError


def test_filters_work_in_the_order_of_the_file() -> None:
    assert sent(chain_of(("offset", 1), ("scale", 10)), 2.0) == [30.0]
    assert sent(chain_of(("scale", 10), ("offset", 1)), 2.0) == [21.0]


def test_an_offset_in_fahrenheit_is_a_difference_and_no_temperature() -> None:
    assert sent(chain_of(("offset", "1.8°F")), 20.0) == [21.0]


def test_limits_in_fahrenheit_are_temperatures() -> None:
    assert sent(chain_of(("clamp", ["32°F", "212°F"])), -5.0, 50.0, 120.0) == [0.0, 50.0, 100.0]


def test_an_amount_in_a_foreign_unit_is_refused_with_its_place() -> None:
    with pytest.raises(FieldError, match=r"\[1\] must be in °C, got 5V"):
        chain_of(("clamp", [0, "5V"]))


def test_a_polynomial_begins_with_the_lowest_power() -> None:
    # 1 + 2 * 3 + 0.5 * 9
    assert sent(chain_of(("polynomial", [1, 2, 0.5])), 3.0) == [11.5]


def test_rounding_keeps_so_many_digits() -> None:
    assert sent(chain_of(("round", 1)), 20.449, -0.06) == [20.4, -0.1]


@given(st.floats(-1e9, 1e9), st.floats(-1e3, 1e3), st.floats(0.001, 1e3))
def test_clamped_values_are_within_the_limits_and_others_unchanged(
    value: float, low: float, span: float
) -> None:
    high = low + span

    (clamped,) = sent(chain_of(("clamp", [low, high])), value)

    assert low <= clamped <= high
    assert clamped == value or not low <= value <= high
