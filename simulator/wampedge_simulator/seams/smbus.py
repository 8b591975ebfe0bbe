"""The seam beneath smbus2: answers its ``os.open``, ``os.close`` and ``ioctl`` for simulated buses.

smbus2 and every driver built on it run unmodified. All requests of ``/dev/i2c-N`` smbus2 makes are
answered as the kernel does, with real descriptors, so that closing and reuse work as ever. While a
substrate is up, an I2C bus that is not in the device file does not exist: a simulation never
touches real hardware.

The table of buses is the one owner of what is simulated; any thread may open and use a bus.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import os
import re
import struct
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from wampedge_simulator.i2c.bus import I2cMessage, SimulatedI2cBus
from wampedge_simulator.seams.smbus_calls import QUICK, SmbusCall, crc8, plan, unpack

__all__ = ["install", "remove"]

_I2C_SLAVE = 0x0703
_I2C_TENBIT = 0x0704
_I2C_FUNCS = 0x0705
_I2C_SLAVE_FORCE = 0x0706
_I2C_RDWR = 0x0707
_I2C_PEC = 0x0708
_I2C_SMBUS = 0x0720
_M_RD = 0x0001
_MESSAGE = struct.Struct("@HHHP")
"""``struct i2c_msg`` as the compiler lays it out: address, flags, length, place of the bytes."""
_MAX_MESSAGES = 42
_MAX_MESSAGE_SIZE = 8192
_I2C_BLOCK_DATA = 8
_CALLS_OF_STUB = frozenset({QUICK, 1, 2, 3, _I2C_BLOCK_DATA})
"""Quick, byte, byte data, word data, I2C block: all an adapter without messages can do."""
_NODE = re.compile(r"/dev/i2c-\d+")


@dataclass(slots=True)
class _OpenBus:
    """What the kernel keeps for one open descriptor."""

    bus: SimulatedI2cBus
    address: int = 0
    has_pec: bool = False


_library: Any = importlib.import_module("smbus2.smbus2")
"""The module whose names ``os`` and ``ioctl`` are the seam."""
_buses_by_path: dict[str, list[SimulatedI2cBus]] = {}
_open_by_descriptor: dict[int, _OpenBus] = {}
_own_buses: ContextVar[Sequence[SimulatedI2cBus]] = ContextVar("_own_buses", default=())
"""Buses of the node this context belongs to: they come first where two nodes have the same path."""
_real_ioctl: Callable[..., Any] = _library.ioctl
_KEPT_TYPES = (
    *(ctypes.c_char * size for size in range(1, 33)),
    *(_library.i2c_msg * count for count in (1, 2)),
)
"""Types of the buffers of usual calls: ctypes makes one anew, at a third of the price of a call,
for each buffer whose type nobody holds."""


class _Os:
    """The ``os`` module as smbus2 sees it while a bus is simulated."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @staticmethod
    def open(path: str, flags: int, mode: int = 0o777) -> int:
        """Open a simulated bus, or anything else that is no I2C bus."""
        bus = _find(path)
        if bus is not None:
            descriptor = os.memfd_create(path, os.MFD_CLOEXEC)
            _open_by_descriptor[descriptor] = _OpenBus(bus)
            return descriptor
        if _NODE.fullmatch(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        descriptor = os.open(path, flags, mode)
        _open_by_descriptor.pop(descriptor, None)
        return descriptor

    @staticmethod
    def close(descriptor: int) -> None:
        """Close whatever *descriptor* is."""
        _open_by_descriptor.pop(descriptor, None)
        os.close(descriptor)


def install(buses: Sequence[SimulatedI2cBus]) -> None:
    """Let smbus2 find *buses* from now on; the newest of one path is found first."""
    for bus in buses:
        _buses_by_path.setdefault(bus.path, []).append(bus)
    _own_buses.set((*_own_buses.get(), *buses))
    _library.ioctl = _ioctl
    _library.os = _Os()


def remove(buses: Sequence[SimulatedI2cBus]) -> None:
    """Take *buses* away, as far as they are there; the last one gives smbus2 back as it was."""
    for bus in buses:
        others = _buses_by_path.get(bus.path, [])
        if bus not in others:
            continue
        others.remove(bus)
        if not others:
            del _buses_by_path[bus.path]
        for descriptor, opened in list(_open_by_descriptor.items()):
            if opened.bus is bus:
                del _open_by_descriptor[descriptor]
    _own_buses.set(tuple(bus for bus in _own_buses.get() if bus not in buses))
    if not _buses_by_path:
        _library.ioctl = _real_ioctl
        _library.os = os


def _find(path: str) -> SimulatedI2cBus | None:
    found = _buses_by_path.get(path)
    if not found:
        return None
    own = _own_buses.get()
    return next((bus for bus in reversed(found) if bus in own), found[-1])


def _ioctl(descriptor: int, request: int, argument: Any = 0) -> int:
    """Answer a request as the kernel does; raises OSError."""
    opened = _open_by_descriptor.get(descriptor)
    if opened is None:
        return int(_real_ioctl(descriptor, request, argument))
    answer = _REQUESTS.get(request)
    if answer is None:
        raise _os_error(errno.ENOTTY)
    answer(opened, argument)
    return 0


def _set_address(opened: _OpenBus, address: int) -> None:
    if not 0 <= address <= 0x7F:
        raise _os_error(errno.EINVAL)
    opened.address = address


def _set_pec(opened: _OpenBus, value: int) -> None:
    opened.has_pec = bool(value)


def _tell_functions(opened: _OpenBus, answer: Any) -> None:
    answer.value = opened.bus.profile.functions


def _transfer(opened: _OpenBus, request: Any) -> None:
    """``I2C_RDWR``: messages with their own addresses, one stop at the end."""
    if not 1 <= request.nmsgs <= _MAX_MESSAGES:
        raise _os_error(errno.EINVAL)
    if not opened.bus.profile.has_messages:
        raise _os_error(errno.EOPNOTSUPP)
    messages: list[I2cMessage] = []
    readers = []
    table = ctypes.string_at(request.msgs, request.nmsgs * _MESSAGE.size)
    for address, flags, size, place in _MESSAGE.iter_unpack(table):
        if size > _MAX_MESSAGE_SIZE:
            raise _os_error(errno.EINVAL)
        if flags & _M_RD:
            messages.append((address, size))
            readers.append(place)
        else:
            messages.append((address, ctypes.string_at(place, size)))
    answers = opened.bus.transfer(messages)
    for place, answer in zip(readers, answers, strict=True):
        ctypes.memmove(place, answer, len(answer))


def _call(opened: _OpenBus, request: Any) -> None:
    """``I2C_SMBUS``: one call of the SMBus standard."""
    if request.read_write not in {0, 1}:
        raise _os_error(errno.EINVAL)
    data = request.data
    block = ctypes.string_at(data, ctypes.sizeof(data.contents)) if data else bytes(34)
    call = SmbusCall(request.size, request.read_write == 1, request.command, block)
    answer = _run(opened, call)
    if answer and data:
        unpacked = unpack(call, answer)
        ctypes.memmove(data, unpacked, len(unpacked))


def _run(opened: _OpenBus, call: SmbusCall) -> bytes:
    """Run the messages of *call*, with packet error code where it is on; returns what was read."""
    address = opened.address
    profile = opened.bus.profile
    contents = plan(call, reads_blocks=profile.reads_blocks)
    if not profile.has_messages and call.size not in _CALLS_OF_STUB:
        raise _os_error(errno.EOPNOTSUPP)
    if not opened.has_pec or call.size in {QUICK, _I2C_BLOCK_DATA}:
        answers = opened.bus.transfer([(address, content) for content in contents])
        return answers[0] if answers else b""
    last = contents[-1]
    sent = b"".join(_on_wire(address, content) for content in contents)
    contents[-1] = type(last)(last + 1) if isinstance(last, int) else last + bytes([crc8(sent)])
    answers = opened.bus.transfer([(address, content) for content in contents])
    if not answers:
        return b""
    answer = answers[0]
    if crc8(sent + answer) != 0:
        raise _os_error(errno.EBADMSG)
    return answer[:-1]


def _on_wire(address: int, content: bytes | int) -> bytes:
    """Return the address byte and what is written after it."""
    if isinstance(content, int):
        return bytes([address << 1 | 1])
    return bytes([address << 1]) + content


_REQUESTS: dict[int, Callable[[_OpenBus, Any], None]] = {
    _I2C_FUNCS: _tell_functions,
    _I2C_SLAVE: _set_address,
    _I2C_SLAVE_FORCE: _set_address,
    _I2C_TENBIT: lambda _opened, _value: None,
    _I2C_PEC: _set_pec,
    _I2C_RDWR: _transfer,
    _I2C_SMBUS: _call,
}


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
