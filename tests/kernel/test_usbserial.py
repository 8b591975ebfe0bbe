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


def test_one_line_of_the_log_tells_it(found: Any) -> None:
    told = [line for line in found["log"].splitlines() if " tank: down" in line]

    assert [line.partition(" ")[2] for line in told] == [
        "WARNING tank: down: /dev/ttyACM0: the port is gone"
    ]


def test_it_goes_on_when_the_plug_is_put_back(found: Any) -> None:
    assert found["put in"] == ["ok"]
    assert found["after"] == [500, "good"]
    assert found["order after"] == "OK"
    assert found["zeros"] == 2


def test_a_device_beside_it_loses_nothing_meanwhile(found: Any) -> None:
    counts = found["counts"]

    assert counts == list(range(counts[0], counts[0] + len(counts)))
    assert len(counts) > 60  # twice a second, over half a minute without the plug


def test_the_node_ends_politely(found: Any) -> None:
    assert found["exit status"] == 0
    assert "Traceback" not in found["log"]
