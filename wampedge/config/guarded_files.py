"""Files beside the device file that are looked at before they are used: secrets, and code.

Each is read through the descriptor that was looked at, so that nothing can be put in its place
between the look and the reading. Nothing here waits (a FIFO, a terminal), reads without bound, or
shows what was read.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wampedge.devices.fields import FieldError

__all__ = ["read_code_file", "read_small_file"]

# Non-blocking: opening a FIFO that nobody writes to would wait for ever.
_FILE: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def read_small_file(path: Path, *, must_be_private: bool, max_bytes: int) -> bytes:
    """Return what is in a small regular file.

    Args:
        path: the file.
        must_be_private: refuse a file that others may read or write, or that is another user's.
        max_bytes: longest file that is taken.

    Raises:
        FieldError: it is not there, not a file, open to others or too long.
    """
    with _opened(path, _FILE, f"needs {path}, which") as descriptor:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FieldError(f"needs {path}, which is not a regular file")
        mode = stat.S_IMODE(status.st_mode)
        if must_be_private and mode & 0o077:
            text = f"needs {path}, which others may read or write (mode {mode:04o})"
            raise FieldError(text, f"chmod 600 {path}")
        if must_be_private and not _is_ours(status):
            raise FieldError(f"needs {path}, which belongs to another user")
        return _content(descriptor, f"needs {path}, which", max_bytes)


def read_code_file(base: Path, path: Path, *, max_bytes: int) -> bytes:
    """Return what is in a file of code that only root and we can change or exchange.

    Every folder from *base* to the file is opened from the one before, and looked at, without
    following links: whoever may write one of them could exchange the file.

    Args:
        base: folder of the device file, without links in its path.
        path: the file, somewhere below *base*, without links in its path.
        max_bytes: longest file that is taken.

    Raises:
        FieldError: it is not there, not a file, too long, or others have a say in it.
    """
    with contextlib.ExitStack() as stack:
        place = base
        descriptor = stack.enter_context(_opened(base, _FOLDER, f"names {path}, and {base}"))
        _refuse_shared(os.fstat(descriptor), place, path)
        for part in path.relative_to(base).parts:
            place = place / part
            flags = (_FILE if place == path else _FOLDER) | os.O_NOFOLLOW
            whose = f"names {path}, which" if place == path else f"names {path}, and {place}"
            descriptor = stack.enter_context(_opened(part, flags, whose, folder=descriptor))
            status = os.fstat(descriptor)
            if place == path and not stat.S_ISREG(status.st_mode):
                raise FieldError(f"names {path}, which is not a regular file")
            _refuse_shared(status, place, path)
        return _content(descriptor, f"names {path}, which", max_bytes)


@contextlib.contextmanager
def _opened(
    path: Path | str, flags: int, subject: str, *, folder: int | None = None
) -> Iterator[int]:
    """Open *path* for a while; raises FieldError that begins with *subject*."""
    try:
        descriptor = os.open(path, flags, dir_fd=folder)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FieldError(f"{subject} cannot be read: {reason.lower()}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_shared(status: os.stat_result, place: Path, path: Path) -> None:
    """Raise FieldError where others than root and we can change *place*."""
    # In a folder with the sticky bit, as /tmp, others can add files, but not exchange ours.
    is_sticky = stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_ISVTX)
    if status.st_mode & _OTHERS_WRITE and not is_sticky:
        raise FieldError(f"names {path}, and others may write {place}", f"run: chmod go-w {place}")
    if not _is_ours(status):
        text = f"names {path}, and {place} belongs to another user"
        raise FieldError(text, "its owner must be root or the user wampedge runs as")


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in (0, os.geteuid())


def _content(descriptor: int, subject: str, max_bytes: int) -> bytes:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        raw = file.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise FieldError(f"{subject} is too large ({max_bytes} bytes are taken)")
    return raw
