"""The seam beneath spidev: a module of that name whose ``SpiDev`` finds the simulated buses.

spidev is compiled code, so its module is replaced as a whole while a bus is simulated; drivers that
say ``import spidev`` run unmodified, whether or not it is installed. An SPI node that is not in the
device file does not exist meanwhile: a simulation never touches real hardware.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Self

from wampedge_simulator.spi.bus import SimulatedSpiBus

__all__ = ["SimulatedSpiDev", "install", "remove"]

_MAX_CHIP_SELECT = 15
_buses_by_number: dict[int, list[SimulatedSpiBus]] = {}
_own_buses: ContextVar[Sequence[SimulatedSpiBus]] = ContextVar("_own_spi_buses", default=())
_replaced: list[ModuleType | None] = []
"""What was called spidev before, while a bus is simulated."""


class SimulatedSpiDev:
    """``spidev.SpiDev`` on a simulated bus; one open node.

    Args:
        bus: number of the bus to open at once, with *device*.
        device: chip select.
    """

    def __init__(self, bus: int | None = None, device: int | None = None) -> None:
        self.mode = 0
        self.max_speed_hz = 125_000_000
        self.bits_per_word = 8
        self.cshigh = self.lsbfirst = self.threewire = self.loop = self.no_cs = False
        self._bus: SimulatedSpiBus | None = None
        self._chip_select = 0
        if bus is not None and device is not None:
            self.open(bus, device)

    def open(self, bus: int, device: int) -> None:
        """Open ``/dev/spidevBUS.DEVICE``; raises FileNotFoundError."""
        found = _find(bus)
        if found is None or not 0 <= device <= _MAX_CHIP_SELECT:
            path = f"/dev/spidev{bus}.{device}"
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self._bus, self._chip_select = found, device

    def close(self) -> None:
        """Close the node."""
        self._bus = None

    def xfer2(
        self, values: Sequence[int], speed_hz: int = 0, delay_usecs: int = 0, bits_per_word: int = 0
    ) -> list[int]:
        """Send *values* in one selection; return what came back."""
        if self._bus is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return list(self._bus.transfer(self._chip_select, self.mode & 3, bytes(values)))

    def xfer(
        self, values: Sequence[int], speed_hz: int = 0, delay_usecs: int = 0, bits_per_word: int = 0
    ) -> list[int]:
        """Send *values*, each in a selection of its own, as spidev does it."""
        return [answer for value in values for answer in self.xfer2([value])]

    def xfer3(
        self, values: Sequence[int], speed_hz: int = 0, delay_usecs: int = 0, bits_per_word: int = 0
    ) -> tuple[int, ...]:
        """Send *values* in one selection; return what came back."""
        return tuple(self.xfer2(values))

    def readbytes(self, count: int) -> list[int]:
        """Read *count* bytes, sending zeros."""
        return self.xfer2(bytes(count))

    def writebytes(self, values: Sequence[int]) -> None:
        """Send *values* in one selection."""
        self.xfer2(values)

    def writebytes2(self, values: Sequence[int]) -> None:
        """Send *values* in one selection, however many they are."""
        self.xfer2(values)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def install(buses: Sequence[SimulatedSpiBus]) -> None:
    """Let spidev find *buses* from now on; the newest of one number is found first."""
    for bus in buses:
        _buses_by_number.setdefault(bus.number, []).append(bus)
    _own_buses.set((*_own_buses.get(), *buses))
    if not _replaced:
        module: Any = ModuleType("spidev", "spidev on a simulated board.")
        module.SpiDev = SimulatedSpiDev
        _replaced.append(sys.modules.get("spidev"))
        sys.modules["spidev"] = module


def remove(buses: Iterable[SimulatedSpiBus]) -> None:
    """Take *buses* away, as far as they are there; the last one gives spidev back as it was."""
    for bus in buses:
        others = _buses_by_number.get(bus.number, [])
        if bus not in others:
            continue
        others.remove(bus)
        if not others:
            del _buses_by_number[bus.number]
    if not _buses_by_number and _replaced:
        before = _replaced.pop()
        if before is None:
            del sys.modules["spidev"]
        else:
            sys.modules["spidev"] = before


def _find(number: int) -> SimulatedSpiBus | None:
    found = _buses_by_number.get(number)
    if not found:
        return None
    own = _own_buses.get()
    return next((bus for bus in reversed(found) if bus in own), found[-1])
