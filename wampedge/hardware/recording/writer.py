"""The file of a trace: one line a transaction, on its way to the disk before the next one begins.

Each line is handed to the kernel whole, so a node that is killed leaves full lines behind; only
when the power fails the last ones are lost, and one may be cut.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.devices.contracts import Clock
from wampedge.errors import HardwareError
from wampedge.hardware.recording.entries import Entry, encode, header_line

__all__ = ["DEFAULT_LIMIT_BYTES", "TraceWriter"]

log = logging.getLogger(__name__)

DEFAULT_LIMIT_BYTES: Final = 64 * 1024 * 1024
_NS: Final = 1_000_000_000
_RESERVED_BYTES: Final = 64
"""What the line takes that says that the file is full."""


class TraceWriter:
    """Writes one trace; any thread may. A file that is there already becomes ``FILE.1``.

    Args:
        path: the file; made readable for its owner only.
        clock: the node's clock.
        header: what its first line says beside format and version; times count from its
            ``monotonic``, in seconds of *clock*.
        limit_bytes: how long it may get; then recording ends, which is logged once.

    Raises:
        HardwareError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        header: Mapping[str, Any],
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
    ) -> None:
        self.path = path
        self.is_on = True
        self._clock = clock
        self._limit = limit_bytes - _RESERVED_BYTES
        self._size = 0
        self._lock = threading.Lock()
        try:
            if path.exists():
                path.replace(path.with_name(f"{path.name}.1"))
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise HardwareError(f"{path} cannot be written: {error.strerror}") from error
        self._start_ns: int = round(header["monotonic"] * _NS)
        self._put(header_line(header))

    def now_ns(self) -> int:
        """Return the nanoseconds since the start."""
        return round(self._clock.monotonic() * _NS) - self._start_ns

    def since_start(self, stamp_ns: int) -> int:
        """Return the nanoseconds since the start of a time of the node's monotonic clock."""
        return stamp_ns - self._start_ns

    def write(self, entry: Entry) -> None:
        """Write *entry*, while there is room; raises nothing."""
        if self.is_on:
            self._put(encode(entry))

    def close(self) -> None:
        """End the trace; twice is once."""
        with self._lock:
            self._end()

    def _put(self, text: str) -> None:
        line = f"{text}\n".encode()
        with self._lock:
            if not self.is_on:
                return
            if self._size + len(line) > self._limit:
                full = encode(Entry(self.now_ns(), "mark", "", op="full"))
                with contextlib.suppress(OSError):
                    os.write(self._descriptor, f"{full}\n".encode())
                log.warning("%s is full (%d bytes): recording ends here", self.path, self._size)
                self._end()
                return
            try:
                self._size += os.write(self._descriptor, line)
            except OSError as error:  # nothing may happen to the node because of its recorder
                log.warning("%s: %s: recording ends here", self.path, error.strerror)
                self._end()

    def _end(self) -> None:
        if self.is_on:
            self.is_on = False
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
