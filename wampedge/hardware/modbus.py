"""Modbus lines (RTU over pyserial) and connections (TCP), one request at a time.

Both wait on the thread of the bus worker. Where the worker runs inline, in virtual time, a unit
pauses instead: then the other end, served by the same event loop, gets its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from wampedge.devices.abandonment import stop_if_abandoned
from wampedge.devices.contracts import Clock, ModbusSettings, SerialSettings
from wampedge.devices.modbus.mbap import MbapFrames, mbap_frame
from wampedge.devices.modbus.offline import Attendance, OfflinePolicy
from wampedge.devices.modbus.rtu import AnswerFinder, rtu_frame, silence_s
from wampedge.devices.worker import pause
from wampedge.errors import BusError, BusTimeoutError, HardwareError
from wampedge.hardware.serial import open_port

__all__ = ["RtuLine", "TcpConnection", "Wait"]

_CHUNK: Final = 4096
_MAX_FLUSHED: Final = 65_536
"""Bytes thrown away before a request at most; a line that never stops talking is no use anyway."""
_FIRST_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.01
_BITS_PER_CHARACTER: Final = 11
_CLOSE_ENOUGH_S: Final = 1e-9


class Wait:
    """How a bus waits: on the thread of its worker, or, inline on the event loop, by pausing.

    Args:
        clock: the node's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def readable(self, descriptor: int, timeout_s: float) -> bool:
        """Wait until *descriptor* has something to read; return False after *timeout_s*."""
        if not _is_on_loop():
            return _is_readable(descriptor, timeout_s)
        end_s, pause_s = self._clock.monotonic() + timeout_s, _FIRST_PAUSE_S
        while not _is_readable(descriptor, 0.0):
            left_s = end_s - self._clock.monotonic()
            if left_s <= _CLOSE_ENOUGH_S:
                return False
            await pause(min(pause_s, left_s))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return True

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        if _is_on_loop():
            await pause(seconds)
        else:
            self._clock.spend(seconds)


