from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import InvalidValueError
from wampedge_simulator.faults import I2C_FAULTS, Faults


def test_a_fault_strikes_as_often_as_it_was_told() -> None:
    faults = Faults("air", I2C_FAULTS)
    faults.add("nack", 2)

    assert [faults.take("nack") for _ in range(3)] == [True, True, False]
    assert not faults.pending


def test_a_fault_without_count_strikes_until_it_is_cleared() -> None:
    faults = Faults("air", I2C_FAULTS)
    faults.add("nack", None)
    struck = [faults.take("nack") for _ in range(50)]

    faults.clear("nack")

    assert all(struck)
    assert not faults.take("nack")


def test_clearing_without_a_kind_ends_every_fault() -> None:
    faults = Faults("air", I2C_FAULTS)
    faults.add("nack", 3)
    faults.add("stuck", None)

    faults.clear()

    assert not faults.pending


def test_an_unknown_kind_is_refused_with_the_nearest_one() -> None:
    faults = Faults("air", ("nack", "absent"))

    with pytest.raises(InvalidValueError, match=r'no fault "nak", did you mean "nack"\?') as caught:
        faults.add("nak", 1)

    assert (caught.value.field, caught.value.device) == ("kind", "air")
    assert "(possible: absent, nack)" in str(caught.value)
    with pytest.raises(InvalidValueError, match="no fault"):
        faults.clear("nak")


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", True])
def test_a_count_is_a_positive_whole_number(wrong: Any) -> None:
    with pytest.raises(InvalidValueError) as caught:
        Faults("air", I2C_FAULTS).add("nack", wrong)

    assert caught.value.field == "count"
