"""How a part made from a map behaves on the wire: messages in, bytes out."""

from __future__ import annotations

from typing import Protocol

__all__ = ["MapTarget", "Obedient"]

_FLOATING = 0xFF
"""What a master reads while nobody holds the data line."""


class Obedient(Protocol):
    """A chip that takes whole messages and has an answer to the last one."""

    def accepts(self, received: bytes) -> bool:
        """Say whether the last byte of *received* is acknowledged."""
        ...

    def obey(self, message: bytes) -> None:
        """Take a whole message; called at the stop or repeated start after it."""
        ...

    def answer(self) -> bytes | None:
        """Return what a read gets now; None: the address is not acknowledged."""
        ...

    def taken(self, count: int) -> None:
        """Note how many bytes a read has taken."""
        ...


class MapTarget:
    """Messages and answers of any length.

    Args:
        chip: what takes and gives them.
    """

    def __init__(self, chip: Obedient) -> None:
        self.stretch_s = 0.0
        self._chip = chip
        self._received = bytearray()
        self._answer = b""
        self._count = 0

    def start(self, is_read: bool) -> bool:
        """Obey what was written before a repeated start; fetch the answer for a read."""
        self._end()
        if not is_read:
            return True
        answer = self._chip.answer()
        if answer is None:
            return False
        self._answer = answer
        return True

    def write(self, byte: int) -> bool:
        """Take a byte of a message."""
        self._received.append(byte)
        if self._chip.accepts(bytes(self._received)):
            return True
        self._received.clear()
        return False

    def read(self) -> int:
        """Give the next byte of the answer; nothing holds the line after its end."""
        self._count += 1
        return self._answer[self._count - 1] if self._count <= len(self._answer) else _FLOATING

    def stop(self) -> None:
        """Obey the message that was written, or note what was read."""
        self._end()

    def _end(self) -> None:
        if self._count:
            self._chip.taken(self._count)
        self._count = 0
        if self._received:
            message = bytes(self._received)
            self._received.clear()
            self._chip.obey(message)
