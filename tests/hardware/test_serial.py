"""Serial ports over a real pty, through pyserial."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
import termios
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from wampedge.devices.contracts import SerialSettings
from wampedge.errors import BusBusyError, BusError, HardwareError
from wampedge.hardware.serial import MAX_PENDING, PyserialPort, holder_of


class Wire:
    """A pty: the test holds the far end, the port opens the near one by its path."""

    def __init__(self) -> None:
        self.far, near = os.openpty()
        tty.setraw(self.far)
        os.set_blocking(self.far, False)
        self.path = os.ttyname(near)
        os.close(near)

    def unplug(self) -> None:
        if self.far >= 0:
            os.close(self.far)
            self.far = -1

    async def received(self, count: int) -> bytes:
        """Return what the port sends, once it is *count* bytes."""
        loop, data = asyncio.get_running_loop(), b""
        while len(data) < count:
            ready = loop.create_future()
            loop.add_reader(self.far, ready.set_result, None)
            try:
                await ready
            finally:
                loop.remove_reader(self.far)
            data += os.read(self.far, 65536)
        return data


class Ear:
    """Hears what a port hands on."""

    def __init__(self) -> None:
        self.data = b""
        self.lost: list[Exception] = []
        self.news = asyncio.Event()

    def on_bytes(self, data: bytes) -> None:
        assert data
        self.data += data
        self.news.set()

    def on_lost(self, error: Exception) -> None:
        self.lost.append(error)
        self.news.set()

    async def heard(self, count: int) -> bytes:
        while len(self.data) < count:
            await self.news.wait()
            self.news.clear()
        return self.data


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.unplug()


@asynccontextmanager
async def opened(path: str, **settings: int | str) -> AsyncIterator[tuple[PyserialPort, Ear]]:
    port, ear = PyserialPort(SerialSettings(path, **settings)), Ear()  # type: ignore[arg-type] # one test, one setting
    port.listen(ear.on_bytes, ear.on_lost)
    try:
        yield port, ear
    finally:
        port.close()


async def test_bytes_arrive_and_leave_unchanged(wire: Wire) -> None:
    every_byte = bytes(range(256))
    async with opened(wire.path) as (port, ear):
        os.write(wire.far, every_byte)
        assert await ear.heard(256) == every_byte

        await port.write(every_byte)
        assert await wire.received(256) == every_byte
    assert port.name == wire.path


async def test_the_speed_is_the_one_of_the_settings(wire: Wire) -> None:
    async with opened(wire.path, baud=115200):
        assert termios.tcgetattr(wire.far)[5] == termios.B115200


async def test_an_unplugged_port_is_told_once(wire: Wire) -> None:
    """ROBUSTNESS.md B2: unplug."""
    async with opened(wire.path) as (port, ear):
        wire.unplug()
        await ear.news.wait()

        with pytest.raises(BusError, match="is closed"):
            await port.write(b"x")
        port.close()

    assert [type(error) for error in ear.lost] == [BusError]


async def test_writing_to_an_unplugged_port_is_a_bus_error(wire: Wire) -> None:
    port, ear = PyserialPort(SerialSettings(wire.path)), Ear()
    wire.unplug()

    with pytest.raises(BusError) as caught:
        await port.write(b"x")

    assert caught.value.errno == 5
    port.close()
    assert ear.lost == []


async def test_a_port_that_is_closed_says_nothing_of_loss(wire: Wire) -> None:
    async with opened(wire.path) as (port, ear):
        port.close()
        port.close()
        port.listen(ear.on_bytes, ear.on_lost)
    assert ear.lost == []


async def test_a_port_can_be_opened_again(wire: Wire) -> None:
    for _ in range(2):
        async with opened(wire.path) as (_, ear):
            os.write(wire.far, b"hello")
            assert await ear.heard(5) == b"hello"


async def test_what_the_device_does_not_take_waits_in_order_and_is_bounded(wire: Wire) -> None:
    async with opened(wire.path) as (port, _):
        filler = asyncio.create_task(port.write(b"a" * MAX_PENDING))
        await asyncio.sleep(0)
        assert not filler.done()
        with pytest.raises(BusBusyError, match="16384 bytes wait to be sent already"):
            await port.write(b"b")

        taken = await wire.received(MAX_PENDING)
        await filler
        first, second = port.write(b"c" * 3000), port.write(b"d" * 3000)
        both = asyncio.gather(first, second)
        taken += await wire.received(6000)
        await both

    assert taken == b"a" * MAX_PENDING + b"c" * 3000 + b"d" * 3000


async def test_a_write_that_is_given_up_frees_its_place(wire: Wire) -> None:
    async with opened(wire.path) as (port, _):
        filler = asyncio.create_task(port.write(b"a" * MAX_PENDING))
        await asyncio.sleep(0)
        filler.cancel()
        with pytest.raises(asyncio.CancelledError):
            await filler
        while True:
            try:
                os.read(wire.far, 65536)
            except BlockingIOError:
                break

        await port.write(b"b" * 100)

        assert b"b" * 100 in await wire.received(100)


async def test_a_port_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="there is no such port; is it plugged in"):
        PyserialPort(SerialSettings(str(tmp_path / "ttyUSB0")))


async def test_a_file_is_no_port(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()

    with pytest.raises(HardwareError, match=f"{path} cannot be opened"):
        PyserialPort(SerialSettings(str(path)))


async def test_a_format_the_port_cannot_do_is_told(wire: Wire) -> None:
    with pytest.raises(HardwareError, match="cannot be set to 9600 baud 9N1"):
        PyserialPort(SerialSettings(wire.path, bits=9))


async def test_a_second_opener_of_this_node_is_refused(wire: Wire) -> None:
    async with opened(wire.path):
        with pytest.raises(HardwareError, match="it is in use by another program"):
            PyserialPort(SerialSettings(wire.path))


HOLD = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); input()"


@asynccontextmanager
async def held(path: str) -> AsyncIterator[int]:
    """Have another program open *path*, without a lock, as most programs do."""
    command = [sys.executable, "-c", HOLD, path]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.communicate()


async def test_a_port_that_another_program_uses_names_that_program(wire: Wire) -> None:
    """PEERS.md: busy serial port."""
    async with held(wire.path) as pid:
        holder = holder_of(wire.path)

        with pytest.raises(HardwareError, match=rf"is in use by python\S* \(pid {pid}\)"):
            PyserialPort(SerialSettings(wire.path))

    assert holder.endswith(f"(pid {pid})")
    assert holder_of(wire.path) == ""


async def test_a_link_to_the_port_is_followed(wire: Wire, tmp_path: Path) -> None:
    link = tmp_path / "by-id"
    link.symlink_to(wire.path)
    async with held(wire.path) as pid:
        assert holder_of(str(link)).endswith(f"(pid {pid})")


async def test_the_mark_that_keeps_others_out_is_taken_off_again(wire: Wire) -> None:
    async with opened(wire.path):
        pass
    near = os.open(wire.path, os.O_RDWR | os.O_NOCTTY)
    try:
        is_exclusive = fcntl.ioctl(near, 0x80045440, b"\0" * 4)  # TIOCGEXCL
    finally:
        os.close(near)

    assert is_exclusive == b"\0" * 4
