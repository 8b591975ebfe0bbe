"""Frames of Modbus RTU, and answers in whatever arrives (ROBUSTNESS.md B2)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.modbus.pdu import read_request, write_register_request
from wampedge.devices.modbus.rtu import MAX_NOISE, AnswerFinder, rtu_frame, silence_s

ASK = bytes.fromhex("010400000002 71cb")
ANSWER = bytes.fromhex("01040443663334 1b38")
PDU = bytes.fromhex("040443663334")


def test_a_request_gets_its_unit_and_its_checksum() -> None:
    """PARTS.md: request of the PZEM-004T; the SDM120's from its protocol."""
    assert rtu_frame(0xF8, read_request(4, 0, 10)).hex() == "f8040000000a6464"
    assert rtu_frame(1, read_request(4, 0, 2)) == ASK


@pytest.mark.parametrize(("baud", "gap_s"), [(9600, 0.00401), (19200, 0.002005), (115200, 0.00175)])
def test_the_silence_between_frames_is_three_and_a_half_characters(baud: int, gap_s: float) -> None:
    """Section 2.5.1.1: 11 bits a character, and 1.75 ms above 19200 baud."""
    assert silence_s(baud) == pytest.approx(gap_s, abs=1e-5)


def test_an_answer_is_found_byte_by_byte() -> None:
    finder = AnswerFinder(ASK)

    found = [finder.feed(ANSWER[at : at + 1]) for at in range(len(ANSWER))]

    assert found == [None] * 8 + [PDU]


@pytest.mark.parametrize(
    "before",
    [b"\x00", b"\xff" * 40, b"\x01\x04", b"\x01\x04\x04\x43\x66", b"\x01\x84\x02\x00\x00", ASK[:5]],
)
def test_noise_before_an_answer_is_left_out_and_counted(before: bytes) -> None:
    finder = AnswerFinder(ASK)

    assert finder.feed(before + ANSWER) == PDU
    assert finder.noise == len(before)


def test_the_echo_of_the_request_is_no_answer() -> None:
    finder = AnswerFinder(ASK)

    assert finder.feed(ASK) is None
    assert finder.received == 0
    assert finder.feed(ANSWER) == PDU
    assert finder.has_echo


def test_an_answer_like_its_request_counts_once_unless_the_line_is_known_to_echo() -> None:
    ask = rtu_frame(1, write_register_request(1, 3))

    assert AnswerFinder(ask).feed(ask) == ask[1:-2]
    echoing = AnswerFinder(ask, is_echoed=True)
    assert echoing.feed(ask) is None
    assert echoing.feed(ask) == ask[1:-2]


def test_an_exception_is_an_answer() -> None:
    assert AnswerFinder(ASK).feed(bytes.fromhex("018402c2c1")) == b"\x84\x02"


@pytest.mark.parametrize(
    "other",
    ["010404436633341b39", "0204044366333369fa", "010304436633335b4d", "010404436633331b"],
)
def test_a_damaged_answer_and_those_of_others_are_none(other: str) -> None:
    """A wrong checksum, another unit, another function, the last byte missing."""
    assert AnswerFinder(ASK).feed(bytes.fromhex(other)) is None


def test_a_unit_that_is_asked_by_the_address_of_all_says_its_own() -> None:
    ask = rtu_frame(0xF8, read_request(4, 0, 2))

    assert AnswerFinder(ask).feed(ANSWER) == PDU


def test_a_line_that_never_stops_costs_no_memory() -> None:
    finder = AnswerFinder(ASK)
    for _ in range(50):
        finder.feed(b"\x01\x04\xff" * 1000)

    assert finder.received == MAX_NOISE
    assert finder.feed(ANSWER) == PDU


@settings(max_examples=60)
@given(st.binary(max_size=60), st.integers(1, 20))
def test_an_answer_is_found_however_it_is_cut_and_whatever_comes_before(
    before: bytes, size: int
) -> None:
    stream = before + ANSWER
    finder = AnswerFinder(ASK)
    found = [finder.feed(stream[at : at + size]) for at in range(0, len(stream), size)]

    assert PDU in found
