"""What one end of a serial line makes of the other; bits drawn by hand, lowest first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.contracts import SerialSettings
from wampedge_simulator.seams.line_format import LineFormat, as_received

DEFAULT = LineFormat()
SEVEN_EVEN = LineFormat(bits=7, parity="E")
FORMATS = st.builds(
    LineFormat,
    st.sampled_from([300, 9600, 19200, 115200]),
    st.sampled_from([7, 8]),
    st.sampled_from("NEO"),
    st.sampled_from([1, 2]),
)


def test_a_format_is_that_of_the_settings_and_says_itself_as_people_do() -> None:
    settings_ = SerialSettings("/dev/ttyUSB0", baud=9600, bits=7, parity="E")

    assert LineFormat.of(settings_) == SEVEN_EVEN
    assert str(SEVEN_EVEN) == "9600 baud 7E1"


@pytest.mark.parametrize(
    ("line_format", "bits"),
    [(DEFAULT, 10), (SEVEN_EVEN, 10), (LineFormat(parity="O", stop_bits=2), 12)],
)
def test_a_byte_lasts_as_long_as_its_bits(line_format: LineFormat, bits: int) -> None:
    assert line_format.frame_s == pytest.approx(bits / 9600)


@given(content=st.binary(max_size=20), line_format=FORMATS)
@settings(max_examples=30)
def test_two_ends_that_agree_understand_each_other(content: bytes, line_format: LineFormat) -> None:
    heard = as_received(content, line_format, line_format)

    assert heard == bytes(byte & (1 << line_format.bits) - 1 for byte in content)


def test_even_parity_is_the_eighth_bit_of_who_expects_none() -> None:
    """A (0x41) has two ones and C (0x43) three."""
    assert as_received(b"AC", SEVEN_EVEN, DEFAULT) == b"\x41\xc3"


def test_odd_parity_is_the_other_one() -> None:
    assert as_received(b"AC", LineFormat(bits=7, parity="O"), DEFAULT) == b"\xc1\x43"


def test_who_expects_parity_loses_the_eighth_bit() -> None:
    assert as_received(b"\xc3A", DEFAULT, SEVEN_EVEN) == b"\x43\x41"


def test_a_receiver_of_twice_the_speed_sees_each_bit_twice() -> None:
    """0xF0 is five low bits: ten of the receiver, so eight zeros and no stop bit."""
    assert as_received(b"\xf0", DEFAULT, LineFormat(19200)) == b"\x00"


def test_a_receiver_of_half_the_speed_sees_every_other_bit() -> None:
    """0x00 is nine low bits: sampled at 3, 5 and 7 they are low, from 9 on the line is high."""
    assert as_received(b"\x00", DEFAULT, LineFormat(4800)) == b"\xf8"


def test_a_strict_end_drops_what_has_a_wrong_parity_or_stop_bit() -> None:
    """As 7E1 the eighth bit is the parity: 0 of 0x41 (two ones) is right, 0 of 0x43 is not."""
    assert as_received(b"AC", DEFAULT, SEVEN_EVEN, is_strict=True) == b"A"
    assert as_received(b"\xf0", DEFAULT, LineFormat(19200), is_strict=True) == b""


def test_a_low_too_short_for_a_start_bit_is_none() -> None:
    """0xFF is one low bit, over before the middle of a bit of 1200 baud."""
    assert as_received(b"\xff", DEFAULT, LineFormat(1200)) == b""


@given(content=st.binary(max_size=12), sender=FORMATS, receiver=FORMATS)
@settings(max_examples=40)
def test_garbage_is_the_same_each_time_and_bounded(
    content: bytes, sender: LineFormat, receiver: LineFormat
) -> None:
    heard = as_received(content, sender, receiver)

    assert heard == as_received(content, sender, receiver)
    falling_edges = 5 * len(content)  # of a byte whose bits alternate
    assert len(heard) <= falling_edges
