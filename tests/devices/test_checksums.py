"""Checksums against the examples of datasheets and protocols (PARTS.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.devices.checksums import CHECKSUMS, xor8


@pytest.mark.parametrize(
    ("name", "payload", "wire"),
    [
        ("sensirion", "beef", "92"),
        ("sensirion", "6667", "a2"),
        ("sensirion", "5eb9", "3c"),
        ("htu", "683a", "7c"),
        ("htu", "4e85", "6b"),
        ("maxim", "50054b467fff0c10", "1c"),
        ("modbus", "f8040000000a", "6464"),
        ("modbus", "01041408d1006c000000f400000026000001f400640000", "5134"),
        ("sum", "d4043a0aa160", "1d"),
        ("xor", b"GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,".hex(), "47"),
    ],
)
def test_the_checksum_is_the_one_of_the_example(name: str, payload: str, wire: str) -> None:
    assert CHECKSUMS[name].to_wire(bytes.fromhex(payload)).hex() == wire


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
@given(payload=st.binary(min_size=1, max_size=32), data=st.data())
def test_no_single_flipped_bit_goes_unnoticed(
    name: str, payload: bytes, data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, 8 * len(payload) - 1))
    flipped = bytearray(payload)
    flipped[bit // 8] ^= 1 << bit % 8

    checksum = CHECKSUMS[name]

    assert checksum.matches(payload, checksum.to_wire(payload))
    assert not checksum.matches(bytes(flipped), checksum.to_wire(payload))


@pytest.mark.parametrize(
    ("name", "polynomial", "initial"),
    [("sensirion", 0x31, 0xFF), ("htu", 0x31, 0), ("pec", 0x07, 0)],
)
@given(payload=st.binary(max_size=16))
def test_the_tables_agree_with_the_bit_by_bit_definition(
    name: str, polynomial: int, initial: int, payload: bytes
) -> None:
    register = initial
    for byte in payload:
        register ^= byte
        for _ in range(8):
            carry = register & 0x80
            register = register << 1 & 0xFF
            if carry:
                register ^= polynomial

    assert CHECKSUMS[name].compute(payload) == register


def test_the_exclusive_or_of_nothing_is_zero() -> None:
    assert xor8(b"") == 0
