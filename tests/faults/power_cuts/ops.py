"""What a program does to a disk, operation by operation."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MARKS", "Op"]

MARKS = "/marks"
"""A file that is none: what is written to it is a mark in the trace."""


class Op(NamedTuple):
    """One operation.

    Args:
        kind: ``create``, ``mkdir``, ``write``, ``truncate``, ``fsync``, ``fsyncdir``, ``rename``,
            ``unlink`` or ``mark``.
        path: of the file, or folder.
        offset: of a write, or the new length of a truncation.
        data: what is written, or the mark.
        to: the new name.
    """

    kind: str
    path: str
    offset: int = 0
    data: bytes = b""
    to: str = ""
