"""Buses that note each transaction in a trace, around the real ones; used as those are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wampedge.devices.contracts import SpiSettings
from wampedge.errors import DeviceError
from wampedge.hardware.recording.entries import GIVEN_UP, Entry, failed
from wampedge.hardware.recording.writer import TraceWriter

__all__ = [
    "RecordingFiles",
    "RecordingI2cBus",
    "RecordingModbusBus",
    "RecordingSpiBus",
    "i2c_messages",
    "spi_settings",
]


def i2c_messages(messages: Sequence[bytes | int]) -> list[str | int]:
    """Return the messages of a transaction as a trace has them."""
    return [each if isinstance(each, int) else each.hex() for each in messages]


def spi_settings(settings: SpiSettings) -> str:
    """Return how a chip is spoken to as a trace has it."""
    return f"mode {settings.mode}, {settings.max_speed_hz} Hz"


class RecordingI2cBus:
    """An I2C bus; used by the worker of the bus only.

    Args:
        bus: the real one.
        trace: gets the transactions.
        name: its device node.
    """

    def __init__(self, bus: Any, trace: TraceWriter, name: str) -> None:
        self.name = name
        self._bus = bus
        self._trace = trace

    def open(self) -> None:
        """Open the bus now; raises HardwareError."""
        self._bus.open()

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction; raises BusError."""
        trace = self._trace
        begun = trace.now_ns()
        try:
            answers: list[bytes] = self._bus.transfer(address, messages)
        except DeviceError as error:
            self._note(begun, address, messages, None, *failed(error))
            raise
        if trace.is_on:
            self._note(begun, address, messages, b"".join(answers).hex() or None)
        return answers

    def close(self) -> None:
        """Close the bus; the next transfer opens it again."""
        self._bus.close()

    def _note(
        self,
        begun: int,
        address: int,
        messages: Sequence[bytes | int],
        read: str | None,
        *failure: Any,
    ) -> None:
        took = self._trace.now_ns() - begun
        wanted = i2c_messages(messages)
        where = f"0x{address:02x}"
        self._trace.write(Entry(begun, "i2c", self.name, where, "", wanted, read, took, *failure))


class RecordingSpiBus:
    """An SPI bus; used by the worker of the bus only.

    Args:
        bus: the real one.
        trace: gets the transactions.
        name: its device node without the chip select.
    """

    def __init__(self, bus: Any, trace: TraceWriter, name: str) -> None:
        self.name = name
        self._bus = bus
        self._trace = trace

    def open(self) -> None:
        """Load the library; raises HardwareError when it is not there."""
        self._bus.open()

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        """Send *data* while its chip is selected; return what came back; raises BusError."""
        begun = self._trace.now_ns()
        try:
            answer: bytes = self._bus.transfer(settings, data)
        except DeviceError as error:
            self._note(begun, settings, data, None, *failed(error))
            raise
        self._note(begun, settings, data, answer.hex())
        return answer

    def close(self) -> None:
        """Close every node; the next transfer opens its own again."""
        self._bus.close()

    def _note(
        self, begun: int, settings: SpiSettings, data: bytes, read: str | None, *failure: Any
    ) -> None:
        where, how = str(settings.chip_select), spi_settings(settings)
        took = self._trace.now_ns() - begun
        self._trace.write(
            Entry(begun, "spi", self.name, where, how, data.hex(), read, took, *failure)
        )


class RecordingFiles:
    """Files of the kernel; used on workers only.

    Args:
        files: the real ones.
        trace: gets each access.
        name: what they are called in the trace.
    """

    def __init__(self, files: Any, trace: TraceWriter, name: str) -> None:
        self._files = files
        self._trace = trace
        self._name = name

    def read(self, path: str) -> bytes:
        """Return what a file says; raises OSError."""
        begun = self._trace.now_ns()
        try:
            content: bytes = self._files.read(path)
        except OSError as error:
            self._note(begun, path, "read", None, None, error)
            raise
        self._note(begun, path, "read", None, content.hex())
        return content

    def write(self, path: str, data: bytes) -> None:
        """Write to a file; raises OSError."""
        begun = self._trace.now_ns()
        try:
            self._files.write(path, data)
        except OSError as error:
            self._note(begun, path, "write", data.hex(), None, error)
            raise
        self._note(begun, path, "write", data.hex(), None)

    def names(self, path: str) -> list[str]:
        """Return what is in a folder; raises OSError."""
        begun = self._trace.now_ns()
        try:
            found: list[str] = self._files.names(path)
        except OSError as error:
            self._note(begun, path, "names", None, None, error)
            raise
        self._note(begun, path, "names", None, found)
        return found

    def _note(
        self,
        begun: int,
        path: str,
        op: str,
        sent: str | None,
        got: Any,
        error: OSError | None = None,
    ) -> None:
        took = self._trace.now_ns() - begun
        number = None if error is None else error.errno
        text = "" if error is None else f"OSError: {error.strerror or error}"
        self._trace.write(
            Entry(begun, "files", self._name, path, op, sent, got, took, number, text)
        )


class RecordingModbusBus:
    """A Modbus line or connection; used by the worker of the bus only.

    Args:
        bus: the real one.
        trace: gets the requests with their answers.
        name: its name in the device file.
    """

    def __init__(self, bus: Any, trace: TraceWriter, name: str) -> None:
        self._bus = bus
        self._trace = trace
        self._name = name

    @property
    def name(self) -> str:
        """What the line is called for people."""
        return str(self._bus.name)

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Send a request to a unit and return its answer; raises BusTimeoutError, BusError."""
        begun = self._trace.now_ns()
        try:
            answer: bytes = await self._bus.exchange(unit_id, pdu, own_size=own_size)
        except DeviceError as error:
            self._note(begun, unit_id, pdu, own_size, None, *failed(error))
            raise
        except BaseException:
            self._note(begun, unit_id, pdu, own_size, None, None, GIVEN_UP)
            raise
        self._note(begun, unit_id, pdu, own_size, answer.hex())
        return answer

    def health(self) -> dict[str, Any]:
        """Return what went wrong on the line so far, and which units are offline."""
        health: dict[str, Any] = self._bus.health()
        return health

    def close(self) -> None:
        """Close the line; the next request opens it again."""
        self._bus.close()

    def _note(
        self,
        begun: int,
        unit_id: int,
        pdu: bytes,
        own_size: int | None,
        read: str | None,
        *failure: Any,
    ) -> None:
        how = "" if own_size is None else f"{own_size} bytes"
        took = self._trace.now_ns() - begun
        self._trace.write(
            Entry(begun, "modbus", self._name, str(unit_id), how, pdu.hex(), read, took, *failure)
        )
