"""How a part frames its bytes, and how frames are found in whatever arrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from wampedge.devices.checksums import CHECKSUMS, Checksum
from wampedge.records import Record

__all__ = [
    "FRAME_CHECKSUMS",
    "MAX_FRAME",
    "FrameCheck",
    "FrameFinder",
    "FrameFormat",
    "FrameLength",
]

MAX_FRAME: Final = 4096
"""Bytes of the longest frame, and of what is kept while one is looked for."""

FRAME_CHECKSUMS: Final[Mapping[str, Checksum]] = {
    **{name: checksum for name, checksum in CHECKSUMS.items() if name != "pec"},
    "minus_sum": Checksum(lambda payload: -sum(payload) & 0xFF),
    "sum16": Checksum(lambda payload: sum(payload) & 0xFFFF, size=2),
    "sum16_little": Checksum(lambda payload: sum(payload) & 0xFFFF, size=2, order="little"),
}
"""Those of registers, and: what makes the sum 0, and sums of two bytes."""


class FrameLength(Record):
    """Where a frame says how long it is.

    Attributes:
        at: first byte of the number.
        size: its bytes.
        endian: its byte order.
        plus: added to the number for the length of the whole frame.
    """

    at: int
    size: int = 1
    endian: Literal["big", "little"] = "big"
    plus: int = 0


class FrameCheck(Record):
    """What protects a frame.

    Attributes:
        kind: one of ``FRAME_CHECKSUMS``.
        start: first byte that is protected.
        at: where the checksum is; below zero: counted from the end of the frame.
    """

    kind: str
    start: int
    at: int


class FrameFormat(Record):
    """What a frame looks like.

    Attributes:
        header: the bytes it begins with.
        length: bytes of the whole frame, or where the frame says it.
        tail: the bytes it ends with.
        check: what protects it, or None.
    """

    header: bytes
    length: int | FrameLength
    tail: bytes = b""
    check: FrameCheck | None = None

    @property
    def least(self) -> int:
        """Bytes after which the length of a frame is known."""
        return self.length if isinstance(self.length, int) else self.length.at + self.length.size

    def size_of(self, start: bytes) -> int:
        """Return how long the frame is that begins with *start*; 0 where it can be none."""
        if isinstance(self.length, int):
            return self.length
        at, size = self.length.at, self.length.size
        total = int.from_bytes(start[at : at + size], self.length.endian) + self.length.plus
        return total if self.least <= total <= MAX_FRAME else 0

    def is_whole(self, frame: bytes) -> bool:
        """Say whether *frame*, of the right length, ends as it must and is not damaged."""
        if not frame.endswith(self.tail):
            return False
        if self.check is None:
            return True
        checksum = FRAME_CHECKSUMS[self.check.kind]
        at = self.check.at if self.check.at >= 0 else len(frame) + self.check.at
        return checksum.matches(frame[self.check.start : at], frame[at : at + checksum.size])


class FrameFinder:
    """Collects bytes and gives out frames; holds at most one and a half.

    The frames do not depend on how the bytes are cut into portions.

    Args:
        frame_format: what to look for.

    Attributes:
        damaged: headers with no good frame behind them.
        noise: bytes that belonged to no frame.
    """

    def __init__(self, frame_format: FrameFormat) -> None:
        self.damaged = 0
        self.noise = 0
        self._format = frame_format
        self._received = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the frames they complete."""
        self._received += data
        frames: list[bytes] = []
        while self._to_header():
            if len(self._received) < self._format.least:
                break
            size = self._format.size_of(bytes(self._received[: self._format.least]))
            if size and len(self._received) < size:
                break
            frame = bytes(self._received[:size])
            if size and self._format.is_whole(frame):
                frames.append(frame)
                del self._received[:size]
            else:
                # Not past the whole of it: a good frame may begin inside a broken one.
                self.damaged += 1
                self._skip(1)
        return frames

    def clear(self) -> None:
        """Forget the beginning of a frame."""
        self._received.clear()

    def _to_header(self) -> bool:
        """Drop what comes before a header; return whether there is one."""
        header = self._format.header
        at = self._received.find(header)
        if at >= 0:
            self._skip(at)
            return True
        kept = next(
            (n for n in range(len(header) - 1, 0, -1) if self._received.endswith(header[:n])), 0
        )
        self._skip(len(self._received) - kept)
        return False

    def _skip(self, count: int) -> None:
        self.noise += count
        del self._received[:count]
