"""Hitachi HD44780 character display behind an NXP or TI PCF8574 with the usual wiring.

From the datasheets: PCF8574 (SCPS068: quasi-bidirectional port, all high after power-on), HD44780U
(ADE-207-272(Z): bytes in halves at the falling edge of E, instructions of table 6 and how long they
take, 80 letters of memory, ROM A00, the state after power-on: 8 bits, display off). An instruction
that comes too early after CLEAR is lost, as it is for the real one.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Hd44780"]

RS, RW, E, BACKLIGHT = 0x01, 0x02, 0x04, 0x08
LONG_S, POWER_ON_S = 0.00152, 0.04
MEMORY = 0x68
"""Places 0x00 to 0x27 and 0x40 to 0x67 exist."""
ROM_A00 = {
    0x5C: "¥", 0x7E: "→", 0x7F: "←", 0xDF: "°", 0xE1: "ä", 0xE2: "ß", 0xE4: "µ", 0xE8: "√",
    0xEF: "ö", 0xF3: "∞", 0xF4: "Ω", 0xF5: "ü", 0xF6: "Σ", 0xF7: "π", 0xFD: "÷",
}  # fmt: skip


class Hd44780(Part):
    """The display; ``shown`` is its lines, as somebody before it reads them."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        width, _, lines = str(wired.params.get("size", "16x2")).partition("x")
        self._width, self._height = int(width), int(lines)
        self.power_up()
        self._busy_until = 0.0  # the board has had its supply for long

    def power_up(self) -> None:
        """Every pin high; the display off, waiting for 8 bits, its first line of blocks."""
        self._port = 0xFF
        self._letters = bytearray(b" " * 128)
        self._place, self._step = 0, 1
        self._is_on, self._is_wide, self._half = False, True, None
        self._busy_until = self.bench.after(POWER_ON_S)

    _half: int | None

    @property
    def is_lit(self) -> bool:
        """Whether the backlight is on."""
        return bool(self._port & BACKLIGHT)

    @property
    def shown(self) -> list[str]:
        """The lines; blanks at the end count."""
        if not self._is_on:
            return [" " * self._width] * self._height
        return [self._line(number) for number in range(self._height)]

    def start(self, is_read: bool) -> bool:
        """Go on with the port."""
        return True

    def write(self, byte: int) -> bool:
        """Output a byte; the display takes what is there when E falls."""
        fell = self._port & E and not byte & E
        self._port = byte
        if fell and not byte & RW:
            self._clock(byte >> 4, is_letter=bool(byte & RS))
        return True

    def read(self) -> int:
        """Give the levels of the pins; the transistor of the backlight holds P3 low."""
        return self._port & ~BACKLIGHT

    def stop(self) -> None:
        """Keep the port."""

    def _clock(self, bits: int, *, is_letter: bool) -> None:
        """Take four bits; with 8 bits set the lower ones are not wired and count as 0."""
        if self._is_wide:
            self._take(bits << 4, is_letter=is_letter)
        elif self._half is None:
            self._half = bits
        else:
            byte, self._half = self._half << 4 | bits, None
            self._take(byte, is_letter=is_letter)

    def _take(self, byte: int, *, is_letter: bool) -> None:
        if self.bench.now() < self._busy_until:
            return
        if is_letter:
            self._letters[self._place] = byte
            self._place = _following(self._place, self._step)
        else:
            self._obey(byte)

    def _obey(self, instruction: int) -> None:
        if instruction & 0x80:
            self._place = instruction & 0x7F
        elif instruction & 0x40:
            self._place = 0x7F  # letters of the user's own are not shown
        elif instruction & 0x20:
            self._is_wide, self._half = bool(instruction & 0x10), None
        elif instruction & 0x10:
            pass
        elif instruction & 0x08:
            self._is_on = bool(instruction & 0x04)
        elif instruction & 0x04:
            self._step = 1 if instruction & 0x02 else -1
        elif instruction & 0x03:
            self._place = 0
            self._busy_until = self.bench.after(LONG_S)
            if instruction & 0x01:
                self._letters[:] = b" " * 128
                self._step = 1

    def _line(self, number: int) -> str:
        first = (0x00, 0x40)[number % 2] + self._width * (number // 2)
        codes = self._letters[first : first + self._width]
        return "".join(ROM_A00.get(code, chr(code) if code < 0x7E else "■") for code in codes)


PART = Hd44780


def _following(place: int, step: int) -> int:
    """Return the place of the next letter: the two lines of 40 follow each other."""
    after = place + step
    return {0x28: 0x40, MEMORY: 0x00, -1: MEMORY - 1, 0x3F: 0x27}.get(after, after & 0x7F)
