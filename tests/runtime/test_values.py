"""What a driver gives is checked before anybody sees it."""

import math
from typing import Any

import pytest

from wampedge.errors import DeviceError
from wampedge.runtime.values import check_readings, check_result


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(2**63), 2**64 - 1, 1.5, "°C", b"\x00", [1, [2]], (1,), {"a": {"b": [None]}}],
)
def test_result_that_every_serializer_carries_is_taken(value: Any) -> None:
    check_result(value)


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, math.nan, [math.inf], 2**64, -(2**63) - 1, {1: 2}, {"a": {"b": object()}}],
)
def test_result_that_cannot_be_sent_is_the_error_of_the_device(value: Any) -> None:
    with pytest.raises(DeviceError, match="the driver answered"):
        check_result(value)


def test_result_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(DeviceError, match="too deep"):
        check_result(endless)


@pytest.mark.parametrize("values", [None, 21.5, [("temperature", 21.5)], "warm"])
def test_readings_that_are_no_table_are_refused(values: Any) -> None:
    with pytest.raises(DeviceError, match="instead of readings"):
        check_readings(values)
