"""1-Wire through the files of the kernel: a folder for each part below ``/sys/bus/w1/devices``.

A read of a thermometer's file starts a conversion and waits for it, so it blocks for up to 0.75 s.
"""

from __future__ import annotations

import errno
import re

from wampedge.errors import BusError, HardwareError
from wampedge.hardware.sysfs import SysfsFiles

__all__ = ["SysfsOneWireBus"]

_ROM_ID = re.compile(r"[0-9a-f]{2}-[0-9a-f]{12}")


class SysfsOneWireBus:
    """All 1-Wire buses of the kernel, which shows their parts in one folder.

    Blocks; used by one worker only.

    Args:
        path: the folder.
        files: how files of the kernel are read.
    """

    def __init__(self, path: str, files: SysfsFiles) -> None:
        self.name = path
        self._files = files

    def open(self) -> None:
        """Look whether the kernel has a 1-Wire bus at all; raises HardwareError."""
        try:
            self._files.names(self.name)
        except OSError as error:
            raise HardwareError(
                f"{self.name} is not there: the kernel has no 1-Wire bus; enable it with"
                " `dtoverlay=w1-gpio` in /boot/firmware/config.txt"
            ) from error

    def read(self, rom_id: str, file: str) -> bytes:
        """Return what *file* of the part *rom_id* says; raises BusError."""
        try:
            return self._files.read(f"{self.name}/{rom_id}/{file}")
        except OSError as error:
            raise self._failure(error, rom_id, file) from error

    def write(self, rom_id: str, file: str, data: bytes) -> None:
        """Write *data* to *file* of the part *rom_id*; raises BusError."""
        try:
            self._files.write(f"{self.name}/{rom_id}/{file}", data)
        except OSError as error:
            raise self._failure(error, rom_id, file) from error

    def rom_ids(self) -> list[str]:
        """Return the parts the kernel has found; raises BusError."""
        try:
            names = self._files.names(self.name)
        except OSError as error:
            raise BusError(f"{self.name}: {error.strerror}", errno=error.errno) from error
        return sorted(name for name in names if _ROM_ID.fullmatch(name))

    def close(self) -> None:
        """Do nothing: files are closed after each read."""

    def _failure(self, error: OSError, rom_id: str, file: str) -> BusError:
        if error.errno in {errno.ENOENT, errno.ENODEV}:
            if not self._has(rom_id):
                text = f"the kernel sees no part {rom_id} on its 1-Wire bus"
                return BusError(f"{text} ({self._others(rom_id)})", errno=error.errno)
            return BusError(f"the part {rom_id} has no file {file}", errno=error.errno)
        return BusError(f"{rom_id}: {error.strerror or error}", errno=error.errno)

    def _has(self, rom_id: str) -> bool:
        try:
            return rom_id in self._files.names(self.name)
        except OSError:
            return False

    def _others(self, rom_id: str) -> str:
        try:
            found = [name for name in self.rom_ids() if name != rom_id]
        except BusError:
            found = []
        return f"it sees {', '.join(found[:8])}" if found else "it sees none: check the wiring"
