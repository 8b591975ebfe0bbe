"""The device layer on a GPIO chip of a kernel: gpiozero, lgpio and its C library, unmodified."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel

pytestmark = pytest.mark.kernel

GUESTS = {"gpio": "lgpio"}


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("gpio")


def test_an_output_starts_at_its_level_and_follows(found: Any) -> None:
    """The level the kernel sees, then what the pin says, at each step."""
    assert found["relay"] == [True, True, False, False, True, True]


def test_every_edge_is_told_once_with_its_level(found: Any) -> None:
    edges = found["button"]["edges"]

    assert [told for _, told, _, _ in edges] == [False, True] * 3
    assert all(wanted == told == read for wanted, told, read, _ in edges)
    assert (found["button"]["lost"], found["button"]["more"]) == (0, 0)


def test_edges_have_the_time_of_the_kernel(found: Any) -> None:
    """lgpio looks every 10 ms and takes up to a tenth of a second for the first edges."""
    assert all(0 <= late_ms < 120 for _, _, _, late_ms in found["button"]["edges"])


def test_a_wave_has_its_share_of_the_time(found: Any) -> None:
    assert found["lamp"] == pytest.approx(0.25, abs=0.05)


def test_a_line_is_given_once(found: Any) -> None:
    assert found["busy"] == "GPIO17 is in use by another device of this node"