class RtuLine:
    """One serial line with units on it; opened when it is first used and again after it vanished.

    Used by the worker of the bus only; ``close`` also when that has ended.

    Args:
        serial: asked for the settings of the port each time it is opened.
        settings: how units are asked.
        clock: the node's clock.
    """

    def __init__(
        self,
        serial: Callable[[], SerialSettings],
        settings: ModbusSettings,
        clock: Clock,
    ) -> None:
        self.name = "modbus line"
        self._serial = serial
        self._settings = settings
        self._clock = clock
        self._wait = Wait(clock)
        self._attendance = Attendance(_policy(settings))
        self._port: _Port | None = None
        self._has_echo = False
        self._quiet_since_s = clock.monotonic()
        self._counts: Counter[str] = Counter()

    def open(self) -> None:
        """Open the port now; raises HardwareError."""
        if self._port is None:
            settings = self._serial()
            self.name = settings.port
            self._port = _Port(settings)

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Send a request and return its answer; raises BusTimeoutError, BusError."""
        self._attendance.admit(unit_id, self._clock.monotonic())
        try:
            self.open()
        except HardwareError as error:
            raise BusError(str(error), errno=errno.ENODEV) from error
        assert self._port is not None, "open raises when it cannot open"
        request = rtu_frame(unit_id, pdu)
        finder = AnswerFinder(request, is_echoed=self._has_echo, own_size=own_size)
        try:
            await self._send(self._port, request)
            answer = await self._receive(self._port, finder, len(request))
        except OSError as error:
            self.close()
            raise BusError(f"{self.name} is gone: {error.strerror}", errno=error.errno) from error
        self._quiet_since_s = self._clock.monotonic()
        self._has_echo = self._has_echo or finder.has_echo
        if answer is None:
            raise self._silence(unit_id, finder)
        self._attendance.note_answer(unit_id)
        self._counts["noise_bytes"] += finder.noise
        return answer

    def health(self) -> dict[str, Any]:
        """Return what went wrong on the line so far, and which units are offline."""
        return {**self._counts, "offline": self._attendance.offline_units()}

    def close(self) -> None:
        """Close the port; the next request opens it again."""
        port, self._port = self._port, None
        if port is not None:
            port.close()

    async def _send(self, port: _Port, request: bytes) -> None:
        """Wait for the silence before a frame, throw away what came meanwhile, and send."""
        gap_s = self._settings.gap_s or silence_s(port.baud)
        left_s = self._quiet_since_s + gap_s - self._clock.monotonic()
        if left_s > 0:
            await self._wait.sleep(left_s)
        stop_if_abandoned()
        self._counts["noise_bytes"] += port.flush()
        port.write(request)

    async def _receive(self, port: _Port, finder: AnswerFinder, sent: int) -> bytes | None:
        """Return the answer, or None when the time for it is over."""
        # The time a unit has starts when the request has left the port, which takes a while.
        on_wire_s = sent * _BITS_PER_CHARACTER / port.baud
        end_s = self._clock.monotonic() + on_wire_s + self._settings.timeout_s
        while (left_s := end_s - self._clock.monotonic()) > _CLOSE_ENOUGH_S:
            if await self._wait.readable(port.descriptor, left_s):
                answer = finder.feed(port.read())
                if answer is not None:
                    return answer
        return None

    def _silence(self, unit_id: int, finder: AnswerFinder) -> BusError:
        """Note that there was no answer; return what to raise."""
        if finder.received:
            self._counts["noise_bytes"] += finder.received
            self._counts["damaged"] += 1
            self._attendance.note_silence(unit_id, self._clock.monotonic())
            text = f"{self.name} unit {unit_id}: {finder.received} bytes came that are no answer"
            return BusError(f"{text} (noise, wrong speed or parity, or two units of one number?)")
        self._attendance.note_silence(unit_id, self._clock.monotonic())
        text = f"{self.name} unit {unit_id} does not answer within {self._settings.timeout_s:g} s"
        return BusTimeoutError(text, errno=errno.ETIMEDOUT)


class TcpConnection:
    """One connection to a unit or gateway; made when it is first used and again after it broke.

    Used by the worker of the bus only; ``close`` also when that has ended.

    Args:
        peer: asked where to connect to each time.
        settings: how units are asked.
        clock: the node's clock.
    """

    def __init__(
        self,
        peer: Callable[[], ModbusSettings],
        settings: ModbusSettings,
        clock: Clock,
    ) -> None:
        self.name = f"{settings.host}:{settings.port}"
        self._peer = peer
        self._settings = settings
        self._clock = clock
        self._wait = Wait(clock)
        self._attendance = Attendance(_policy(settings))
        self._socket: socket.socket | None = None
        self._frames = MbapFrames()
        self._transaction = 0
        self._counts: Counter[str] = Counter()

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Send a request and return its answer; raises BusTimeoutError, BusError."""
        self._attendance.admit(unit_id, self._clock.monotonic())
        try:
            connection = self._connected()
            stop_if_abandoned()
            self._transaction = self._transaction % 0xFFFF + 1
            connection.sendall(mbap_frame(self._transaction, unit_id, pdu))
            answer = await self._receive(connection, unit_id)
        except OSError as error:
            self.close()
            self._attendance.note_silence(unit_id, self._clock.monotonic())
            raise BusError(f"{self.name}: {error.strerror or error}", errno=error.errno) from error
        except BusError:
            self.close()
            raise
        if answer is None:
            self._attendance.note_silence(unit_id, self._clock.monotonic())
            text = f"{self.name} unit {unit_id} does not answer"
            raise BusTimeoutError(
                f"{text} within {self._settings.timeout_s:g} s", errno=errno.ETIMEDOUT
            )
        self._attendance.note_answer(unit_id)
        return answer

    def health(self) -> dict[str, Any]:
        """Return what went wrong on the connection so far, and which units are offline."""
        return {**self._counts, "offline": self._attendance.offline_units()}

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        connection, self._socket = self._socket, None
        self._frames = MbapFrames()
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _connected(self) -> socket.socket:
        """Return the connection, made now where there is none; raises OSError."""
        if self._socket is None:
            peer = self._peer()
            self._socket = socket.create_connection(
                (peer.host or "", peer.port), timeout=self._settings.timeout_s
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._counts["connections"] += 1
        return self._socket

    async def _receive(self, connection: socket.socket, unit_id: int) -> bytes | None:
        end_s = self._clock.monotonic() + self._settings.timeout_s
        while (left_s := end_s - self._clock.monotonic()) > _CLOSE_ENOUGH_S:
            if not await self._wait.readable(connection.fileno(), left_s):
                continue
            received = connection.recv(_CHUNK)
            if not received:
                raise ConnectionResetError(errno.ECONNRESET, "the other end hung up")
            for transaction, unit, pdu in self._frames.feed(received):
                if transaction == self._transaction and unit in (unit_id, 0):
                    return pdu
                self._counts["late"] += 1  # the answer to a request that was given up
        return None


class _Port:
    """An open serial port, read without blocking."""

    def __init__(self, settings: SerialSettings) -> None:
        self.baud = settings.baud
        self._serial = open_port(settings)
        self.descriptor: int = self._serial.fileno()
        os.set_blocking(self.descriptor, False)

    def read(self) -> bytes:
        """Return what has arrived; raises OSError when the port is gone."""
        try:
            received = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return b""
        if not received:
            raise OSError(errno.ENODEV, "the port is gone")
        return received

    def flush(self) -> int:
        """Throw away what has arrived; return how much that was; raises OSError."""
        flushed = 0
        while flushed < _MAX_FLUSHED and _is_readable(self.descriptor, 0.0):
            flushed += len(self.read())
        return flushed

    def write(self, data: bytes) -> None:
        """Send *data*; raises OSError when the port is gone or takes nothing."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]

    def close(self) -> None:
        """Close the port."""
        with contextlib.suppress(OSError):
            self._serial.close()


def _policy(settings: ModbusSettings) -> OfflinePolicy:
    return OfflinePolicy(settings.offline_after, settings.offline_retry_s)


def _is_readable(descriptor: int, timeout_s: float) -> bool:
    """Say whether there is something to read, or the other end is gone; ``select`` ends at 1024."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(1000.0 * timeout_s))


def _is_on_loop() -> bool:
    """Say whether this runs on an event loop, which must not be blocked."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
