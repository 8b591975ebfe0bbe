"""Drivers of the kernel use our chips with outputs; what is at their pins is worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel

pytestmark = pytest.mark.kernel

GUESTS = {"outputs": "lgpio"}


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("outputs")


@pytest.mark.parametrize("chip", ["mcp23008", "mcp23017", "pca9555", "pcf8574", "pcf8575"])
def test_pins_of_an_expander_are_lines_of_the_kernel(found: Any, chip: str) -> None:
    driven, seen = found[chip]

    assert driven == [True, False, True]
    assert seen == [False, True, False]


def test_codes_of_the_mcp4725_are_volts_at_its_output(found: Any) -> None:
    """DS22039D, equation 4-1: 3.3 V times the code through 4096."""
    assert found["mcp4725"] == [
        pytest.approx(0.805664, abs=1e-6),
        pytest.approx(3.299194, abs=1e-6),
        0.0,
    ]


def test_the_pca9685_gives_the_share_of_the_period_that_is_asked_for(found: Any) -> None:
    """1.25 ms and 3.75 ms of 5 ms, in 4096 steps; channel 0 is off."""
    assert found["pca9685"] == [0.0, pytest.approx(25.0, abs=0.03), pytest.approx(75.0, abs=0.03)]


def test_the_kernel_reaches_sensors_behind_the_channels_of_a_tca9548a(found: Any) -> None:
    assert found["tca9548a"] == [20.0, -7.5]
