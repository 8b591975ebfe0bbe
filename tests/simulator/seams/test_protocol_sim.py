"""pyserial, unmodified, on ``sim://`` URLs."""

from __future__ import annotations

import asyncio
import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import serial

from tests.simulator.board import fails
from tests.support.virtual import virtual
from wampedge.devices.contracts import SerialSettings, WiredDevice, Wiring
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.substrate import SimulatedSubstrate

SCALE = WiredDevice("scale", "line", bus="usb", params={})


class Slow(Part):
    """Answers a question 0.35 s later; says what it heard, and when each modem line moved."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.heard = b""
        self.modem_lines: list[tuple[bool, bool]] = []
        self._due_at: float | None = None

    def receive(self, sent: bytes) -> bytes:
        self.heard += sent
        self._due_at = self.bench.after(0.35)
        return b""

    def due_at(self) -> float | None:
        return self._due_at

    def speak(self) -> bytes:
        self._due_at = None
        return b"12.50 kg\r\n"

    def modem(self, *, rts: bool, dtr: bool) -> None:
        self.modem_lines.append((rts, dtr))


@contextmanager
def scale(**settings: Any) -> Iterator[SimulatedSubstrate]:
    wiring = Wiring(serial={"usb": SerialSettings("/dev/ttyUSB0", **settings)}, devices=(SCALE,))
    board = SimulatedSubstrate(wiring, parts={"scale": Slow})
    board.start()
    try:
        yield board
    finally:
        board.stop()


def opened(url: str = "sim://usb", **settings: Any) -> Any:
    return serial.serial_for_url(url, **{"timeout": 1.0, **settings})


def now() -> float:
    return asyncio.get_running_loop().time()


@virtual
async def test_a_question_is_answered_when_the_instrument_is_ready() -> None:
    """At 9600 baud the three bytes of the question take 3.125 ms on the line."""
    with scale() as board, opened() as port:
        assert port.write(b"W\r\n") == 3
        assert port.readline() == b"12.50 kg\r\n"

        assert board.part("scale").heard == b"W\r\n"
        assert now() == pytest.approx(0.353125)


@virtual
async def test_a_time_out_passes_in_virtual_time() -> None:
    with scale(), opened(timeout=3600.0) as port:
        assert port.read(10) == b""
        assert now() == pytest.approx(3600.0)


@virtual
async def test_what_came_in_time_is_returned_and_the_rest_waits() -> None:
    with scale(), opened() as port:
        port.write(b"W")

        assert port.read(4) == b"12.5"
        assert port.in_waiting == 6
        port.reset_input_buffer()
        assert (port.in_waiting, port.out_waiting) == (0, 0)


@virtual
async def test_a_read_that_nothing_will_end_is_an_error_and_not_a_hang() -> None:
    said = pytest.raises(serial.SerialException, match="nothing is scheduled to be said")
    with scale(), opened(timeout=None) as port, said:
        port.read(1)


@virtual
async def test_the_path_of_the_port_reaches_it_as_well() -> None:
    with scale(), opened("sim:///dev/ttyUSB0") as port:
        assert port.is_open
        port.flush()


@pytest.mark.parametrize("url", ["sim://usc", "sim:///dev/ttyUSB1"])
@virtual
async def test_a_name_that_is_none_cannot_be_opened(url: str) -> None:
    with scale(), pytest.raises(serial.SerialException, match=re.escape(url)) as caught:
        opened(url)

    assert caught.value.errno == errno.ENOENT


@virtual
async def test_a_port_that_is_open_is_busy() -> None:
    with scale(), opened(), pytest.raises(serial.SerialException) as caught:
        opened()

    assert caught.value.errno == errno.EBUSY


@virtual
async def test_once_the_board_is_gone_there_is_no_port() -> None:
    with scale():
        opened().close()
    with pytest.raises(serial.SerialException):
        opened()


@pytest.mark.parametrize(("bits", "parity"), [(7, "E"), (8, "E"), (7, "O"), (8, "N")])
@virtual
async def test_every_format_works_where_both_ends_agree(bits: int, parity: str) -> None:
    with scale(bits=bits, parity=parity), opened(bytesize=bits, parity=parity) as port:
        port.write(b"W")
        assert port.readline() == b"12.50 kg\r\n"


@virtual
async def test_a_wrong_parity_shows_in_the_eighth_bit() -> None:
    """Even parity of "1" (0x31, three ones) and "2" (0x32, three ones) is 1, of "." (0x2E) 0."""
    with scale(bits=7, parity="E"), opened() as port:
        port.write(b"W")
        assert port.read(3) == b"\xb1\xb2\x2e"


@virtual
async def test_a_wrong_speed_garbles_both_ways_and_can_be_put_right() -> None:
    with scale(baud=9600) as board, opened(baudrate=4800) as port:
        port.write(b"W")
        assert board.part("scale").heard != b"W"
        assert port.read(10) != b"12.50 kg\r\n"

        port.reset_input_buffer()
        port.baudrate = 9600
        port.write(b"W")
        assert port.readline() == b"12.50 kg\r\n"


@virtual
async def test_the_instrument_sees_rts_and_dtr() -> None:
    with scale() as board, opened() as port:
        port.rts = False
        port.dtr = False

        assert board.part("scale").modem_lines[-3:] == [(True, True), (False, True), (False, False)]


@virtual
async def test_the_node_sees_what_the_other_end_moves() -> None:
    with scale() as board, opened() as port:
        assert (port.cts, port.dsr, port.ri, port.cd) == (True, True, False, False)
        board.ports.on("usb").inputs.update(cts=False, cd=True)
        assert (port.cts, port.dsr, port.ri, port.cd) == (False, True, False, True)


@virtual
async def test_nothing_is_sent_while_the_other_end_is_not_ready() -> None:
    with scale() as board, opened(rtscts=True, write_timeout=2.0) as port:
        board.ports.on("usb").inputs["cts"] = False
        with pytest.raises(serial.SerialTimeoutException):
            port.write(b"W")

        assert (board.part("scale").heard, now()) == (b"", 2.0)


@virtual
async def test_a_port_that_is_unplugged_fails_as_a_real_one_does() -> None:
    """SIMULATOR.md D2: each of the three in its own way; another plug is another port."""
    with scale() as board, opened() as port:
        board.fault("scale", "unplug")

        with pytest.raises(serial.SerialException, match="returned no data"):
            port.read(1)
        with pytest.raises(serial.SerialException) as caught:
            port.write(b"W")
        assert caught.value.errno == errno.EIO
        with fails(errno.EIO) as plain:
            port.in_waiting  # noqa: B018 # asking is what fails
        assert not isinstance(plain.value, serial.SerialException)
        with pytest.raises(serial.SerialException) as missing:
            opened()
        assert missing.value.errno == errno.ENOENT

        board.clear("scale", "unplug")
        with pytest.raises(serial.SerialException):
            port.read(1)
        with opened() as again:
            again.write(b"W")
            assert again.readline() == b"12.50 kg\r\n"


@virtual
async def test_a_port_that_is_closed_says_so() -> None:
    with scale():
        port = opened()
        port.close()
        with pytest.raises(serial.PortNotOpenError):
            port.read(1)


def test_a_thread_waits_in_real_time_for_what_the_loop_lets_come() -> None:
    async def main() -> bytes:
        with scale(), opened(timeout=5.0) as port:
            await asyncio.to_thread(port.write, b"W")
            return await asyncio.to_thread(port.readline)

    assert asyncio.run(main()) == b"12.50 kg\r\n"
