"""Cut a stream of bytes into lines, whatever arrives, in bounded memory."""

from __future__ import annotations

__all__ = ["MAX_LINE", "LineSplitter"]

MAX_LINE = 1024
"""Bytes of one line; a longer one is counted and dropped."""


class LineSplitter:
    """Collects bytes until a line is complete; holds at most one line.

    The lines do not depend on how the bytes are cut into portions.

    Args:
        eol: what ends a line.
        limit: the longest line, without its end.

    Attributes:
        overlong: lines dropped because they were longer.
    """

    def __init__(self, eol: bytes, limit: int = MAX_LINE) -> None:
        self.overlong = 0
        self._eol = eol
        self._limit = limit
        self._buffer = bytearray()
        self._is_dropping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the lines they complete, without their ends."""
        self._buffer += data
        *whole, rest = bytes(self._buffer).split(self._eol)
        lines = []
        for line in whole:
            if self._is_dropping:
                self._is_dropping = False
            elif len(line) > self._limit:
                self.overlong += 1
            else:
                lines.append(line)
        self._keep(rest)
        return lines

    def _keep(self, rest: bytes) -> None:
        """Keep the start of a line, or just enough of one that is dropped to see its end."""
        tail = len(self._eol) - 1
        if not self._is_dropping and len(rest) > self._limit + tail:
            self._is_dropping = True
            self.overlong += 1
        if self._is_dropping:
            rest = rest[max(0, len(rest) - tail) :]
        self._buffer = bytearray(rest)
