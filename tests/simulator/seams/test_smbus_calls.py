from __future__ import annotations

import errno

import pytest

from tests.simulator.board import fails
from wampedge_simulator.seams.smbus_calls import SmbusCall, crc8, plan, unpack

BLOCK = bytes([3, 0xAA, 0xBB, 0xCC]) + bytes(30)


@pytest.mark.parametrize(
    ("size", "is_read", "messages"),
    [
        (0, False, [b""]),
        (0, True, [0]),
        (1, False, [b"\x10"]),
        (1, True, [1]),
        (2, False, [b"\x10\x03"]),
        (2, True, [b"\x10", 1]),
        (3, False, [b"\x10\x03\xaa"]),
        (3, True, [b"\x10", 2]),
        (4, False, [b"\x10\x03\xaa", 2]),
        (5, False, [b"\x10\x03\xaa\xbb\xcc"]),
        (8, False, [b"\x10\xaa\xbb\xcc"]),
        (8, True, [b"\x10", 3]),
    ],
)
def test_each_call_becomes_the_messages_of_the_kernel(
    size: int, is_read: bool, messages: list[bytes | int]
) -> None:
    assert plan(SmbusCall(size, is_read, 0x10, BLOCK)) == messages


@pytest.mark.parametrize(
    ("size", "is_read", "number"),
    [
        (5, True, errno.EOPNOTSUPP),
        (7, False, errno.EOPNOTSUPP),
        (6, False, errno.EINVAL),
        (9, True, errno.EINVAL),
    ],
)
def test_what_the_adapter_cannot_do_is_refused(size: int, is_read: bool, number: int) -> None:
    with fails(number):
        plan(SmbusCall(size, is_read, 0x10, BLOCK))


@pytest.mark.parametrize(("size", "is_read"), [(5, False), (8, False), (8, True)])
def test_a_block_of_more_than_32_bytes_is_refused(size: int, is_read: bool) -> None:
    with fails(errno.EINVAL):
        plan(SmbusCall(size, is_read, 0x10, bytes([33]) + bytes(33)))


def test_a_block_that_was_read_has_its_count_before_it() -> None:
    assert unpack(SmbusCall(8, True, 0x10, BLOCK), b"\x01\x02") == b"\x02\x01\x02"
    assert unpack(SmbusCall(3, True, 0x10, BLOCK), b"\x34\x12") == b"\x34\x12"


def test_the_packet_error_code_is_crc_8_of_smbus() -> None:
    """The check value of CRC-8/SMBUS."""
    assert crc8(b"123456789") == 0xF4
