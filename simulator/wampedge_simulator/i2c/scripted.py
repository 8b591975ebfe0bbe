"""A chip that answers what a test says, for drivers whose part nobody has modelled yet."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["ScriptedChip", "ScriptedPart"]

_FLOATING = 0xFF
_KINDS = {
    errno.EREMOTEIO: "nack",
    errno.ENXIO: "nack",
    errno.ETIMEDOUT: "timeout",
    errno.EIO: "bus_stuck",
}
"""Which fault makes the adapter give an error number."""


class ScriptedChip:
    """A chip on an I2C bus, told byte by byte what to answer.

    Registers are read on from any place of their content, as most chips do: after the last byte
    comes the register that follows, or 0xFF where there is none. What is written changes them.

    Args:
        registers: content from a register on.
        answers: what is read after exactly these bytes were written; looked up first.

    Attributes:
        written: every message that was written, in order, register number included.
    """

    def __init__(
        self,
        registers: Mapping[int, bytes] | None = None,
        answers: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self.registers = dict(registers or {})
        self.answers = dict(answers or {})
        self.written: list[bytes] = []
        self._failures: list[tuple[str, int | None]] = []
        self._parts: list[ScriptedPart] = []

    def fail(self, error: OSError, times: int | None = 1) -> None:
        """Let the next *times* transactions end with *error*; None: until ``recover``.

        Raises:
            ValueError: no adapter gives this error number.
        """
        kind = _KINDS.get(error.errno or 0)
        if kind is None:
            known = ", ".join(str(number) for number in _KINDS)
            raise ValueError(f"errno must be one of {known}, got {error.errno}")
        self._failures.append((kind, times))
        for part in self._parts:
            with part.bench.lock:
                part.begin_fault(kind, times)

    def recover(self) -> None:
        """End all failures."""
        self._failures.clear()
        for part in self._parts:
            with part.bench.lock:
                part.end_fault()

    def part(self, wired: WiredDevice, bench: Bench) -> ScriptedPart:
        """Return the part of the board that answers for this chip."""
        part = ScriptedPart(wired, bench)
        part.target = _ScriptedTarget(self)
        for kind, times in self._failures:
            part.begin_fault(kind, times)
        self._parts.append(part)
        return part

    def byte_at(self, register: int, offset: int) -> int:
        """Return the byte *offset* bytes after the begin of *register*."""
        for start in (register, *sorted(self.registers, reverse=True)):
            content, place = self.registers.get(start, b""), register + offset - start
            if 0 <= place < len(content):
                return content[place]
        return _FLOATING

    def store(self, register: int, content: bytes) -> None:
        """Change the registers from *register* on."""
        if register in self.registers:
            self.registers[register] = content + self.registers[register][len(content) :]
            return
        for start, old in self.registers.items():
            place = register - start
            if place > 0 and place + len(content) <= len(old):
                self.registers[start] = old[:place] + content + old[place + len(content) :]
                return
        self.registers[register] = content


class ScriptedPart(Part):
    """The part of a scripted chip on one board."""

    fault_kinds: ClassVar = I2C_FAULTS
    target: _ScriptedTarget


class _ScriptedTarget:
    """The chip on the wire."""

    def __init__(self, chip: ScriptedChip) -> None:
        self.stretch_s = 0.0
        self._chip = chip
        self._received = bytearray()
        self._message = b""
        self._given = 0

    def start(self, is_read: bool) -> bool:
        """Take what was written before a repeated start."""
        self._take()
        self._given = 0
        return True

    def write(self, byte: int) -> bool:
        """Take a byte of the message."""
        self._received.append(byte)
        return True

    def read(self) -> int:
        """Give the next byte of the answer, or of the register the last message named."""
        offset, self._given = self._given, self._given + 1
        answer = self._chip.answers.get(self._message)
        if answer is not None:
            return answer[offset] if offset < len(answer) else _FLOATING
        return self._chip.byte_at(self._message[0] if self._message else 0, offset)

    def stop(self) -> None:
        """Take what was written."""
        self._take()

    def _take(self) -> None:
        if not self._received:
            return
        self._message, self._received = bytes(self._received), bytearray()
        self._chip.written.append(self._message)
        if len(self._message) > 1 and self._message not in self._chip.answers:
            self._chip.store(self._message[0], self._message[1:])
