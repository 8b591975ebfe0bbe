"""SPI through spidev, or what stands in its place."""

from __future__ import annotations

import errno
import sys
from types import ModuleType
from typing import Any

import pytest

from wampedge.devices.contracts import SpiSettings
from wampedge.errors import BusError, HardwareError
from wampedge.hardware.spi import SpidevBus


class RecordedDev:
    """``SpiDev`` of a module the test puts in place."""

    opened: list[RecordedDev]
    error: OSError | None = None
    transfer_error: OSError | None = None

    def __init__(self) -> None:
        self.node: tuple[int, int] | None = None
        self.mode = self.max_speed_hz = 0

    def open(self, bus: int, device: int) -> None:
        if self.error is not None:
            raise self.error
        self.node = (bus, device)
        self.opened.append(self)

    def xfer2(self, values: list[int]) -> list[int]:
        if self.transfer_error is not None:
            raise self.transfer_error
        return [value ^ 0xFF for value in values]

    def close(self) -> None:
        self.node = None


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> type[RecordedDev]:
    class Dev(RecordedDev):
        opened: list[RecordedDev] = []  # noqa: RUF012 # a class of its own for each test

    module: Any = ModuleType("spidev")
    module.SpiDev = Dev
    monkeypatch.setitem(sys.modules, "spidev", module)
    return Dev


SETTINGS = SpiSettings(1, 3, 500_000)


def test_each_chip_is_opened_once_with_its_mode_and_speed(dev: type[RecordedDev]) -> None:
    bus = SpidevBus("/dev/spidev0")

    assert bus.transfer(SETTINGS, b"\x01\x02") == b"\xfe\xfd"
    bus.transfer(SETTINGS, b"\x01")

    (chip,) = dev.opened
    assert (chip.node, chip.mode, chip.max_speed_hz) == ((0, 1), 3, 500_000)
    bus.close()
    assert chip.node is None


def test_without_the_package_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spidev", None)

    with pytest.raises(HardwareError, match=r"pip install wampedge\[spi\]"):
        SpidevBus("/dev/spidev0").open()


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOENT, "dtparam=spi=on"), (errno.EACCES, "usermod -aG spi"),
     (errno.EINVAL, "mode or speed"), (errno.EBUSY, "busy")],
)  # fmt: skip
def test_a_node_that_cannot_be_opened_says_what_to_do(
    dev: type[RecordedDev], number: int, advice: str
) -> None:
    dev.error = OSError(number, "Device or resource busy")

    with pytest.raises(HardwareError, match=advice):
        SpidevBus("/dev/spidev0").transfer(SETTINGS, b"\x00")


def test_a_failed_transfer_is_told_and_the_node_opened_again(dev: type[RecordedDev]) -> None:
    bus = SpidevBus("/dev/spidev0")
    dev.transfer_error = OSError(errno.EIO, "Input/output error")
    with pytest.raises(BusError, match=r"/dev/spidev0.1: Input/output error"):
        bus.transfer(SETTINGS, b"\x00")
    dev.transfer_error = None

    assert bus.transfer(SETTINGS, b"\x00") == b"\xff"
    assert len(dev.opened) == 2


def test_more_than_the_kernel_takes_is_refused_before_it_is_sent(dev: type[RecordedDev]) -> None:
    with pytest.raises(BusError, match="4096 are the limit"):
        SpidevBus("/dev/spidev0").transfer(SETTINGS, bytes(4097))
    assert dev.opened == []
