"""The files of the kernel on a simulated board: real files in a folder, fresh at each access.

A part that the kernel drives says which files it has and what is in them now (``SysfsPart``). The
tree writes a file when somebody is about to open it, so a reader finds the present value in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Protocol

from wampedge_simulator.clock import BoardClock
from wampedge_simulator.faults import Faults
from wampedge_simulator.transactions import Taps, Transaction

__all__ = ["SYSFS_FAULTS", "SysfsPart", "SysfsTree"]

SYSFS_FAULTS = {
    "absent": "the kernel does not see the part: its folder is gone",
    "io_error": "reading a file of the part fails: errno 5",
    "stuck": "the sensor gives its last sample again",
}
"""Kinds every part behind files of the kernel can have, with what happens."""
_UNREADABLE = "/proc/self/mem"
"""A file that can be opened, and whose first byte can not be read: errno 5."""
_MEMORY = "/dev/shm"  # noqa: S108 # the folder made in it is private
"""A file system without a disk."""


class SysfsPart(Protocol):
    """A part behind files of the kernel."""

    faults: Faults

    @property
    def folder(self) -> str:
        """Its folder, such as ``/sys/bus/w1/devices/28-0316a2794f1b``."""
        ...

    def files(self) -> Mapping[str, bytes]:
        """Return its files by name, with what is in them now."""
        ...


class SysfsTree:
    """A folder that stands for ``/sys``; made at the first access, gone with ``close``.

    May be used from any thread.

    Args:
        parts: every part that has files.
        lock: the lock of the board.
        clock: tells when a file was looked at; needed with *taps*.
        taps: told of every look at a file.
    """

    def __init__(
        self,
        parts: Sequence[SysfsPart],
        lock: RLock,
        *,
        clock: BoardClock | None = None,
        taps: Taps | None = None,
    ) -> None:
        self._clock = clock
        self._taps = taps or Taps()
        self._parts = tuple(parts)
        self._lock = lock
        self._root: Path | None = None

    def replace(self, parts: Sequence[SysfsPart]) -> None:
        """Have the files of *parts* from now on, and of no others."""
        with self._lock:
            gone = {part.folder for part in self._parts} - {part.folder for part in parts}
            self._parts = tuple(parts)
            if self._root is not None:
                for folder in gone:
                    shutil.rmtree(self._below(self._root, folder), ignore_errors=True)

    def place(self, path: str) -> str:
        """Return where *path* is, after bringing it up to the present."""
        if self._taps.listeners and self._clock is not None:
            self._taps.tell(Transaction(self._clock.monotonic(), "sysfs", path, b"", b""))
        with self._lock:
            if self._root is None:
                # In memory where there is such a place: a file is renamed at each look.
                memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
                self._root = Path(tempfile.mkdtemp(prefix="wampedge-sysfs-", dir=memory))
            for part in self._parts:
                folder = self._below(self._root, part.folder)
                if (
                    part.faults.take("absent")
                    if path.startswith(part.folder)
                    else ("absent" in part.faults.pending)
                ):
                    shutil.rmtree(folder, ignore_errors=True)
                    continue
                folder.mkdir(parents=True, exist_ok=True)
                if path.startswith(f"{part.folder}/"):
                    if part.faults.take("io_error"):
                        return _UNREADABLE
                    self._write(folder, part.files())
                elif path == part.folder:
                    self._write(folder, part.files())
            return str(self._below(self._root, path))

    def close(self) -> None:
        """Remove the folder; twice is once."""
        with self._lock:
            if self._root is not None:
                shutil.rmtree(self._root, ignore_errors=True)
                self._root = None

    @staticmethod
    def _below(root: Path, path: str) -> Path:
        return root / path.removeprefix("/sys").lstrip("/")

    @staticmethod
    def _write(folder: Path, files: Mapping[str, bytes]) -> None:
        """Write *files*; a reader finds the old or the new one, never half of it."""
        for name, content in files.items():
            fresh = folder / f".{name}"
            fresh.write_bytes(content)
            os.replace(fresh, folder / name)  # noqa: PTH105 # says what it is for better than rename
