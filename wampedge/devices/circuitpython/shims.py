"""The modules of a microcontroller as CircuitPython drivers see them, over our buses.

Only what drivers of parts use is here: buses, a chip-select pin that the kernel drives, and time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final

from wampedge.devices.abandonment import may_be_abandoned, stop_if_abandoned
from wampedge.devices.contracts import Clock
from wampedge.errors import BusError, BusTimeoutError

__all__ = ["ByteStream", "I2cShim", "Patience", "SpiShim", "UartShim", "make_time", "shim_modules"]

Transfer = Callable[[int, Sequence[bytes | int]], list[bytes]]
"""Runs one I2C transaction, as ``I2cBus.transfer`` does."""
Exchange = Callable[[bytes], bytes]
"""Sends bytes over SPI and returns as many, in one turn of chip select."""

_LOOK_S: Final = 1e-4
"""How long a look at the clock takes: who waits for a moment in a loop gets there."""
_NAP_S: Final = 0.25
"""Longer sleeps are taken in pieces, so that a driver that was given up does not sleep on."""


class Patience:
    """Ends a driver that asks its part for ever: in virtual time nothing else would."""

    limit = 20_000
    """Transactions of one call into a driver; they take seconds on any real bus."""

    def __init__(self) -> None:
        self._left = self.limit

    def renew(self) -> None:
        """Begin a new call."""
        self._left = self.limit

    def take(self) -> None:
        """Count one transaction; raises BusTimeoutError."""
        self._left -= 1
        if self._left < 0:
            raise BusTimeoutError(f"the driver came to no end within {self.limit} transactions")


class I2cShim:
    """``busio.I2C``: one bus, for whatever address the driver names.

    Args:
        transfer: runs a transaction; its BusError becomes the OSError drivers know.
    """

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer
        self.patience = Patience()

    def try_lock(self) -> bool:
        """Return True: a unit of a device has its bus for itself."""
        return True

    def unlock(self) -> None:
        """Do nothing."""

    def deinit(self) -> None:
        """Do nothing: the bus is the node's."""

    def scan(self) -> list[int]:
        """Return the addresses that answer, from 0x08 to 0x77."""
        return [address for address in range(0x08, 0x78) if self._answers(address)]

    def readfrom_into(
        self,
        address: int,
        buffer: Any,
        *,
        start: int = 0,
        end: int | None = None,
        stop: bool = True,
    ) -> None:
        """Fill ``buffer[start:end]`` with what the chip sends."""
        view = memoryview(buffer)[start:end]
        view[:] = self._run(address, [len(view)])[0]

    def writeto(
        self,
        address: int,
        buffer: Any,
        *,
        start: int = 0,
        end: int | None = None,
        stop: bool = True,
    ) -> None:
        """Send ``buffer[start:end]``."""
        data = buffer.encode() if isinstance(buffer, str) else bytes(buffer)
        self._run(address, [data[start:end]])

    def writeto_then_readfrom(  # noqa: PLR0913 # the signature drivers call
        self,
        address: int,
        buffer_out: Any,
        buffer_in: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
        stop: bool = False,
    ) -> None:
        """Send, then read after a repeated start."""
        view = memoryview(buffer_in)[in_start:in_end]
        out = bytes(buffer_out)[out_start:out_end]
        view[:] = self._run(address, [out, len(view)])[0]

    def _answers(self, address: int) -> bool:
        try:
            self._run(address, [1])
        except OSError:
            return False
        return True

    def _run(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        stop_if_abandoned()
        self.patience.take()
        try:
            return self._transfer(address, messages)
        except BusError as error:
            raise OSError(error.errno or 5, error.reason) from error


class SpiShim:
    """``busio.SPI``: one chip; the kernel drives its chip select.

    What is written stays until chip select goes up or something is read, so that a command and its
    answer are one transfer, as they are on the wire.

    Args:
        exchange: does one transfer.
        mode: the SPI mode of the device file, 0 to 3.
    """

    def __init__(self, exchange: Exchange, *, mode: int) -> None:
        self._exchange = exchange
        self._mode = mode
        self.patience = Patience()
        self._unsent = bytearray()
        self.frequency = 0

    def try_lock(self) -> bool:
        """Return True: a unit of a device has its bus for itself."""
        return True

    def unlock(self) -> None:
        """Send what was written last."""
        self.flush()

    def deinit(self) -> None:
        """Do nothing: the bus is the node's."""

    def configure(
        self, *, baudrate: int = 0, polarity: int = 0, phase: int = 0, bits: int = 8
    ) -> None:
        """Note the clock, which is that of the device file; raises ValueError for another mode."""
        wanted = polarity << 1 | phase
        if wanted != self._mode:
            raise ValueError(
                f"it wants SPI mode {wanted}, and the device has {self._mode}:"
                f" write spi_mode = {wanted}"
            )
        self.frequency = baudrate

    def write(self, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        """Send ``buffer[start:end]``."""
        self._unsent += bytes(buffer)[start:end]

    def readinto(
        self, buffer: Any, *, start: int = 0, end: int | None = None, write_value: int = 0
    ) -> None:
        """Fill ``buffer[start:end]`` while *write_value* is sent."""
        view = memoryview(buffer)[start:end]
        view[:] = self._turn(bytes((write_value,)) * len(view))

    def write_readinto(
        self,
        buffer_out: Any,
        buffer_in: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        """Send and read at the same time."""
        view = memoryview(buffer_in)[in_start:in_end]
        view[:] = self._turn(bytes(buffer_out)[out_start:out_end])

    def flush(self) -> None:
        """Send what was written and has not been sent."""
        if self._unsent:
            self._turn(b"")

    def _turn(self, data: bytes) -> bytes:
        stop_if_abandoned()
        self.patience.take()
        before = len(self._unsent)
        out = bytes(self._unsent) + data
        self._unsent.clear()
        try:
            return self._exchange(out)[before:]
        except BusError as error:
            raise OSError(error.errno or 5, error.reason) from error


class ByteStream:
    """Bytes of a serial port between the event loop, which brings them, and a blocking reader.

    The oldest are dropped where nobody reads: only the newest half KiB is kept.
    """

    limit = 512

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes that arrived."""
        self._bytes += data
        del self._bytes[: -self.limit]

    def take(self, count: int) -> bytes:
        """Return up to *count* bytes and forget them."""
        taken = bytes(self._bytes[:count])
        del self._bytes[:count]
        return taken

    def clear(self) -> None:
        """Forget everything."""
        self._bytes.clear()

    def __len__(self) -> int:
        return len(self._bytes)


class UartShim:
    """``busio.UART``: a serial port that another thread feeds.

    Args:
        stream: what arrived.
        send: sends bytes and returns when they are on their way.
        clock: to wait on.
    """

    def __init__(self, stream: ByteStream, send: Callable[[bytes], None], clock: Clock) -> None:
        self._stream = stream
        self._send = send
        self._clock = clock
        self.timeout = 1.0
        self.baudrate = 9600

    @property
    def in_waiting(self) -> int:
        """How many bytes can be read at once."""
        return len(self._stream)

    def read(self, nbytes: int | None = None) -> bytes | None:
        """Return *nbytes*, fewer after the time-out, None where there is nothing."""
        wanted = 1 if nbytes is None else nbytes
        self._wait_until(lambda: len(self._stream) >= wanted)
        return self._stream.take(len(self._stream) if nbytes is None else nbytes) or None

    def readinto(self, buffer: Any) -> int | None:
        """Fill *buffer* as far as bytes come; return how many."""
        data = self.read(len(buffer)) or b""
        memoryview(buffer)[: len(data)] = data
        return len(data) or None

    def readline(self) -> bytes | None:
        """Return a line with its end, or what there is of it after the time-out."""
        line = bytearray()
        deadline_s = self._clock.monotonic() + self.timeout
        while not line.endswith(b"\n") and self._clock.monotonic() < deadline_s:
            line += self.read(1) or b""
        return bytes(line) or None

    def write(self, buffer: Any) -> int:
        """Send *buffer*."""
        data = bytes(buffer)
        self._send(data)
        return len(data)

    def reset_input_buffer(self) -> None:
        """Forget what arrived."""
        self._stream.clear()

    def deinit(self) -> None:
        """Do nothing: the port is the node's."""

    def _wait_until(self, is_there: Callable[[], bool]) -> None:
        deadline_s = self._clock.monotonic() + self.timeout
        while not is_there() and self._clock.monotonic() < deadline_s:
            stop_if_abandoned()
            self._clock.spend(0.005)


class _Pin:
    """``digitalio.DigitalInOut`` for a chip select: the kernel drives the real one."""

    def __init__(self, pin: Any = None) -> None:
        self.pin = pin
        self.value = True
        self.direction: Any = None
        self.pull: Any = None

    def switch_to_output(self, value: bool = False, drive_mode: Any = None) -> None:
        """Note the level."""
        self.value = value

    def switch_to_input(self, pull: Any = None) -> None:
        """Note the resistor."""
        self.pull = pull

    def deinit(self) -> None:
        """Do nothing."""


def make_time(clock: Clock) -> ModuleType:
    """Return a ``time`` module whose time is that of *clock*."""
    module = ModuleType("time")
    module.__dict__.update({k: v for k, v in vars(time).items() if not k.startswith("__")})

    def sleep(seconds: float) -> None:
        left_s = max(0.0, float(seconds))
        stop_if_abandoned()
        while left_s > _NAP_S and may_be_abandoned():  # elsewhere a wait may cost no time at all
            clock.spend(_NAP_S)
            left_s -= _NAP_S
            stop_if_abandoned()
        clock.spend(left_s)
        stop_if_abandoned()

    def monotonic() -> float:
        stop_if_abandoned()
        clock.spend(_LOOK_S)
        return clock.monotonic()

    def monotonic_ns() -> int:
        return round(monotonic() * 1e9)

    module.__dict__.update(
        sleep=sleep,
        monotonic=monotonic,
        monotonic_ns=monotonic_ns,
        perf_counter=monotonic,
        perf_counter_ns=monotonic_ns,
        time=clock.time,
        time_ns=lambda: round(clock.time() * 1e9),
    )
    return module


def shim_modules() -> dict[str, ModuleType]:
    """Return the modules that stand in for those of a microcontroller, by name."""
    busio, digitalio = ModuleType("busio"), ModuleType("digitalio")
    busio.__dict__.update(I2C=I2cShim, SPI=SpiShim, UART=UartShim)
    digitalio.__dict__.update(
        DigitalInOut=_Pin,
        Direction=_names("Direction", "INPUT", "OUTPUT"),
        Pull=_names("Pull", "UP", "DOWN"),
        DriveMode=_names("DriveMode", "PUSH_PULL", "OPEN_DRAIN"),
    )
    micropython = ModuleType("micropython")
    micropython.__dict__.update(const=lambda value: value, native=_same, viper=_same)
    return {"busio": busio, "digitalio": digitalio, "micropython": micropython}


def _names(name: str, *values: str) -> type:
    return type(name, (), {value: value for value in values})


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
