"""Drivers of the kernel read our chip models: code nobody here wrote judges them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.cases import CASES, Case, Reading
from tests.kernel.conftest import UnderKernel

pytestmark = pytest.mark.kernel

GUESTS = {"oracle": "smbus2"}


@pytest.fixture(scope="module")
def rounds_by_chip(under_kernel: UnderKernel) -> Any:
    return under_kernel("oracle")


@pytest.mark.parametrize(
    ("case", "place", "reading"),
    [
        pytest.param(case, place, reading, id=f"{case.driver} {reading.channel}")
        for case in CASES
        for place, reading in enumerate(case.readings)
    ],
)
def test_the_kernel_reads_what_is_set(
    rounds_by_chip: Any, case: Case, place: int, reading: Reading
) -> None:
    rounds = rounds_by_chip[case.driver]

    assert not isinstance(rounds, str), rounds
    assert [values[place] for values in rounds] == [
        pytest.approx(value, abs=reading.tolerance, rel=reading.share) for value in reading.values
    ]


def test_every_value_has_a_limit_that_a_wrong_model_would_not_keep() -> None:
    """Twice apart at least are the two values of a quantity, measured by what they may be off."""
    for case in CASES:
        for reading in case.readings:
            low, high = min(reading.values), max(reading.values)
            assert high - low > 4 * (reading.tolerance + reading.share * abs(high))
