"""``wampedge run --hardware`` with nothing simulated beneath its libraries but the chips."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel

pytestmark = pytest.mark.kernel

GUESTS = {"node": "lgpio"}


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("node")


def test_a_client_reads_what_is_set_at_the_chips(found: Any) -> None:
    pressure, unit, quality = found["air"]

    assert pressure == pytest.approx(98765.0, abs=2.0)
    assert (unit, quality) == ("Pa", "good")
    assert found["room"] == [pytest.approx(21.5, abs=0.002), "°C", "good"]
    assert found["power"] == [12.0, "V", "good"]


def test_a_client_switches_a_line_of_the_kernel(found: Any) -> None:
    assert found["heater"] == [False, True, False]


def test_an_edge_of_the_kernel_is_an_event(found: Any) -> None:
    assert found["bell"] == ["press", "release"]


def test_a_chip_that_is_unplugged_is_down_and_comes_back(found: Any) -> None:
    assert found["faulty room"] == ["degraded", "down", "ok"]


def test_the_node_ends_politely(found: Any) -> None:
    assert found["exit status"] == 0
    assert "Traceback" not in found["log"]
