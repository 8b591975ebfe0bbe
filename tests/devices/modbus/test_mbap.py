"""Frames of Modbus TCP (implementation guide V1.0b, section 3.1.3)."""

from __future__ import annotations

import pytest

from wampedge.devices.modbus.mbap import MbapFrames, mbap_frame
from wampedge.devices.modbus.pdu import read_request
from wampedge.errors import BusError


def test_a_request_is_that_of_the_guide() -> None:
    """The example of appendix B: transaction 0x1501, unit 0xFF, register 4."""
    assert mbap_frame(0x1501, 0xFF, read_request(3, 4, 1)).hex() == "150100000006ff0300040001"


def test_frames_are_found_byte_by_byte_and_many_at_once() -> None:
    one = bytes.fromhex("150100000005ff03020005")
    two = bytes.fromhex("150200000003ff8302")
    frames = MbapFrames()

    slow = [frame for byte in one for frame in frames.feed(bytes((byte,)))]

    assert slow == [(0x1501, 0xFF, bytes.fromhex("03020005"))]
    assert [f[0] for f in frames.feed(one + two + two[:3])] == [0x1501, 0x1502]
    assert frames.feed(two[3:]) == [(0x1502, 0xFF, b"\x83\x02")]


@pytest.mark.parametrize(
    "head", ["150100010005ff", "150100000001ff", "1501000001ffff", "485454502f312e"]
)
def test_what_is_no_modbus_is_refused(head: str) -> None:
    with pytest.raises(BusError, match="does not speak Modbus TCP"):
        MbapFrames().feed(bytes.fromhex(head))
