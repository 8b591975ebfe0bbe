"""A USB serial port of a kernel whose plug is pulled and put back, under a whole node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.conftest import UnderKernel

pytestmark = pytest.mark.kernel

GUESTS = {"usbserial": "serial"}


@pytest.fixture(scope="module")
def found(under_kernel: UnderKernel) -> Any:
    return under_kernel("usbserial")


def test_an_instrument_is_found_by_its_vendor_and_serial_number(found: Any) -> None:
    assert found["before"][-1] == [412, "good"]
    assert found["order"] == "OK"


def test_a_pulled_plug_is_told_at_once_and_orders_fail(found: Any) -> None:
    assert found["pulled"][-1] == "down"
    assert found["ports while out"] == []
    assert found["order while out"] == "wampedge.error.not_ready"
    assert "tank: down: /dev/ttyACM0: the port is gone" in found["log"]


def test_it_goes_on_when_the_plug_is_put_back(found: Any) -> None:
    assert found["put in"] == ["ok"]
    assert found["after"] == [500, "good"]
    assert found["order after"] == "OK"
    assert found["zeros"] == 2


def test_the_node_ends_politely(found: Any) -> None:
    assert found["exit status"] == 0
    assert "Traceback" not in found["log"]
