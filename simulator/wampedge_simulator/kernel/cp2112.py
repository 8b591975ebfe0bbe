"""The CP2112, a USB bridge to I2C, as its driver in Linux sees it: reports in, reports out.

Chip: Silicon Labs CP2112, HID class. Reports as in the application note AN495. No I/O happens here;
transactions go to the simulated bus at once, so the answer to a status request is always final.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from typing import Final

from wampedge_simulator.i2c.bus import I2cMessage, SimulatedI2cBus

__all__ = ["PRODUCT_ID", "REPORT_SIZE", "VENDOR_ID", "Cp2112", "report_descriptor"]

VENDOR_ID: Final = 0x10C4
PRODUCT_ID: Final = 0xEA90
REPORT_SIZE: Final = 64
"""Bytes of every input report, its number included."""

_GPIO_CONFIGURATION: Final = 0x02
_GPIO_GET: Final = 0x03
_GPIO_SET: Final = 0x04
_VERSION: Final = 0x05
_SMBUS_CONFIGURATION: Final = 0x06
_READ: Final = 0x10
_WRITE_READ: Final = 0x11
_FORCE_SEND: Final = 0x12
_READ_RESPONSE: Final = 0x13
_WRITE: Final = 0x14
_STATUS: Final = 0x15
_STATUS_RESPONSE: Final = 0x16
_CANCEL: Final = 0x17
_LOCK: Final = 0x20
_USB_CONFIGURATION: Final = 0x21
_STRINGS: Final = (0x22, 0x23, 0x24)

_INPUTS: Final = (_READ_RESPONSE, _STATUS_RESPONSE)
_OUTPUTS: Final = (_READ, _WRITE_READ, _FORCE_SEND, _WRITE, _STATUS, _CANCEL)
_FEATURES: Final = (
    _GPIO_CONFIGURATION, _GPIO_GET, _GPIO_SET, _VERSION, _SMBUS_CONFIGURATION, _LOCK,
    _USB_CONFIGURATION, *_STRINGS,
)  # fmt: skip

_PART_NUMBER: Final = 0x0C
_REVISION: Final = 2  # the first has no repeated start, so the driver refuses most chips on it
_MAX_ANSWER: Final = 61

_SPEED_HZ: Final = 100_000
_BITS: Final = 9
"""Of a byte, with the acknowledge after it."""

_IDLE: Final = (0, 0)
_COMPLETE: Final = (2, 5)
_NOT_ACKNOWLEDGED: Final = (3, 0)
_BUS_TIMEOUT: Final = (3, 1)
_ARBITRATION_LOST: Final = (3, 2)
_STATUS_BY_ERROR: Final = {
    errno.EREMOTEIO: _NOT_ACKNOWLEDGED,
    errno.ETIMEDOUT: _BUS_TIMEOUT,
}


class Cp2112:
    """One adapter on a simulated bus; used by one thread.

    Its eight GPIO lines are there, and nothing is connected to them.

    Args:
        bus: where its transactions go.
        spend: lets time pass: what the transfer takes on the wire, in seconds.
    """

    def __init__(self, bus: SimulatedI2cBus, spend: Callable[[float], None]) -> None:
        self._bus = bus
        self._spend = spend
        self._status = _IDLE
        self._answer = b""
        self._length = 0
        self._outputs = 0
        self._latch = 0xFF
        self._configuration = struct.pack(
            ">BIBBHHBH", _SMBUS_CONFIGURATION, _SPEED_HZ, 2, 0, 0, 0, 0, 0
        )

    def feature(self, number: int) -> bytes | None:
        """Return feature report *number*, or None where there is none to read."""
        if number == _GPIO_CONFIGURATION:
            return bytes((number, self._outputs, 0xFF, 0, 0))
        if number == _GPIO_GET:
            return bytes((number, self._latch | ~self._outputs & 0xFF))
        if number == _VERSION:
            return bytes((number, _PART_NUMBER, _REVISION))
        if number == _SMBUS_CONFIGURATION:
            return self._configuration
        if number in {_LOCK, _USB_CONFIGURATION, *_STRINGS}:
            return bytes((number,)).ljust(REPORT_SIZE - 1, b"\0")
        return None

    def set_feature(self, report: bytes) -> bool:
        """Take a feature report; False where it is not one to write."""
        number, content = report[0], report[1:]
        if number == _SMBUS_CONFIGURATION:
            self._configuration = report
        elif number == _GPIO_CONFIGURATION and content:
            self._outputs = content[0]
        elif number == _GPIO_SET and len(content) >= 2:
            value, mask = content[0], content[1]
            self._latch = self._latch & ~mask | value & mask
        else:
            return False
        return True

    def output(self, report: bytes) -> list[bytes]:
        """Take an output report; returns the input reports that answer it."""
        number = report[0] if report else 0
        if number == _STATUS:
            head = bytes((_STATUS_RESPONSE, *self._status))
            return [_padded(head + struct.pack(">HH", 0, self._length))]
        if number == _FORCE_SEND:
            wanted = min(int.from_bytes(report[1:3], "big"), _MAX_ANSWER)
            part, self._answer = self._answer[:wanted], self._answer[wanted:]
            return [_padded(bytes((_READ_RESPONSE, self._status[0], len(part))) + part)]
        messages = _messages(report)
        if messages:
            self._transfer(messages)
        return []

    def _transfer(self, messages: list[I2cMessage]) -> None:
        size = sum(_on_wire(content) for _, content in messages)
        self._spend(size * _BITS / _SPEED_HZ)
        try:
            self._answer = b"".join(self._bus.transfer(messages))
        except OSError as error:
            self._answer, self._length = b"", 0
            self._status = _STATUS_BY_ERROR.get(error.errno or 0, _ARBITRATION_LOST)
        else:
            self._status, self._length = _COMPLETE, len(self._answer)


def report_descriptor() -> bytes:
    """Return what tells the kernel which reports there are: all vendor-defined bytes."""
    # Usage page 0xFF00, usage 1, application collection; bytes from 0 to 255.
    parts = [bytes.fromhex("0600ff 0901 a101 1500 26ff00 7508")]
    for numbers, kind in ((_INPUTS, 0x81), (_OUTPUTS, 0x91), (_FEATURES, 0xB1)):
        parts += [
            bytes((0x85, number, 0x95, REPORT_SIZE - 1, 0x09, 0x01, kind, 0x02))
            for number in numbers
        ]
    return b"".join(parts) + b"\xc0"


def _messages(report: bytes) -> list[I2cMessage]:
    """Return the transaction that *report* asks for; empty for other reports and short ones."""
    if len(report) < 3:
        return []
    number, address = report[0], report[1] >> 1
    if number == _WRITE:
        return [(address, report[3 : 3 + report[2]])]
    length = int.from_bytes(report[2:4], "big")
    if number == _READ:
        return [(address, length)]
    if number == _WRITE_READ and len(report) > 4:
        return [(address, report[5 : 5 + report[4]]), (address, length)]
    return []


def _on_wire(content: bytes | int) -> int:
    """Return the bytes of a message with its address."""
    return 1 + (content if isinstance(content, int) else len(content))


def _padded(report: bytes) -> bytes:
    """Fill up to the size the descriptor declares: the kernel drops shorter ones."""
    return report.ljust(REPORT_SIZE, b"\0")
