"""One simulated SPI bus: selects a chip, moves bytes both ways, and lets faults strike."""

from __future__ import annotations

from threading import RLock
from typing import Protocol

from wampedge.errors import HardwareError
from wampedge_simulator.clock import BoardClock
from wampedge_simulator.part import Part
from wampedge_simulator.transactions import Taps, Transaction

__all__ = ["SPI_FAULTS", "SimulatedSpiBus", "SpiTarget"]

SPI_FAULTS = {
    "absent": "the part is unplugged and MISO floats high; it comes back in its power-on state",
    "miso_low": "MISO is held low: every bit reads 0",
    "miso_high": "MISO is held high: every bit reads 1",
    "glitch": "one bit of what is read is wrong",
    "brown_out": "the supply drops for a moment: registers fall back to their power-on state",
    "stuck": "the sensor gives its last sample again",
}
"""Kinds every chip on an SPI bus can have, with what happens."""

_HIGH, _LOW = 0xFF, 0x00


class SpiTarget(Protocol):
    """One chip as the wire sees it."""

    @property
    def modes(self) -> frozenset[int]:
        """The clock modes it understands."""
        ...

    def transfer(self, sent: bytes) -> bytes:
        """Take the bytes of one selection; return as many, those the chip drove meanwhile."""
        ...


class SimulatedSpiBus:
    """The wires and the chips on them; any thread may use it.

    Args:
        number: the N of ``/dev/spidevN.*``.
        lock: the lock of the board.
        clock: tells when a transaction was; needed with *taps*.
        taps: told of every transaction.
    """

    def __init__(
        self,
        number: int,
        *,
        lock: RLock,
        clock: BoardClock | None = None,
        taps: Taps | None = None,
    ) -> None:
        self.number = number
        self._clock = clock
        self._taps = taps or Taps()
        self._lock = lock
        self._chips: dict[int, tuple[Part, SpiTarget]] = {}

    def attach(self, chip_select: int, part: Part, target: SpiTarget) -> None:
        """Put a chip at *chip_select*; raises HardwareError where there is one already."""
        if chip_select in self._chips:
            other = self._chips[chip_select][0].name
            text = f"chip select {chip_select} of SPI bus {self.number} is taken by {other}"
            raise HardwareError(text, device=part.name)
        self._chips[chip_select] = (part, target)

    def detach(self, part: Part) -> None:
        """Take a chip off the bus, if it is on it."""
        with self._lock:
            self._chips = {cs: chip for cs, chip in self._chips.items() if chip[0] is not part}

    def transfer(self, chip_select: int, mode: int, sent: bytes) -> bytes:
        """Run one selection and return what was on MISO; there are no errors on this bus."""
        answer = self._transfer(chip_select, mode, sent)
        if self._taps.listeners and self._clock is not None:
            at_s, bus = self._clock.monotonic(), f"/dev/spidev{self.number}"
            self._taps.tell(Transaction(at_s, bus, str(chip_select), sent, answer))
        return answer

    def _transfer(self, chip_select: int, mode: int, sent: bytes) -> bytes:
        found = self._chips.get(chip_select)
        if found is None:
            return bytes((_HIGH,)) * len(sent)
        part, target = found
        with self._lock:
            level = _held(part)
            if level is not None:
                return bytes((level,)) * len(sent)
            answer = bytearray(target.transfer(sent))
            if mode not in target.modes:  # sampled at the wrong edge: all bits come one late
                answer = bytearray(_late(bytes(answer)))
            if answer and part.faults.take("glitch"):
                answer[len(answer) // 2] ^= 0x10
            return bytes(answer)


def _held(part: Part) -> int | None:
    """Return what every byte on MISO is because of a fault, or None."""
    if not part.faults.pending:
        return None
    if part.faults.take("absent"):
        part.power_up()
        return _HIGH
    if part.faults.take("miso_high"):
        return _HIGH
    return _LOW if part.faults.take("miso_low") else None


def _late(answer: bytes) -> bytes:
    size = 8 * len(answer)
    return (int.from_bytes(answer, "big") >> 1 | 1 << size - 1).to_bytes(len(answer), "big")
