"""``sim://NAME`` for pyserial: a simulated port with any format and with modem lines.

NAME is that of the bus in the device file, or the path of its port (``sim:///dev/ttyUSB0``).
``serial_for_url`` finds this module by its name while a board with serial ports is up. What a pty
cannot have works here: 5 to 8 bits, parity, modem lines; a format that is not that of the
instruments garbles what passes. Reads wait in the time of the board, so that in virtual time a
time-out costs nothing. There is no descriptor, so code that needs ``fileno`` wants the pty.

While one is open, what instruments say goes to it and not to the pty.
"""

from __future__ import annotations

import errno
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from serial.serialutil import (
    PortNotOpenError,
    SerialBase,
    SerialException,
    SerialTimeoutException,
)

from wampedge_simulator.seams.line_format import LineFormat
from wampedge_simulator.seams.serial import SimulatedSerialPort
from wampedge_simulator.seams.serial_urls import find_port

__all__ = ["MAX_WAITING", "Serial"]

MAX_WAITING = 65_536
"""Bytes that wait to be read; what comes then is lost, as in the kernel."""


class Serial(SerialBase):
    """A simulated port; opened and closed by whoever drives the instrument, on any one thread."""

    BAUDRATES = SerialBase.BAUDRATES
    _line: SimulatedSerialPort | None = None

    def open(self) -> None:
        """Open the port; raises SerialException where there is none, or it is unplugged or open."""
        if self.port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        parts = urlsplit(self.port)
        line = find_port(parts.netloc or parts.path)
        if line is None or not line.is_open:
            raise _open_error(self.port, errno.ENOENT)
        self._arrived = bytearray()
        self._news = threading.Condition()
        self._gone = False
        if not line.attach(self):
            raise _open_error(self.port, errno.EBUSY)
        self._line = line
        self.is_open = True
        self._reconfigure_port()
        self._tell_lines()

    def close(self) -> None:
        """Close the port; twice is once."""
        if self.is_open:
            self.is_open = False
            if self._line is not None:
                self._line.detach(self)

    def deliver(self, said: bytes) -> None:
        """Take what instruments say; for the port."""
        with self._news:
            self._arrived += said[: MAX_WAITING - len(self._arrived)]
            self._news.notify_all()

    def vanish(self) -> None:
        """Notice that the plug was pulled; for the port."""
        with self._news:
            self._gone = True
            self._news.notify_all()

    @property
    def in_waiting(self) -> int:
        """How many bytes wait; a plain OSError once it is unplugged, as from the kernel."""
        line = self._opened()
        if self._gone:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        line.catch_up()
        return len(self._arrived)

    def read(self, size: int = 1) -> bytes:
        """Read up to *size* bytes, waiting for the time-out at most; raises SerialException."""
        line = self._opened()
        if not line.wait(
            self._news, lambda: self._gone or len(self._arrived) >= size, self.timeout
        ):
            raise SerialException(f"nothing is scheduled to be said on {self.port}")
        if self._gone and len(self._arrived) < size:
            raise SerialException(
                "device reports readiness to read but returned no data"
                " (device disconnected or multiple access on port?)"
            )
        with self._news:
            taken = bytes(self._arrived[:size])
            del self._arrived[:size]
        return taken

    def write(self, content: Any) -> int:
        """Send bytes; raises SerialException, SerialTimeoutException."""
        line, sent = self._opened(), bytes(content)
        if self._gone:
            raise SerialException(errno.EIO, f"write failed: {_text(errno.EIO)}")
        if self.rtscts and not line.inputs["cts"]:
            if self.write_timeout:
                line.spend(self.write_timeout)
            raise SerialTimeoutException("Write timeout")
        line.hear(sent)
        return len(sent)

    def flush(self) -> None:
        """Do nothing: what is written has been sent."""
        self._opened()

    def reset_input_buffer(self) -> None:
        """Forget what waits."""
        self._opened().catch_up()
        with self._news:
            self._arrived.clear()

    def reset_output_buffer(self) -> None:
        """Do nothing: what is written has been sent."""
        self._opened()

    @property
    def out_waiting(self) -> int:
        """Nothing waits to be sent."""
        self._opened()
        return 0

    @property
    def cts(self) -> bool:
        """Whether the other end is ready to be sent to."""
        return self._opened().inputs["cts"]

    @property
    def dsr(self) -> bool:
        """Whether the other end is there."""
        return self._opened().inputs["dsr"]

    @property
    def ri(self) -> bool:
        """Whether it rings."""
        return self._opened().inputs["ri"]

    @property
    def cd(self) -> bool:
        """Whether there is a carrier."""
        return self._opened().inputs["cd"]

    def _reconfigure_port(self) -> None:
        if self._line is not None:
            stop_bits, parity = float(self.stopbits), str(self.parity)
            format_ = LineFormat(int(self.baudrate), int(self.bytesize), parity, stop_bits)
            self._line.node_format = format_

    def _update_rts_state(self) -> None:
        self._tell_lines()

    def _update_dtr_state(self) -> None:
        self._tell_lines()

    def _update_break_state(self) -> None:
        """Do nothing: no instrument of ours knows a break."""

    def _tell_lines(self) -> None:
        if self._line is not None:
            self._line.tell_outputs(rts=bool(self.rts), dtr=bool(self.dtr))

    def _opened(self) -> SimulatedSerialPort:
        if not self.is_open or self._line is None:
            raise PortNotOpenError
        return self._line


def _open_error(url: str, number: int) -> SerialException:
    return SerialException(number, f"could not open port {url}: {_text(number)}")


def _text(number: int) -> str:
    return f"[Errno {number}] {os.strerror(number)}"
