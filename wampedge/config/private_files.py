"""Small files that are read before anything starts: regular ones only, and secret where they must.

Nothing here waits (a FIFO, a terminal), reads without bound, or shows what was read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from wampedge.devices.fields import FieldError

__all__ = ["read_small_file"]


def read_small_file(path: Path, *, must_be_private: bool, max_bytes: int) -> bytes:
    """Return what is in a small regular file.

    Args:
        path: the file.
        must_be_private: refuse a file that others may read or write, or that is another user's.
        max_bytes: longest file that is taken.

    Raises:
        FieldError: it is not there, not a file, open to others or too long.
    """
    try:
        # Non-blocking: opening a FIFO that nobody writes to would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FieldError(f"needs {path}, which cannot be read: {reason.lower()}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise FieldError(f"needs {path}, which is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(status.st_mode)
        if must_be_private and mode & 0o077:
            text = f"needs {path}, which others may read or write (mode {mode:04o})"
            raise FieldError(text, f"chmod 600 {path}")
        if must_be_private and status.st_uid not in (0, os.geteuid()):
            raise FieldError(f"needs {path}, which belongs to another user")
        raw = file.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise FieldError(f"needs {path}, which is too large ({max_bytes} bytes are taken)")
    return raw
