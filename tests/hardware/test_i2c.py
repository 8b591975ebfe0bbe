"""I2C through smbus2, with the kernel's side replaced below it."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import smbus2.smbus2 as smbus

from wampedge.errors import BusError, BusTimeoutError, HardwareError
from wampedge.hardware.i2c import SmbusI2cBus


class _Kernel:
    """Stands below smbus2: opens descriptors, carries out I2C_RDWR, fails on demand."""

    def __init__(self) -> None:
        self.opened = 0
        self.seen: list[list[tuple[int, int, bytes]]] = []
        self.answer = b""
        self.fault: int | None = None
        self.open_fault: int | None = None
        self.funcs_fault: int | None = None
        self.meanwhile: Callable[[], None] | None = None
        """Done once, after the next answer was written and before it is looked at."""

    def open(self, path: str, flags: int) -> int:
        if self.open_fault is not None:
            raise OSError(self.open_fault, os.strerror(self.open_fault), path)
        self.opened += 1
        return os.memfd_create("i2c")

    def ioctl(self, descriptor: int, request: int, argument: Any) -> int:
        if request == smbus.I2C_FUNCS:
            if self.funcs_fault is not None:
                raise OSError(self.funcs_fault, "funcs")
            argument.value = smbus.I2cFunc.I2C
            return 0
        if self.fault is not None:
            raise OSError(self.fault, os.strerror(self.fault))
        messages = [argument.msgs[n] for n in range(argument.nmsgs)]
        self.seen.append([(m.addr, m.flags, bytes(m)) for m in messages])
        for message in messages:
            if message.flags & smbus.I2C_M_RD:
                ctypes.memmove(message.buf, self.answer[: message.len], message.len)
                self.answer = self.answer[message.len :]
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return len(messages)


class _Os:
    """The module ``os`` with another ``open``."""

    def __init__(self, kernel: _Kernel) -> None:
        self.open = kernel.open

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> _Kernel:
    made = _Kernel()
    monkeypatch.setattr(smbus, "os", _Os(made))
    monkeypatch.setattr(smbus, "ioctl", made.ioctl)
    return made


@pytest.fixture
def bus(kernel: _Kernel) -> Iterator[SmbusI2cBus]:
    made = SmbusI2cBus("/dev/i2c-1")
    yield made
    made.close()


def test_a_register_is_read_in_one_transaction(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    kernel.answer = b"\x60"

    assert bus.transfer(0x76, [b"\xd0", 1]) == [b"\x60"]
    assert kernel.seen == [[(0x76, 0, b"\xd0"), (0x76, smbus.I2C_M_RD, b"\x00")]]


def test_writes_answer_nothing_and_reads_come_in_order(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    kernel.answer = b"\x01\x02\x03"

    assert bus.transfer(0x20, [b"\x14\xff\x00"]) == []
    assert bus.transfer(0x20, [2, b"\x00", 1]) == [b"\x01\x02", b"\x03"]


def test_a_transaction_that_is_repeated_is_read_anew_each_time(
    bus: SmbusI2cBus, kernel: _Kernel
) -> None:
    kernel.answer = b"\x01\x02\x03\x04\x05\x06"

    answers = [bus.transfer(0x48, [b"\x00", 2]) for _ in range(3)]

    assert answers == [[b"\x01\x02"], [b"\x03\x04"], [b"\x05\x06"]]
    assert [written for written, _ in kernel.seen] == [(0x48, 0, b"\x00")] * 3


def test_the_same_transaction_in_two_threads_shares_no_buffer(
    bus: SmbusI2cBus, kernel: _Kernel
) -> None:
    kernel.answer = b"\x01\x02\x03"
    assert bus.transfer(0x48, [b"\x00", 1]) == [b"\x01"]
    inner: list[list[bytes]] = []
    kernel.meanwhile = lambda: inner.append(bus.transfer(0x48, [b"\x00", 1]))

    assert bus.transfer(0x48, [b"\x00", 1]) == [b"\x02"]
    assert inner == [[b"\x03"]]


def test_more_transactions_than_are_kept_ready_all_work(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    for register in range(200):
        kernel.answer = bytes((register,))
        assert bus.transfer(0x48, [bytes((register,)), 1]) == [bytes((register,))]


def test_the_bus_is_opened_when_it_is_first_used_and_once(
    bus: SmbusI2cBus, kernel: _Kernel
) -> None:
    before = kernel.opened
    bus.open()
    bus.transfer(0x20, [b"\x00"])
    bus.transfer(0x20, [b"\x00"])

    assert (bus.name, before, kernel.opened) == ("/dev/i2c-1", 0, 1)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EREMOTEIO, "no acknowledge"),
        (errno.ENXIO, "no acknowledge"),
        (errno.EIO, "the transfer failed"),
        (errno.EAGAIN, "arbitration was lost"),
        (errno.EBUSY, "the kernel has given the address to a driver of its own"),
        (errno.EOPNOTSUPP, "the adapter cannot do such a transfer"),
        (errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_a_fault_names_bus_address_and_reason(
    bus: SmbusI2cBus, kernel: _Kernel, number: int, text: str
) -> None:
    """ROBUSTNESS.md B1."""
    kernel.fault = number

    with pytest.raises(BusError, match=f"/dev/i2c-1 address 0x76: {text}") as caught:
        bus.transfer(0x76, [b"\xd0", 1])

    assert caught.value.errno == number
    assert not isinstance(caught.value, BusTimeoutError)


def test_a_held_bus_is_a_timeout(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    kernel.fault = errno.ETIMEDOUT

    with pytest.raises(BusTimeoutError, match="is a line held low") as caught:
        bus.transfer(0x76, [1])

    assert caught.value.errno == errno.ETIMEDOUT


def test_the_bus_works_again_after_a_fault(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    kernel.fault = errno.EREMOTEIO
    with pytest.raises(BusError):
        bus.transfer(0x76, [b"\x00"])
    kernel.fault = None

    bus.transfer(0x76, [b"\x00"])

    assert kernel.opened == 1


def test_an_adapter_that_vanished_is_opened_again(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    bus.transfer(0x76, [b"\x00"])
    kernel.fault = errno.ENODEV
    with pytest.raises(BusError, match="the bus is gone"):
        bus.transfer(0x76, [b"\x00"])
    kernel.fault, kernel.open_fault = None, errno.ENOENT
    with pytest.raises(HardwareError, match="there is no such bus"):
        bus.transfer(0x76, [b"\x00"])
    kernel.open_fault = None

    bus.transfer(0x76, [b"\x00"])

    assert kernel.opened == 2


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOENT, "enable it with `sudo raspi-config nonint do_i2c 0`"),
        (errno.EACCES, "add the user to its group: `sudo usermod -aG i2c"),
        (errno.EMFILE, "Too many open files"),
    ],
)
def test_a_bus_that_cannot_be_opened_says_what_to_do(
    bus: SmbusI2cBus, kernel: _Kernel, number: int, advice: str
) -> None:
    kernel.open_fault = number

    with pytest.raises(HardwareError, match=f"/dev/i2c-1 cannot be opened: .*{advice}"):
        bus.open()


def test_a_half_opened_bus_leaves_no_descriptor(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    kernel.funcs_fault = errno.EIO

    with pytest.raises(HardwareError):
        bus.open()


def test_closing_twice_is_closing_once(bus: SmbusI2cBus, kernel: _Kernel) -> None:
    bus.open()
    bus.close()
    bus.close()


def test_a_bus_that_is_not_there_is_refused_by_the_real_kernel() -> None:
    with pytest.raises(HardwareError, match="/dev/i2c-250 cannot be opened: there is no such bus"):
        SmbusI2cBus("/dev/i2c-250").transfer(0x76, [1])
