"""Serial ports through pyserial, read on the event loop without a thread.

A port is ours alone: it is locked when opened, and a program that has it open already is named.
What cannot be sent is bounded. When a port vanishes that is said once; opening it again is left to
the runtime.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import termios
from pathlib import Path
from typing import Any

import serial

from wampedge.devices.contracts import OnBytes, OnLost, SerialSettings
from wampedge.errors import BusBusyError, BusError, HardwareError

__all__ = ["MAX_PENDING", "PyserialPort", "holder_of", "open_port"]

MAX_PENDING = 16_384
"""Bytes that may wait to be sent; a device that takes nothing must not cost memory."""

_CHUNK = 4096


class PyserialPort:
    """One open serial port; made, used and closed on the event loop.

    Args:
        settings: how to open it.

    Raises:
        HardwareError: it cannot be opened, with what to do about it.
    """

    def __init__(self, settings: SerialSettings) -> None:
        self._serial = open_port(settings)
        self.name = str(self._serial.port)
        self._descriptor: int = self._serial.fileno()
        os.set_blocking(self._descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._on_bytes: OnBytes | None = None
        self._on_lost: OnLost | None = None
        self._turn = asyncio.Lock()
        self._pending = 0
        self._is_open = True

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        """Hand what arrives to *on_bytes*; say once to *on_lost* that the port is gone."""
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        if self._is_open:
            self._loop.add_reader(self._descriptor, self._read)

    async def write(self, data: bytes) -> None:
        """Send *data*, waiting while the port is busy.

        Raises:
            BusBusyError: too much waits to be sent already.
            BusError: the port is gone.
        """
        if self._pending + len(data) > MAX_PENDING:
            raise BusBusyError(f"{self.name}: {self._pending} bytes wait to be sent already")
        self._pending += len(data)
        try:
            async with self._turn:
                await self._send(memoryview(data))
        finally:
            self._pending -= len(data)

    def close(self) -> None:
        """Close the port; says nothing to ``on_lost``."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        # The mark outlives us on a port that another end keeps alive (a pty), so it is taken off.
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._descriptor, termios.TIOCNXCL)
        with contextlib.suppress(OSError, termios.error, serial.SerialException):
            self._serial.close()

    async def _send(self, rest: memoryview) -> None:
        while rest:
            if not self._is_open:
                raise BusError(f"{self.name} is closed", errno=errno.ENODEV)
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                lost = BusError(f"{self.name}: {error.strerror}", errno=error.errno)
                self._lose(lost)
                raise lost from error

    async def _writable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_writer(self._descriptor, _settle, ready)
        try:
            await ready
        finally:
            if self._is_open:
                self._loop.remove_writer(self._descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(BusError(f"{self.name}: {error.strerror}", errno=error.errno))
            return
        if not data:
            self._lose(BusError(f"{self.name}: the port is gone", errno=errno.ENODEV))
        elif self._on_bytes is not None:
            self._on_bytes(data)

    def _lose(self, error: BusError) -> None:
        on_lost, self._on_lost = self._on_lost, None
        self.close()
        if on_lost is not None:
            on_lost(error)


def holder_of(path: str, proc: Path = Path("/proc")) -> str:
    """Return which other program has *path* open, such as ``minicom (pid 812)``, or "".

    Sees the programs of other users only with the rights to look into them.
    """
    target, own = os.path.realpath(path), str(os.getpid())
    try:
        wanted = Path(target).stat()
    except OSError:
        return ""
    for process in proc.iterdir():
        if not process.name.isdigit() or process.name == own:
            continue
        with contextlib.suppress(OSError), os.scandir(process / "fd") as links:
            for link in links:
                if os.readlink(link.path) != target:  # noqa: PTH115 # runs for every descriptor there is
                    continue
                # In a container the same name is another file.
                if os.path.samestat(os.stat(link.path), wanted):  # noqa: PTH116 # as above
                    name = (process / "comm").read_text(errors="replace").strip()
                    return f"{name} (pid {process.name})"
    return ""


def open_port(settings: SerialSettings) -> Any:
    """Open the port exclusively and without waiting for bytes; raises HardwareError.

    Where the settings say what to look for instead of a name, it is looked for now.
    """
    port = settings.port
    if settings.match is not None:
        from wampedge.hardware.ports import find_port  # noqa: PLC0415 # few ports are looked for

        port = find_port(settings.match)
    if "://" not in port and (holder := holder_of(port)):
        raise HardwareError(f"{port} is in use by {holder}; stop it or give it another port")
    try:
        opened = serial.serial_for_url(
            port,
            baudrate=settings.baud,
            bytesize=settings.bits,
            parity=settings.parity,
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except serial.SerialException as error:
        raise HardwareError(f"{port} cannot be opened: {_advice(error, port)}") from error
    except (ValueError, OSError, termios.error) as error:
        wanted = f"{settings.baud} baud {settings.bits}{settings.parity}{settings.stop_bits}"
        raise HardwareError(f"{port} cannot be set to {wanted}: {error}") from error
    # The lock of pyserial holds off programs that lock; this holds off all others but root.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        fcntl.ioctl(opened.fileno(), termios.TIOCEXCL)
    return opened


def _advice(error: serial.SerialException, port: str) -> str:
    number = error.errno
    if number == errno.ENOENT:
        return (
            "there is no such port; is it plugged in? `ls /dev/serial/by-id` lists those there are"
        )
    if number in {errno.EACCES, errno.EPERM}:
        return "no right to use it; add the user to its group: `sudo usermod -aG dialout $USER`"
    if number in {errno.EAGAIN, errno.EBUSY}:
        return f"it is in use by {holder_of(port) or 'another program'}"
    return str(error)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
