"""The adapter as its driver in Linux uses it; report layouts from AN495."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.board import board, chip
from wampedge_simulator.kernel.cp2112 import REPORT_SIZE, Cp2112, report_descriptor
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x44
"""A SHT3x: its status register after power-on is 0x8010, CRC 0xE1 (datasheet 4.11)."""
STATUS_REQUEST = b"\x15\x01"
READ_STATUS_REGISTER = bytes((0x11, ADDRESS << 1, 0, 3, 2, 0xF3, 0x2D))


@pytest.fixture
def sht3x() -> Iterator[SimulatedSubstrate]:
    with board(chip("sht3x", ADDRESS)) as substrate:
        yield substrate


@pytest.fixture
def adapter(sht3x: SimulatedSubstrate) -> Cp2112:
    return Cp2112(sht3x.i2c_buses[0], sht3x.bench.clock.spend)


def test_a_write_and_read_gives_the_answer_of_the_chip_in_a_full_report(adapter: Cp2112) -> None:
    assert adapter.output(READ_STATUS_REGISTER) == []
    (status,) = adapter.output(STATUS_REQUEST)
    (answer,) = adapter.output(bytes((0x12, 0, 3)))

    assert status[:7] == bytes((0x16, 2, 5, 0, 0, 0, 3))
    assert answer[:6] == bytes((0x13, 2, 3)) + b"\x80\x10\xe1"
    assert len(status) == len(answer) == REPORT_SIZE == 64


def test_a_read_comes_in_the_pieces_that_are_asked_for(adapter: Cp2112) -> None:
    adapter.output(READ_STATUS_REGISTER)

    first = adapter.output(bytes((0x12, 0, 2)))[0]
    second = adapter.output(bytes((0x12, 0, 61)))[0]

    assert first[2:5] == b"\x02\x80\x10"
    assert second[2:4] == b"\x01\xe1"


def test_a_write_without_a_read_is_complete_with_no_bytes(adapter: Cp2112) -> None:
    adapter.output(bytes((0x14, ADDRESS << 1, 2, 0x30, 0x41)))  # clear the status register

    assert adapter.output(STATUS_REQUEST)[0][:7] == bytes((0x16, 2, 5, 0, 0, 0, 0))
    adapter.output(READ_STATUS_REGISTER)
    assert adapter.output(bytes((0x12, 0, 2)))[0][3:5] == b"\x00\x00"


@pytest.mark.parametrize(
    ("fault", "status"),
    [("nack", (3, 0)), ("timeout", (3, 1)), ("bus_stuck", (3, 2))],
)
def test_a_failure_is_told_as_the_adapter_tells_it(
    sht3x: SimulatedSubstrate, adapter: Cp2112, fault: str, status: tuple[int, int]
) -> None:
    sht3x.fault("chip", fault)

    adapter.output(READ_STATUS_REGISTER)

    assert adapter.output(STATUS_REQUEST)[0][1:3] == bytes(status)
    assert adapter.output(bytes((0x12, 0, 3)))[0][2] == 0


def test_an_address_without_a_chip_is_not_acknowledged(adapter: Cp2112) -> None:
    adapter.output(bytes((0x10, 0x50 << 1, 0, 1)))

    assert adapter.output(STATUS_REQUEST)[0][1:3] == b"\x03\x00"


def test_a_transfer_takes_as_long_as_on_the_wire(sht3x: SimulatedSubstrate) -> None:
    """An address and two bytes, an address and three bytes, nine bits each, at 100 kHz."""
    spent_s: list[float] = []

    Cp2112(sht3x.i2c_buses[0], spent_s.append).output(READ_STATUS_REGISTER)

    assert spent_s == [pytest.approx(7 * 9 / 100_000)]


def test_before_a_transfer_the_adapter_is_idle(adapter: Cp2112) -> None:
    assert adapter.output(STATUS_REQUEST)[0][1] == 0


@pytest.mark.parametrize("report", [b"", b"\x14", b"\x11\x88", b"\x17\x01", b"\x99\x00\x00\x00"])
def test_other_and_cut_reports_start_no_transfer(adapter: Cp2112, report: bytes) -> None:
    assert adapter.output(report) == []
    assert adapter.output(STATUS_REQUEST)[0][1] == 0


def test_it_is_the_second_revision_which_has_repeated_starts(adapter: Cp2112) -> None:
    assert adapter.feature(0x05) == b"\x05\x0c\x02"


def test_the_bus_configuration_is_kept_as_it_was_written(adapter: Cp2112) -> None:
    written = bytes.fromhex("06 00061a80 02 00 0064 0064 00 0001")

    assert adapter.feature(0x06) == bytes.fromhex("06 000186a0 02 00 0000 0000 00 0000")
    assert adapter.set_feature(written)
    assert adapter.feature(0x06) == written


def test_its_pins_are_high_until_an_output_is_set_low(adapter: Cp2112) -> None:
    assert adapter.feature(0x03) == b"\x03\xff"
    assert adapter.set_feature(bytes((0x04, 0x00, 0x03)))
    assert adapter.feature(0x03) == b"\x03\xff"
    assert adapter.set_feature(bytes((0x02, 0x01, 0xFF, 0, 0)))
    assert adapter.feature(0x02) == bytes((0x02, 0x01, 0xFF, 0, 0))
    assert adapter.feature(0x03) == b"\x03\xfe"


def test_reports_it_does_not_have_are_refused(adapter: Cp2112) -> None:
    assert adapter.feature(0x77) is None
    assert not adapter.set_feature(b"\x77\x00\x00")
    assert not adapter.set_feature(b"\x04")


def test_the_descriptor_declares_every_report_the_driver_uses() -> None:
    descriptor = report_descriptor()

    declared = {descriptor[i + 1] for i in range(14, len(descriptor) - 1, 8)}
    assert declared >= {0x02, 0x03, 0x04, 0x05, 0x06, *range(0x10, 0x18), 0x20}
    assert descriptor[-1] == 0xC0
