"""From what was measured at known values to a curve."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.devices.filters.rig import chain_of, sent
from wampedge.devices.fields import FieldError

SOIL = [[2.80, 0], [1.10, 100]]


def test_two_points_make_a_line_that_goes_on_beyond_them() -> None:
    # One volt is 100/1.7 percent.
    found = sent(chain_of(("calibrate", SOIL)), 2.80, 1.10, 1.95, 2.97)

    assert found == pytest.approx([0.0, 100.0, 50.0, -10.0])


def test_more_points_make_lines_from_each_to_the_next() -> None:
    points = [[10, 100], [0, 0], [5, 10]]

    found = sent(chain_of(("calibrate", points)), -1, 2.5, 5, 7.5, 11)

    assert found == pytest.approx([-2.0, 5.0, 10.0, 55.0, 118.0])


def test_least_squares_put_one_line_near_all_points() -> None:
    # Slope 3/2, mean (1, 4/3): y = 1.5 x - 1/6.
    options = {"points": [[0, 0], [1, 1], [2, 3]], "method": "least_squares"}

    assert sent(chain_of(("calibrate", options)), 0, 2) == pytest.approx([-1 / 6, 17 / 6])


def test_a_polynomial_goes_through_as_many_points_as_it_has_coefficients() -> None:
    # 2 + 3 x + x² at 1000, 2000 and 3000: raw counts of an ADC.
    points = [[x, 2 + 3 * x + x * x] for x in (1000, 2000, 3000)]
    options = {"points": points, "method": "polynomial", "degree": 2}

    assert sent(chain_of(("calibrate", options)), 2500) == pytest.approx([6_257_502.0])


@given(
    st.lists(st.integers(-500, 500), min_size=2, max_size=8, unique=True),
    st.lists(st.integers(-500, 500), min_size=8, max_size=8),
)
def test_every_method_that_joins_points_meets_them(xs: list[int], ys: list[int]) -> None:
    points = [[x, y] for x, y in zip(xs, ys, strict=False)]

    found = sent(chain_of(("calibrate", points)), *xs)

    assert found == pytest.approx([float(y) for _, y in points], abs=1e-6)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([[1, 2]], "must have 2 to 64 items, got 1"),
        ([[1, 2], [1, 3]], r"\[1\]\[0\] gives 1 a second value; point 1 has it, too"),
        (
            {"points": SOIL, "method": "polynomial", "degree": 2},
            "points of degree 2 takes 3 points or more, got 2",
        ),
    ],
)
def test_points_that_make_no_curve_are_refused(options: Any, complaint: str) -> None:
    with pytest.raises(FieldError, match=complaint):
        chain_of(("calibrate", options))
