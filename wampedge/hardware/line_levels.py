"""The level of a GPIO line before anybody drives it, read without changing what it is.

lgpio makes a line an input to read it, which lets go of a load that is on. The kernel can be asked
for a line as it is: GPIO character device, API version 2, a request without direction flags
(``include/uapi/linux/gpio.h``).
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

from wampedge.errors import HardwareError

__all__ = ["level_as_it_is"]

_GET_LINE = 0xC250B407
_GET_VALUES = 0xC010B40E
# 64 offsets, a name, flags, number of attributes, padding and 10 attributes of 24 bytes, number of
# lines, size of the event buffer, padding, file descriptor.
_REQUEST = struct.Struct("=64I32sQI20x240xII20xi")
_VALUES = struct.Struct("=QQ")


def level_as_it_is(chip: Path, line: int) -> bool:
    """Return the level of *line* of *chip*, an output or an input; raises HardwareError."""
    offsets = (line, *([0] * 63))
    request = bytearray(_REQUEST.pack(*offsets, b"wampedge", 0, 0, 1, 0, 0))
    try:
        handle = os.open(chip, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(handle, _GET_LINE, request)
        finally:
            os.close(handle)
        held = _REQUEST.unpack(request)[-1]
        try:
            values = bytearray(_VALUES.pack(0, 1))
            fcntl.ioctl(held, _GET_VALUES, values)
        finally:
            os.close(held)
    except OSError as error:
        raise HardwareError(f"GPIO{line} cannot be read as it is: {error}") from error
    return bool(_VALUES.unpack(values)[0] & 1)
