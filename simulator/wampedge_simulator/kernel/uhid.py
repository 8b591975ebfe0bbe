"""``/dev/uhid``: a HID device of the kernel that a process plays, on an event loop.

Layouts of the events are those of ``include/uapi/linux/uhid.h``; all are packed and little-endian
here, as every machine is that has such a device.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import struct
from pathlib import Path
from typing import Final, Protocol

from wampedge.errors import HardwareError

__all__ = ["UHID", "HidFunction", "UhidDevice"]

UHID: Final = Path("/dev/uhid")

_DESTROY: Final = 1
_OUTPUT: Final = 6
_GET_REPORT: Final = 9
_GET_REPORT_REPLY: Final = 10
_CREATE: Final = 11
_INPUT: Final = 12
_SET_REPORT: Final = 13
_SET_REPORT_REPLY: Final = 14

_BUS_USB: Final = 3
_DATA_MAX: Final = 4096
_EVENT_MAX: Final = 4 + 276 + _DATA_MAX + 8


class HidFunction(Protocol):
    """What a HID device does with reports; each begins with its number."""

    def feature(self, number: int) -> bytes | None:
        """Return feature report *number*, or None where there is none."""
        ...

    def set_feature(self, report: bytes) -> bool:
        """Take a feature report; False: refused."""
        ...

    def output(self, report: bytes) -> list[bytes]:
        """Take an output report; returns input reports."""
        ...


class UhidDevice:
    """One device that is plugged in from `plug` to `unplug`; for one event loop.

    Args:
        function: answers the reports.
        descriptor: the HID report descriptor.
        ids: USB vendor and product number.
        serial: what tells it from its likes, at most 63 characters.
        node: the device node.
    """

    def __init__(
        self,
        function: HidFunction,
        descriptor: bytes,
        *,
        ids: tuple[int, int],
        serial: str,
        node: Path = UHID,
    ) -> None:
        self.serial = serial
        self._function = function
        self._descriptor = descriptor
        self._ids = ids
        self._node = node
        self._fd: int | None = None

    def plug(self) -> None:
        """Make the device; raises HardwareError where the kernel has no uhid, or refuses it."""
        try:
            self._fd = os.open(self._node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise HardwareError(
                f"{self._node} cannot be opened: {error.strerror}"
                " (needs root, and a kernel with uhid: `modprobe uhid hid-cp2112`)"
            ) from error
        head = struct.pack(
            "<I128s64s64sHHIIII",
            _CREATE, b"wampedge simulated adapter", b"wampedge", self.serial.encode(),
            len(self._descriptor), _BUS_USB, *self._ids, 0x0100, 0,
        )  # fmt: skip
        os.write(self._fd, head + self._descriptor)
        asyncio.get_running_loop().add_reader(self._fd, self._receive)

    def unplug(self) -> None:
        """Take the device away; twice is once."""
        if self._fd is None:
            return
        asyncio.get_running_loop().remove_reader(self._fd)
        with contextlib.suppress(OSError):
            os.write(self._fd, struct.pack("<I", _DESTROY))
        os.close(self._fd)
        self._fd = None

    def _receive(self) -> None:
        assert self._fd is not None, "no reader without a descriptor"
        with contextlib.suppress(BlockingIOError):
            event = os.read(self._fd, _EVENT_MAX)
            for answer in self._answers(event):
                os.write(self._fd, answer)

    def _answers(self, event: bytes) -> list[bytes]:
        """Return the events that answer one of the kernel; it sends them cut at their end."""
        event = event.ljust(_EVENT_MAX, b"\0")
        (kind,) = struct.unpack_from("<I", event)
        if kind == _OUTPUT:
            (size,) = struct.unpack_from("<H", event, 4 + _DATA_MAX)
            reports = self._function.output(event[4 : 4 + size])
            return [struct.pack("<IH", _INPUT, len(report)) + report for report in reports]
        if kind == _GET_REPORT:
            request, number = struct.unpack_from("<IB", event, 4)
            report = self._function.feature(number)
            error = errno.EIO if report is None else 0
            content = report or b""
            return [struct.pack("<IIHH", _GET_REPORT_REPLY, request, error, len(content)) + content]
        if kind == _SET_REPORT:
            request, _number, _kind, size = struct.unpack_from("<IBBH", event, 4)
            error = 0 if self._function.set_feature(event[12 : 12 + size]) else errno.EIO
            return [struct.pack("<IIH", _SET_REPORT_REPLY, request, error)]
        return []
