"""smbus2 through ``/dev/i2c-N`` of a kernel, against the seam of the simulator beneath smbus2."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel
from tests.kernel.exchanges import CHIPS, exchange
from tests.simulator.board import board, chip

pytestmark = pytest.mark.kernel

GUESTS = {"smbus": "smbus2"}


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("smbus")


def test_every_call_gives_what_it_gives_without_a_kernel(found: Any) -> None:
    with board(*(chip(driver, address, name) for name, (driver, address) in CHIPS.items())):
        simulated = exchange(1)

    assert found["answers"] == simulated


def test_the_answers_are_those_of_the_datasheets(found: Any) -> None:
    """PCA9555 6.2, MCP4725 figure 6-3, SHT3x 4.11 with the checksum of 0x8010."""
    answers = found["answers"]

    assert answers["read after power-on"] == 0xFF
    assert answers["read a block"] == [0x5A, 0xA5, 0x5A, 0xA5]
    assert answers["read without writing"] == [0xC0, 0xAB, 0xC0, 0x08, 0x00]
    assert answers["write and read in one"] == [0x80, 0x10, 0xE1]
    assert answers["read from nobody"] == "OSError"


def test_faults_have_the_numbers_of_this_adapter(found: Any) -> None:
    assert found["errors"] == {
        "nack": errno.ETIMEDOUT,
        "timeout": errno.ETIMEDOUT,
        "bus_stuck": errno.EIO,
    }
