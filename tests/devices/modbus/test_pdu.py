"""Requests and answers of Modbus against the examples of the specification (V1.1b3, section 6)."""

from __future__ import annotations

import pytest

from wampedge.devices.modbus.pdu import (
    UnitRefusedError,
    answer_size,
    bits_of,
    check_answer,
    check_written,
    read_request,
    registers_of,
    write_coil_request,
    write_coils_request,
    write_register_request,
    write_registers_request,
)
from wampedge.errors import BusError


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (read_request(1, 0x0013, 0x13), "0100130013"),
        (read_request(2, 0x00C4, 0x16), "0200c40016"),
        (read_request(3, 0x006B, 3), "03006b0003"),
        (read_request(4, 0x0008, 1), "0400080001"),
        (write_coil_request(0x00AC, True), "0500acff00"),
        (write_coil_request(0x00AC, False), "0500ac0000"),
        (write_register_request(0x0001, 3), "0600010003"),
        (
            write_coils_request(0x0013, [bool(int(bit)) for bit in "1011001110"]),
            "0f0013000a02cd01",
        ),
        (write_registers_request(0x0001, [0x000A, 0x0102]), "100001000204000a0102"),
    ],
)
def test_requests_are_those_of_the_specification(request_: bytes, wanted: str) -> None:
    assert request_.hex() == wanted


def test_registers_of_the_example_of_section_6_3() -> None:
    assert registers_of(bytes.fromhex("0306022b00000064"), 3) == [555, 0, 100]


def test_bits_of_the_example_of_section_6_1() -> None:
    bits = bits_of(bytes.fromhex("0103cd6b05"), 19)

    assert "".join(str(int(bit)) for bit in bits) == "1011001111010110101"


@pytest.mark.parametrize("answer", ["0306022b0000", "0304022b00000064", "03"])
def test_an_answer_of_another_length_is_refused(answer: str) -> None:
    with pytest.raises(BusError, match="not those of 3 registers"):
        registers_of(bytes.fromhex(answer), 3)


def test_bits_of_another_length_are_refused() -> None:
    with pytest.raises(BusError, match="not those of 19 bits"):
        bits_of(bytes.fromhex("0102cd6b"), 19)


@pytest.mark.parametrize(
    ("start", "own_size", "size"),
    [
        ("03", None, None),
        ("0306", None, 8),
        ("83", None, 2),
        ("06", None, 5),
        ("42", 1, 1),
        ("c2", 1, 2),
    ],
)
def test_the_size_of_an_answer_is_known_as_soon_as_it_can_be(
    start: str, own_size: int | None, size: int | None
) -> None:
    assert answer_size(bytes.fromhex(start), own_size) == size


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1, "does not know this function"), (2, "no such register"), (0x63, "does not say why")],
)
def test_an_exception_says_why_in_words(code: int, reason: str) -> None:
    with pytest.raises(UnitRefusedError, match=rf"unit 7 refuses function 3: .*{reason}") as caught:
        check_answer(7, read_request(3, 0, 1), bytes((0x83, code)))

    assert (caught.value.unit_id, caught.value.function, caught.value.code) == (7, 3, code)


def test_an_answer_to_another_function_is_refused() -> None:
    with pytest.raises(BusError, match="answered function 04, not 03"):
        check_answer(7, read_request(3, 0, 1), bytes.fromhex("04020001"))


def test_a_write_that_is_confirmed_otherwise_is_refused() -> None:
    request = write_registers_request(1, [10, 258])

    check_written(request, bytes.fromhex("1000010002"))
    with pytest.raises(BusError, match="a write was answered with"):
        check_written(request, bytes.fromhex("1000010001"))
