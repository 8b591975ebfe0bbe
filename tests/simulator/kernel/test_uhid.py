"""Events of ``/dev/uhid``, laid out by hand from include/uapi/linux/uhid.h."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.errors import HardwareError
from wampedge_simulator.kernel.uhid import UhidDevice


class SimulatedFunction:
    """One feature report and one output report."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def feature(self, number: int) -> bytes | None:
        return b"\x05\x0c\x02" if number == 5 else None

    def set_feature(self, report: bytes) -> bool:
        self.written.append(report)
        return report[0] == 6

    def output(self, report: bytes) -> list[bytes]:
        self.written.append(report)
        return [b"\x16\x02"]


def device(function: SimulatedFunction, node: Path = Path("/nowhere/uhid")) -> UhidDevice:
    return UhidDevice(function, b"\xc0", ids=(0x10C4, 0xEA90), serial="a", node=node)


def test_an_output_report_is_answered_with_an_input_report() -> None:
    function = SimulatedFunction()
    event = b"\x06\0\0\0" + b"\x15\x01".ljust(4096, b"\0") + b"\x02\x00" + b"\x01"

    answers = device(function)._answers(event)

    assert function.written == [b"\x15\x01"]
    assert answers == [b"\x0c\0\0\0" + b"\x02\x00" + b"\x16\x02"]


def test_a_feature_report_is_given_with_the_number_of_the_request() -> None:
    answers = device(SimulatedFunction())._answers(b"\x09\0\0\0" + b"\x07\0\0\0" + b"\x05\x00")

    assert answers == [b"\x0a\0\0\0" + b"\x07\0\0\0" + b"\x00\x00" + b"\x03\x00" + b"\x05\x0c\x02"]


def test_a_feature_report_that_is_not_there_is_an_input_output_error() -> None:
    answers = device(SimulatedFunction())._answers(b"\x09\0\0\0" + b"\x08\0\0\0" + b"\x63\x00")

    assert answers == [b"\x0a\0\0\0" + b"\x08\0\0\0" + b"\x05\x00" + b"\x00\x00"]


@pytest.mark.parametrize(("number", "error"), [(6, 0), (7, 5)])
def test_a_written_feature_report_is_confirmed_or_refused(number: int, error: int) -> None:
    function = SimulatedFunction()
    head = b"\x0d\0\0\0" + b"\x09\0\0\0" + bytes((number, 0)) + b"\x02\x00"

    answers = device(function)._answers(head + bytes((number, 0xAA)))

    assert function.written == [bytes((number, 0xAA))]
    assert answers == [b"\x0e\0\0\0" + b"\x09\0\0\0" + bytes((error, 0))]


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 99])
def test_events_that_only_tell_something_get_no_answer(kind: int) -> None:
    assert device(SimulatedFunction())._answers(bytes((kind, 0, 0, 0))) == []


def test_a_kernel_without_uhid_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="modprobe uhid"):
        device(SimulatedFunction(), tmp_path / "uhid").plug()


def test_unplugging_what_was_never_plugged_in_does_nothing() -> None:
    device(SimulatedFunction()).unplug()
