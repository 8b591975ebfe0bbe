"""SMBus calls as the kernel makes them into I2C messages on an adapter that knows only those.

Follows ``i2c_smbus_xfer_emulated`` of ``drivers/i2c/i2c-core-smbus.c``: low byte first, the count
of a block in its first byte, and the packet error code as one byte more.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wampedge_simulator.i2c.bus import BlockLength

__all__ = ["QUICK", "SmbusCall", "block_size", "crc8", "plan", "unpack"]

QUICK = 0
_BYTE, _BYTE_DATA, _WORD_DATA, _PROC_CALL, _BLOCK_DATA, _BLOCK_PROC_CALL = 1, 2, 3, 4, 5, 7
_I2C_BLOCK_DATA = 8
_BLOCK_MAX = 32


@dataclass(frozen=True, slots=True)
class SmbusCall:
    """One ``I2C_SMBUS`` request.

    Attributes:
        size: kind of call (``I2C_SMBUS_BYTE_DATA`` and so on).
        is_read: direction.
        command: command or register byte.
        block: the 34 bytes of ``union i2c_smbus_data``.
    """

    size: int
    is_read: bool
    command: int
    block: bytes


def plan(call: SmbusCall, *, reads_blocks: bool = False) -> list[bytes | int]:
    """Return the messages of a call: bytes to write, or how many to read.

    Args:
        call: the call.
        reads_blocks: the adapter lets a part say how many bytes it sends.

    Raises:
        OSError: EINVAL for what the kernel refuses, EOPNOTSUPP for block reads where the adapter
            does not know them.
    """
    make = _PLANS.get((call.size, call.is_read))
    if make is None:
        known = call.size in {_BLOCK_DATA, _BLOCK_PROC_CALL}
        make = _BLOCK_READS.get((call.size, call.is_read)) if reads_blocks else None
        if make is None:
            raise _os_error(errno.EOPNOTSUPP if known else errno.EINVAL)
    return make(call)


def unpack(call: SmbusCall, answer: bytes) -> bytes:
    """Return what is read as it stands in ``union i2c_smbus_data``."""
    return bytes([len(answer)]) + answer if call.size == _I2C_BLOCK_DATA else answer


def crc8(data: bytes) -> int:
    """Return the packet error code of SMBus: polynomial 0x07, start 0."""
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def block_size(call: SmbusCall) -> int:
    """Return how many bytes a block call carries; raises OSError when they are not 1 to 32."""
    size = call.block[0]
    if not 1 <= size <= _BLOCK_MAX:
        raise _os_error(errno.EINVAL)
    return size


def _read_i2c_block(call: SmbusCall) -> Sequence[bytes | int]:
    return bytes([call.command]), block_size(call)


def _write_i2c_block(call: SmbusCall) -> Sequence[bytes | int]:
    return (bytes([call.command]) + call.block[1 : 1 + block_size(call)],)


def _write_block(call: SmbusCall) -> Sequence[bytes | int]:
    return (bytes([call.command]) + call.block[: 1 + block_size(call)],)


def _register(call: SmbusCall) -> bytes:
    return bytes([call.command])


_PLANS: dict[tuple[int, bool], Callable[[SmbusCall], list[bytes | int]]] = {
    (QUICK, False): lambda _: [b""],
    (QUICK, True): lambda _: [0],
    (_BYTE, False): lambda call: [_register(call)],
    (_BYTE, True): lambda _: [1],
    (_BYTE_DATA, False): lambda call: [_register(call) + call.block[:1]],
    (_BYTE_DATA, True): lambda call: [_register(call), 1],
    (_WORD_DATA, False): lambda call: [_register(call) + call.block[:2]],
    (_WORD_DATA, True): lambda call: [_register(call), 2],
    (_PROC_CALL, False): lambda call: [_register(call) + call.block[:2], 2],
    (_BLOCK_DATA, False): lambda call: list(_write_block(call)),
    (_I2C_BLOCK_DATA, False): lambda call: list(_write_i2c_block(call)),
    (_I2C_BLOCK_DATA, True): lambda call: list(_read_i2c_block(call)),
}

_BLOCK_READS: dict[tuple[int, bool], Callable[[SmbusCall], list[bytes | int]]] = {
    (_BLOCK_DATA, True): lambda call: [_register(call), BlockLength(1)],
    (_BLOCK_PROC_CALL, False): lambda call: [*_write_block(call), BlockLength(1)],
}
"""Calls in whose answer the first byte is its length."""


def _crc8_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
        table.append(crc)
    return tuple(table)


_CRC8 = _crc8_table()


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
