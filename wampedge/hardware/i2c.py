"""I2C through smbus2: the one primitive everything builds on is ``i2c_rdwr``.

The ``SMBus`` methods that set the address with one call and use it with the next are not used: two
threads that share a bus then read from the wrong chip, without any error.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Sequence

from smbus2 import I2cFunc, SMBus, i2c_msg

from wampedge.errors import BusError, BusTimeoutError, HardwareError

__all__ = ["SmbusI2cBus"]

_GONE = frozenset({errno.ENODEV, errno.EBADF, errno.ESHUTDOWN})
"""The adapter itself is gone; only opening it again can help."""

_REASONS = {
    errno.EREMOTEIO: "no acknowledge (is the part wired, powered and at this address?)",
    errno.ENXIO: "no acknowledge (is the part wired, powered and at this address?)",
    errno.EIO: "the transfer failed (noise, a missing pull-up, a line held low, a byte that was not"
    " acknowledged, or a clock stretched too long)",
    errno.EAGAIN: "arbitration was lost to another master",
    errno.ENODEV: "the bus is gone",
    errno.EBADF: "the bus is gone",
    errno.ESHUTDOWN: "the bus is gone",
    errno.EBUSY: "the kernel has given the address to a driver of its own",
    errno.EOPNOTSUPP: "the adapter cannot do such a transfer",
}

_MAX_REQUESTS = 128
"""Transactions that are kept ready; a node samples some ten parts a bus."""
_Request = tuple[list[i2c_msg], list[i2c_msg]]


class SmbusI2cBus:
    """One ``/dev/i2c-N``, opened when it is first used and again after it vanished.

    Blocks; used by the worker of the bus only.

    Args:
        path: device node.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._bus: SMBus | None = None
        self._request_by_key: dict[tuple[int | bytes, ...], _Request] = {}
        """Transactions that read, ready to be run again: parts that are sampled repeat theirs."""

    def open(self) -> None:
        """Open the bus now; raises HardwareError."""
        if self._bus is not None:
            return
        bus = SMBus()
        try:
            bus.open(self.name)
        except OSError as error:
            with contextlib.suppress(OSError):
                bus.close()
            raise HardwareError(f"{self.name} cannot be opened: {_advice(error)}") from error
        self._bus = bus

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction with repeated starts between its messages; raises BusError."""
        self.open()
        assert self._bus is not None, "open raises when it cannot open"
        key = address, *(each if isinstance(each, int) else bytes(each) for each in messages)
        # Taken out while it is used: a thread that was given up may still write to its buffers.
        request = self._request_by_key.pop(key, None) or _request(address, messages)
        parts, reading = request
        try:
            self._bus.i2c_rdwr(*parts)
        except OSError as error:
            if error.errno in _GONE:
                self.close()
            raise self._failure(error, address) from error
        answers = [bytes(part) for part in reading]
        if reading:
            if len(self._request_by_key) >= _MAX_REQUESTS:
                self._request_by_key.clear()
            self._request_by_key[key] = request
        return answers

    def close(self) -> None:
        """Close the bus; the next transfer opens it again."""
        bus, self._bus = self._bus, None
        if bus is not None:
            with contextlib.suppress(OSError):
                bus.close()

    def _failure(self, error: OSError, address: int) -> BusError:
        where = f"{self.name} address 0x{address:02x}"
        if error.errno == errno.ETIMEDOUT:
            text = f"{where}: the bus did not answer in time (is a line held low?)"
            return BusTimeoutError(text, errno=error.errno)
        if error.errno == errno.EOPNOTSUPP and _knows_smbus_only(self._bus):
            text = f"{where}: the adapter knows SMBus calls only, and drivers need I2C messages"
            return BusError(f"{text} (use another bus)", errno=error.errno)
        known = _REASONS.get(error.errno or 0, error.strerror or str(error))
        return BusError(f"{where}: {known}", errno=error.errno)


def _request(address: int, messages: Sequence[bytes | int]) -> _Request:
    """Return the messages of a transaction for the kernel, and those of them that read."""
    parts = [
        i2c_msg.read(address, message)
        if isinstance(message, int)
        else i2c_msg.write(address, message)
        for message in messages
    ]
    reads = [part for part, each in zip(parts, messages, strict=True) if isinstance(each, int)]
    return parts, reads


def _knows_smbus_only(bus: SMBus | None) -> bool:
    return bus is not None and not bus.funcs & I2cFunc.I2C


def _advice(error: OSError) -> str:
    if error.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return (
            "there is no such bus; enable it with `sudo raspi-config nonint do_i2c 0`"
            " or `dtparam=i2c_arm=on` in /boot/firmware/config.txt"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "no right to use it; add the user to its group: `sudo usermod -aG i2c $USER`"
    return error.strerror or str(error)
