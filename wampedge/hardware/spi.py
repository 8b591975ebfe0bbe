"""SPI through spidev: one open node for each chip select, full-duplex transfers.

``spidev`` is an extra (``pip install wampedge[spi]``) and is imported when a bus is opened.
"""

from __future__ import annotations

import contextlib
import errno
from importlib import import_module
from typing import Any

from wampedge.devices.contracts import SpiSettings
from wampedge.errors import BusError, HardwareError

__all__ = ["SpidevBus"]

MAX_TRANSFER_BYTES = 4096
"""What the kernel takes at once, unless its module was loaded with another ``bufsiz``."""


class SpidevBus:
    """One SPI bus, ``/dev/spidevN.*``; its nodes are opened when their chips are first used.

    Blocks; used by the worker of the bus only.

    Args:
        path: the nodes without the chip select, such as ``/dev/spidev0``.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._number = int(path.removeprefix("/dev/spidev"))
        self._library: Any = None
        self._chips: dict[SpiSettings, Any] = {}

    def open(self) -> None:
        """Load the library; raises HardwareError when it is not there."""
        try:
            self._library = import_module("spidev")
        except ImportError as error:
            raise HardwareError(
                f"{self.name} needs the package spidev; install it with"
                " `pip install wampedge[spi]` or `sudo apt install python3-spidev`"
            ) from error

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        """Send *data* while its chip is selected; return what came back; raises BusError."""
        if len(data) > MAX_TRANSFER_BYTES:
            raise BusError(
                f"{self.name}: {len(data)} bytes at once, {MAX_TRANSFER_BYTES} are the limit"
            )
        chip = self._chips.get(settings) or self._open_chip(settings)
        try:
            return bytes(chip.xfer2(list(data)))
        except OSError as error:
            self._drop(settings)
            text = f"{self.name}.{settings.chip_select}: {error.strerror or error}"
            raise BusError(text, errno=error.errno) from error

    def close(self) -> None:
        """Close every node; the next transfer opens its own again."""
        for settings in list(self._chips):
            self._drop(settings)

    def _open_chip(self, settings: SpiSettings) -> Any:
        if self._library is None:
            self.open()
        chip = self._library.SpiDev()
        try:
            chip.open(self._number, settings.chip_select)
            chip.mode = settings.mode
            chip.max_speed_hz = settings.max_speed_hz
        except OSError as error:
            with contextlib.suppress(OSError):
                chip.close()
            node = f"{self.name}.{settings.chip_select}"
            raise HardwareError(f"{node} cannot be opened: {_advice(error)}") from error
        self._chips[settings] = chip
        return chip

    def _drop(self, settings: SpiSettings) -> None:
        chip = self._chips.pop(settings, None)
        if chip is not None:
            with contextlib.suppress(OSError):
                chip.close()


def _advice(error: OSError) -> str:
    if error.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return (
            "there is no such node; enable the bus with `sudo raspi-config nonint do_spi 0`"
            " or `dtparam=spi=on` in /boot/firmware/config.txt"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return "no right to use it; add the user to its group: `sudo usermod -aG spi $USER`"
    if error.errno == errno.EINVAL:
        return "the adapter cannot do this mode or speed"
    return error.strerror or str(error)
