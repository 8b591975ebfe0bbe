"""Files of the kernel: small texts that are made when they are read.

A simulated board has the same files elsewhere: the substrate says where, for each access, and
brings them up to the present before it answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["MAX_FILE_BYTES", "SysfsFiles"]

MAX_FILE_BYTES = 4096
"""One page: the kernel makes no longer ones, but for binary files that nobody reads here."""


class SysfsFiles:
    """Reads and writes files of the kernel; blocks, so it is for workers only.

    Args:
        place: where a path below ``/sys`` really is now.
    """

    def __init__(self, place: Callable[[str], str]) -> None:
        self._place = place

    def read(self, path: str) -> bytes:
        """Return what the file says; raises OSError."""
        descriptor = os.open(self._place(path), os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(descriptor, MAX_FILE_BYTES)
        finally:
            os.close(descriptor)

    def write(self, path: str, data: bytes) -> None:
        """Write *data* at once, as the kernel wants it; raises OSError."""
        descriptor = os.open(self._place(path), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def names(self, path: str) -> list[str]:
        """Return what is in a folder, sorted; raises OSError."""
        return sorted(entry.name for entry in Path(self._place(path)).iterdir())
