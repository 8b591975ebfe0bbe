"""pyserial, unmodified, on the ptys of a simulated board."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import serial

from tests.support.virtual import virtual
from wampedge.devices.contracts import SerialSettings
from wampedge_simulator.seams.serial import SimulatedSerialPort

SETTINGS = SerialSettings("/dev/ttyUSB0", baud=19200, bits=7, parity="E", stop_bits=2)


class Echo:
    """Answers with what it got; says "tick" every *period_s*."""

    def __init__(self, period_s: float | None = None) -> None:
        self.period_s = period_s
        self.next_at = period_s
        self.heard = b""

    def receive(self, sent: bytes) -> bytes:
        self.heard += sent
        return sent.upper()

    def due_at(self) -> float | None:
        return self.next_at

    def speak(self) -> bytes:
        assert self.next_at is not None
        assert self.period_s is not None
        self.next_at += self.period_s
        return b"tick\n"


def open_port(*instruments: Echo) -> tuple[SimulatedSerialPort, serial.Serial]:
    port = SimulatedSerialPort("usb", instruments, asyncio.get_running_loop())
    port.open()
    opened = serial.serial_for_url(port.settings(SETTINGS).port, baudrate=19200, timeout=0)
    assert isinstance(opened, serial.Serial)
    return port, opened


async def arrives(opened: serial.Serial, is_enough: Callable[[bytes], bool]) -> bytes:
    """Read on the event loop until there is enough."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    received = b""

    def read() -> None:
        nonlocal received
        received += opened.read(4096)
        if is_enough(received):
            done.set()

    loop.add_reader(opened.fileno(), read)
    try:
        await asyncio.wait_for(done.wait(), 60)
    finally:
        loop.remove_reader(opened.fileno())
    return received


@virtual
async def test_what_is_sent_reaches_the_instrument_and_is_answered_at_once() -> None:
    echo = Echo()
    port, opened = open_port(echo)

    opened.write(b"hello\r\n\x00\x03\xff")

    assert await arrives(opened, lambda data: len(data) == 10) == b"HELLO\r\n\x00\x03\xff"
    assert echo.heard == b"hello\r\n\x00\x03\xff"
    assert asyncio.get_running_loop().time() == 0.0
    opened.close()
    port.close()


@virtual
async def test_an_instrument_speaks_at_its_own_times() -> None:
    port, opened = open_port(Echo(period_s=2.5))

    data = await arrives(opened, lambda data: data.count(b"\n") == 3)

    assert data == b"tick\n" * 3
    assert asyncio.get_running_loop().time() == 7.5
    opened.close()
    port.close()


@virtual
async def test_several_instruments_share_a_line() -> None:
    fast, slow = Echo(period_s=1.0), Echo(period_s=2.0)
    port, opened = open_port(fast, slow)

    await arrives(opened, lambda data: data.count(b"\n") == 3)
    opened.write(b"x")
    assert await arrives(opened, lambda data: len(data) >= 2) == b"XX"

    assert (fast.heard, slow.heard) == (b"x", b"x")
    opened.close()
    port.close()


@virtual
async def test_a_pty_can_be_8n1_only_and_keeps_the_speed() -> None:
    port, opened = open_port(Echo())
    settings = port.settings(SETTINGS)

    assert settings.port.startswith("/dev/pts/")
    assert (settings.baud, settings.bits, settings.parity, settings.stop_bits) == (19200, 8, "N", 1)
    opened.close()
    port.close()


@virtual
async def test_what_nobody_reads_is_lost_and_blocks_nobody() -> None:
    class Chatterbox(Echo):
        def speak(self) -> bytes:
            super().speak()
            return b"x" * 4000

    port, opened = open_port(Chatterbox(period_s=0.001))

    await asyncio.sleep(1)

    opened.close()
    port.close()


@virtual
async def test_a_wake_up_without_bytes_does_no_harm() -> None:
    echo = Echo()
    port, opened = open_port(echo)

    port._read()

    assert echo.heard == b""
    opened.close()
    port.close()


@virtual
async def test_pulling_the_plug_is_seen_by_who_has_the_port_open() -> None:
    port, opened = open_port(Echo())
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(opened.fileno(), gone.set)

    port.close()
    await asyncio.wait_for(gone.wait(), 1)

    asyncio.get_running_loop().remove_reader(opened.fileno())
    assert os.read(opened.fileno(), 1) == b""
    assert not port.is_open
    assert not os.path.exists(port.settings(SETTINGS).port)  # noqa: ASYNC240, PTH110  # no wait
    opened.close()


@virtual
async def test_plugging_in_again_gives_a_port_that_works() -> None:
    port, opened = open_port(Echo(period_s=1.0))
    port.close()
    opened.close()
    await asyncio.sleep(10)

    port.open()
    again = serial.serial_for_url(port.settings(SETTINGS).port, timeout=0)
    assert isinstance(again, serial.Serial)

    again.write(b"a")
    assert b"A" in await arrives(again, lambda data: b"A" in data)
    again.close()
    port.close()


def test_closing_after_the_loop_has_ended_frees_the_descriptors() -> None:
    async def main() -> SimulatedSerialPort:
        port = SimulatedSerialPort("usb", [Echo()], asyncio.get_running_loop())
        port.open()
        return port

    port = asyncio.run(main())

    port.close()
    port.close()
    assert not port.is_open
