"""What a chip does on the wire, byte by byte, and the three ways most chips do it.

The contract can express what a real chip can: no acknowledge of the address or of byte k, repeated
start, a held clock line. A chip chooses one of the protocols here and states its registers or
commands behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = [
    "ByteRegisters",
    "CommandTarget",
    "Commands",
    "I2cTarget",
    "RegisterFile",
    "WordFile",
    "WordRegisters",
]

_FLOATING = 0xFF
"""What a master reads while nobody holds the data line."""


class I2cTarget(Protocol):
    """One chip as the wire sees it."""

    stretch_s: float
    """How long the chip holds the clock line low from now, in seconds; the bus resets it."""

    def start(self, is_read: bool) -> bool:
        """Take a start or repeated start with the chip's address; False: not acknowledged."""
        ...

    def write(self, byte: int) -> bool:
        """Take one byte; False: not acknowledged."""
        ...

    def read(self) -> int:
        """Give one byte, 0 to 255."""
        ...

    def stop(self) -> None:
        """Take the stop condition, or the end of a transaction that failed."""
        ...


class RegisterFile(Protocol):
    """A chip with byte registers."""

    def refresh(self) -> None:
        """Bring the registers up to the present; called at each start."""
        ...

    def peek(self, register: int) -> int:
        """Return a register, 0 to 255; may have the side effects reading has."""
        ...

    def poke(self, register: int, value: int) -> None:
        """Write a register."""
        ...


class ByteRegisters:
    """Byte registers behind a register pointer that moves on with each byte.

    Args:
        chip: the registers.
        following: the register after one; the next number if not given.
        writes_pairs: a write is (register, value) pairs, as Bosch sensors want it.
        pointer_size: bytes of a register number, high byte first.
    """

    def __init__(
        self,
        chip: RegisterFile,
        *,
        following: Callable[[int], int] | None = None,
        writes_pairs: bool = False,
        pointer_size: int = 1,
    ) -> None:
        self.stretch_s = 0.0
        self._chip = chip
        self._following = following or _next_of(1 << 8 * pointer_size)
        self._writes_pairs = writes_pairs
        self._pointer_size = pointer_size
        self._pointer = 0
        self._pointer_due = pointer_size

    def start(self, is_read: bool) -> bool:
        """Begin with the register number when written to, with the register when read."""
        self._pointer_due = self._pointer_size
        self._chip.refresh()
        return True

    def write(self, byte: int) -> bool:
        """Take the register number or a value."""
        if self._pointer_due:
            # The high byte of a longer number is pushed out by the bytes after it.
            self._pointer = (self._pointer << 8 | byte) & ((1 << 8 * self._pointer_size) - 1)
            self._pointer_due -= 1
            return True
        self._chip.poke(self._pointer, byte)
        self._pointer_due = self._pointer_size if self._writes_pairs else 0
        self._pointer = self._following(self._pointer)
        return True

    def read(self) -> int:
        """Give the register and move on."""
        value = self._chip.peek(self._pointer)
        self._pointer = self._following(self._pointer)
        return value

    def stop(self) -> None:
        """Keep the register pointer; the next read goes on from it."""


class WordFile(Protocol):
    """A chip with 16-bit registers."""

    def refresh(self) -> None:
        """Bring the registers up to the present; called at each start."""
        ...

    def peek(self, register: int) -> int:
        """Return a register, 0 to 65535; may have the side effects reading has."""
        ...

    def poke(self, register: int, value: int) -> None:
        """Write a register."""
        ...


class WordRegisters:
    """16-bit registers, high byte first, behind a pointer that stays where it is.

    A register is fetched at its first byte and written at its second, so no half is ever mixed.

    Args:
        chip: the registers.
        pointer_mask: which bits of the pointer byte count.
    """

    def __init__(self, chip: WordFile, *, pointer_mask: int) -> None:
        self.stretch_s = 0.0
        self._chip = chip
        self._pointer_mask = pointer_mask
        self._pointer = 0
        self._position = 0
        self._word = 0
        self._is_pointer_due = True

    def start(self, is_read: bool) -> bool:
        """Begin with the pointer when written to, with the high byte when read."""
        self._is_pointer_due = not is_read
        self._position = 0
        self._chip.refresh()
        return True

    def write(self, byte: int) -> bool:
        """Take the pointer, then values of the register."""
        if self._is_pointer_due:
            self._pointer = byte & self._pointer_mask
            self._is_pointer_due = False
            return True
        self._word = (self._word << 8 | byte) & 0xFFFF
        self._position ^= 1
        if self._position == 0:
            self._chip.poke(self._pointer, self._word)
        return True

    def read(self) -> int:
        """Give the high byte, then the low byte."""
        if self._position == 0:
            self._word = self._chip.peek(self._pointer)
        self._position ^= 1
        return self._word >> 8 if self._position else self._word & 0xFF

    def stop(self) -> None:
        """Keep the pointer; drop half a word."""
        self._position = 0


class Commands(Protocol):
    """A chip that takes 16-bit commands, some with arguments, and gives answers."""

    def is_ready(self, is_read: bool) -> bool:
        """Return whether the chip acknowledges its address now; called at each start."""
        ...

    def command(self, code: int, arguments: bytes) -> None:
        """Obey a command; called at the stop or repeated start after it."""
        ...

    def accepts(self, code: int) -> bool:
        """Return whether the chip knows command *code*."""
        ...

    def answer(self) -> bytes:
        """Return what a read gets now, and forget it; called at the start of a read."""
        ...


class CommandTarget:
    """16-bit commands, high byte first, and answers of any length.

    Args:
        chip: the commands.
    """

    def __init__(self, chip: Commands) -> None:
        self.stretch_s = 0.0
        self._chip = chip
        self._received = bytearray()
        self._answer = b""

    def start(self, is_read: bool) -> bool:
        """Obey what was written before a repeated start; fetch the answer for a read."""
        self._obey()
        if not self._chip.is_ready(is_read):
            return False
        self._answer = self._chip.answer() if is_read else b""
        return True

    def write(self, byte: int) -> bool:
        """Take a byte of the command; an unknown command is not acknowledged."""
        self._received.append(byte)
        if len(self._received) == 2:
            return self._chip.accepts(int.from_bytes(self._received, "big"))
        return True

    def read(self) -> int:
        """Give the next byte of the answer; nothing holds the line after its end."""
        if not self._answer:
            return _FLOATING
        byte, self._answer = self._answer[0], self._answer[1:]
        return byte

    def stop(self) -> None:
        """Obey the command that was written."""
        self._obey()

    def _obey(self) -> None:
        received, self._received = bytes(self._received), bytearray()
        if len(received) >= 2:
            code = int.from_bytes(received[:2], "big")
            if self._chip.accepts(code):
                self._chip.command(code, received[2:])


def _next_of(registers: int) -> Callable[[int], int]:
    return lambda register: (register + 1) % registers
