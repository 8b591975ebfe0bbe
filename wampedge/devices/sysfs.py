"""What a driver for parts that the kernel drives has as ``self.bus``: files below ``/sys``.

The methods are ``async`` for the reader's sake only: they run at once, on a worker that all such
devices share, and a read lasts as long as the kernel takes for a measurement.
"""

from __future__ import annotations

from typing import Protocol

from wampedge.devices.abandonment import stop_if_abandoned
from wampedge.errors import BusError

__all__ = ["KernelFiles", "SysfsFolder"]


class KernelFiles(Protocol):
    """Reads and writes files of the kernel; blocks."""

    def read(self, path: str) -> bytes:
        """Return what a file says; raises OSError."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Write to a file; raises OSError."""
        ...

    def names(self, path: str) -> list[str]:
        """Return what is in a folder; raises OSError."""
        ...


class SysfsFolder:
    """The files of the kernel; used on a worker only.

    Args:
        files: what reads them.
    """

    __slots__ = ("_files",)

    def __init__(self, files: KernelFiles) -> None:
        self._files = files

    async def read(self, path: str) -> str:
        """Return what a file says, without the end of its line; raises BusError."""
        stop_if_abandoned()
        try:
            return self._files.read(path).decode(errors="replace").strip()
        except OSError as error:
            raise BusError(f"{path}: {error.strerror or error}", errno=error.errno) from error

    async def write(self, path: str, text: str) -> None:
        """Write *text* to a file; raises BusError."""
        stop_if_abandoned()
        try:
            self._files.write(path, text.encode())
        except OSError as error:
            raise BusError(f"{path}: {error.strerror or error}", errno=error.errno) from error

    async def names(self, path: str) -> list[str]:
        """Return what is in a folder; raises BusError."""
        stop_if_abandoned()
        try:
            return self._files.names(path)
        except OSError as error:
            raise BusError(f"{path}: {error.strerror or error}", errno=error.errno) from error
