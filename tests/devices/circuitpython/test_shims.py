"""The modules of a microcontroller over our buses."""

from __future__ import annotations

import pytest

from wampedge.devices.circuitpython.shims import ByteStream, SpiShim, UartShim
from wampedge_simulator.clock import SteppedClock


def test_what_is_written_and_then_read_is_one_transfer() -> None:
    seen: list[bytes] = []

    def exchange(data: bytes) -> bytes:
        seen.append(data)
        return bytes(range(len(data)))

    spi = SpiShim(exchange, mode=1)
    answer = bytearray(3)
    spi.configure(baudrate=500_000, polarity=0, phase=1)
    spi.write(b"\x01")
    spi.readinto(answer)
    spi.unlock()

    assert seen == [b"\x01\x00\x00\x00"]
    assert answer == b"\x01\x02\x03"
    assert spi.frequency == 500_000


def test_what_is_only_written_is_sent_when_the_chip_is_let_go() -> None:
    seen: list[bytes] = []

    def exchange(data: bytes) -> bytes:
        seen.append(data)
        return data

    spi = SpiShim(exchange, mode=0)

    spi.write(b"\x80\x42")
    assert seen == []
    spi.unlock()

    assert seen == [b"\x80\x42"]


def test_another_mode_than_that_of_the_file_is_refused_with_the_line_to_write() -> None:
    spi = SpiShim(lambda data: data, mode=0)

    with pytest.raises(ValueError, match="write spi_mode = 3"):
        spi.configure(polarity=1, phase=1)


def test_a_port_gives_what_came_and_waits_no_longer_than_its_time_out() -> None:
    stream, clock = ByteStream(), SteppedClock()
    uart = UartShim(stream, lambda _: None, clock)
    stream.feed(b"ab\ncd")

    assert uart.in_waiting == 5
    assert uart.readline() == b"ab\n"
    assert uart.read(4) == b"cd"
    assert clock.monotonic() == pytest.approx(1.0, abs=0.02)
    assert uart.read(1) is None


def test_a_port_that_nobody_reads_keeps_the_newest_half_kibibyte() -> None:
    stream = ByteStream()

    for count in range(100):
        stream.feed(bytes([count]) * 10)

    assert len(stream) == 512
    assert stream.take(1000).endswith(bytes([99]) * 10)
