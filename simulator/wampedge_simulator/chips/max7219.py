"""Maxim MAX7219: a chain of them with their digits or matrices, SPI.

From the datasheet 19-4452: 16 bits are shifted in, and taken when CS rises (table 1); each chip
hands on what it had (DOUT); registers of table 2; Code B font (table 5), segments (table 6),
intensity (table 7: 1/32 to 31/32), scan limit (table 8), display test, and the state after
power-on: shut down, one digit scanned, no decoding, lowest intensity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips._segments import read_digit
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS

__all__ = ["PART", "Max7219"]

_DECODE, _INTENSITY, _SCAN_LIMIT, _RUNS, _TEST = 0x9, 0xA, 0xB, 0xC, 0xF
_SEGMENTS = ".abcdefg"
"""From bit 7 down."""
_CODE_B = (
    0x7E,
    0x30,
    0x6D,
    0x79,
    0x33,
    0x5B,
    0x5F,
    0x70,
    0x7F,
    0x7B,
    0x01,
    0x4F,
    0x37,
    0x0E,
    0x67,
    0,
)


class _Chip:
    """One chip of the chain: its registers and what its eight digit lines drive."""

    def __init__(self) -> None:
        self.registers = bytearray(16)

    @property
    def brightness(self) -> float:
        """Share of the time its LEDs are lit."""
        return (2 * (self.registers[_INTENSITY] & 0x0F) + 1) / 32

    def digit(self, number: int) -> int:
        """Return the segments of digit line *number* that are lit."""
        if self.registers[_TEST] & 1:
            return 0xFF
        if not self.registers[_RUNS] & 1 or number > self.registers[_SCAN_LIMIT] & 0x07:
            return 0x00
        value = self.registers[1 + number]
        is_decoded = self.registers[_DECODE] >> number & 1
        return value & 0x80 | _CODE_B[value & 0x0F] if is_decoded else value


class Max7219(Part):
    """The chain; ``shown`` is one line of digits, or 8 rows of ``#`` and ``.``."""

    fault_kinds: ClassVar = {
        kind: SPI_FAULTS[kind] for kind in ("absent", "brown_out", "miso_low", "miso_high")
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self
        params = wired.params
        self._is_matrix = params.get("kind") == "matrix"
        self._digits = int(params.get("digits", 8))
        self._is_first_right = params.get("first", "right") == "right"
        self._turned = int(params.get("turned", 0))
        self._count = int(params.get("chips", 1))
        self.power_up()

    @property
    def modes(self) -> frozenset[int]:
        """Mode 0: DIN is taken at the rising edge."""
        return frozenset({0})

    @property
    def brightness(self) -> float:
        """Share of the time LEDs of the first chip are lit; 0 while it is shut down."""
        first = self._chain[0]
        return first.brightness if first.registers[_RUNS] & 1 else 0.0

    @property
    def shown(self) -> list[str]:
        """What people see."""
        chips = self._chain[::-1] if self._is_first_right else self._chain
        if not self._is_matrix:
            digits = [c.digit(n) for c in chips for n in reversed(range(self._digits))]
            lit = [
                [s for s, bit in zip(_SEGMENTS, f"{d:08b}", strict=True) if bit == "1"]
                for d in digits
            ]
            return ["".join(read_digit(each) for each in lit)]
        blocks = [_seen([f"{c.digit(n):08b}" for n in range(8)], self._turned) for c in chips]
        rows = ["".join(block[row] for block in blocks) for row in range(8)]
        return [row.replace("1", "#").replace("0", ".") for row in rows]

    def power_up(self) -> None:
        """Be dark."""
        self._chain = [_Chip() for _ in range(self._count)]
        self._shifted = bytes(2 * self._count)

    def transfer(self, sent: bytes) -> bytes:
        """Shift bytes through the chain; at the end each chip takes the 16 bits it has.

        DOUT of the last chip is not wired to MISO, which floats.
        """
        self._shifted = (self._shifted + sent)[-2 * self._count :]
        words = [self._shifted[at : at + 2] for at in range(0, 2 * self._count, 2)]
        for chip, word in zip(self._chain, reversed(words), strict=True):
            if word[0] & 0x0F:
                chip.registers[word[0] & 0x0F] = word[1]
        return b"\xff" * len(sent)


def _seen(rows: Sequence[str], turned: int) -> list[str]:
    """Return the rows of a matrix that was mounted turned clockwise by so many degrees."""
    seen = [list(row) for row in rows]
    for _ in range(turned // 90):
        seen = [[seen[7 - x][y] for x in range(8)] for y in range(8)]
    return ["".join(row) for row in seen]


PART = Max7219
