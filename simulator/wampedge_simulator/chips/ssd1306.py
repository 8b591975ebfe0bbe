"""Solomon Systech SSD1306 (and Sino Wealth SH1106): an OLED display of 128 by 64 or 32 pixels.

From the datasheet SSD1306 rev. 1.1: control byte (8.1.5.2), graphic memory of 8 pages (8.7), the
three addressing modes (10.1.3), the number of bytes of each command (table 9-1), status (9.2.4),
power-on state (8.9). The SH1106 has 132 columns and page addressing only.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Ssd1306"]

ARGUMENTS = {
    0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2A: 5, 0x81: 1, 0x8D: 1, 0xA3: 2,
    0xA8: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1,
}  # fmt: skip
"""Bytes that follow a command; none where it is not here."""
HORIZONTAL, VERTICAL, BY_PAGE = range(3)
CONTINUES, IS_DATA = 0x80, 0x40
STATUS_OFF = 0x40
PAGES = 8


class Ssd1306(Part):
    """The display; ``shown`` is its picture, as somebody before it sees it."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        self._is_sh1106 = wired.params.get("controller") == "sh1106"
        self._width = 132 if self._is_sh1106 else 128
        self._rows = int(str(wired.params.get("size", "128x64")).rpartition("x")[2])
        self.power_up()

    def power_up(self) -> None:
        """Dark, with noise in the memory."""
        self.is_on = False
        self.contrast = 0x7F
        self.is_inverted = self.is_all_lit = self.has_charge_pump = False
        self._memory = [bytearray(b"\xa5" * self._width) for _ in range(PAGES)]
        self._mode, self._page, self._column = BY_PAGE, 0, 0
        self._columns, self._pages = (0, self._width - 1), (0, PAGES - 1)
        self._mirrored, self._flipped = False, False
        self._multiplex = 64
        self._command = bytearray()
        self._control: int | None = None

    @property
    def shown(self) -> list[str]:
        """The picture, a text for each row of pixels: ``#`` is lit, ``.`` dark."""
        return ["".join("#" if self._is_lit(x, y) else "." for x in range(128))
                for y in range(self._rows)]  # fmt: skip

    def start(self, is_read: bool) -> bool:
        """Begin with a control byte."""
        self._control = None
        return True

    def write(self, byte: int) -> bool:
        """Take a control byte, a byte of a command, or eight pixels."""
        if self._control is None:
            self._control = byte
            return True
        if self._control & IS_DATA:
            self._store(byte)
        else:
            self._take(byte)
        if self._control & CONTINUES:
            self._control = None
        return True

    def read(self) -> int:
        """Give the status."""
        return 0x03 | (0 if self.is_on else STATUS_OFF)

    def stop(self) -> None:
        """Wait for the rest of a command in the next transaction."""

    def _take(self, byte: int) -> None:
        self._command.append(byte)
        if len(self._command) > ARGUMENTS.get(self._command[0], 0):
            first, *arguments = self._command
            self._command = bytearray()
            self._obey(first, arguments)

    def _obey(self, first: int, arguments: list[int]) -> None:
        if first in {0xAE, 0xAF}:
            self.is_on = first == 0xAF
        elif first == 0x81:
            self.contrast = arguments[0]
        elif first == 0x8D:
            self.has_charge_pump = bool(arguments[0] & 0x04)
        elif first in {0xA0, 0xA1}:
            self._mirrored = first == 0xA1
        elif first in {0xC0, 0xC8}:
            self._flipped = first == 0xC8
        elif first in {0xA4, 0xA5}:
            self.is_all_lit = first == 0xA5
        elif first in {0xA6, 0xA7}:
            self.is_inverted = first == 0xA7
        elif first == 0xA8:
            self._multiplex = (arguments[0] & 0x3F) + 1
        else:
            self._point(first, arguments)

    def _point(self, first: int, arguments: list[int]) -> None:
        """Obey the commands that say where the next pixels go."""
        if first == 0x20 and not self._is_sh1106:
            self._mode = arguments[0] & 0x03
        elif first == 0x21 and not self._is_sh1106:
            self._columns = (arguments[0] & 0x7F, arguments[1] & 0x7F)
            self._column = self._columns[0]
        elif first == 0x22 and not self._is_sh1106:
            self._pages = (arguments[0] & 0x07, arguments[1] & 0x07)
            self._page = self._pages[0]
        elif 0xB0 <= first <= 0xB7:
            self._page = first & 0x07
        elif first <= 0x0F:
            self._column = self._column & 0xF0 | first
        elif first <= 0x1F:
            self._column = self._column & 0x0F | (first & 0x0F) << 4

    def _store(self, byte: int) -> None:
        if self._column < self._width:
            self._memory[self._page][self._column] = byte
        if self._mode == VERTICAL:
            self._page = _next(self._page, self._pages)
            if self._page == self._pages[0]:
                self._column = _next(self._column, self._columns)
        elif self._mode == HORIZONTAL:
            self._column = _next(self._column, self._columns)
            if self._column == self._columns[0]:
                self._page = _next(self._page, self._pages)
        else:
            self._column = (self._column + 1) % self._width

    def _is_lit(self, x: int, y: int) -> bool:
        """Say whether a pixel is lit, counted from the upper left of a display mounted as usual.

        Usual modules have column 0 of the glass at SEG127 and row 0 at COM63 (or COM31): they show
        the memory upright when both are turned round.
        """
        if not (self.is_on and self.has_charge_pump) or y >= self._multiplex:
            return False
        column = x if self._mirrored else 127 - x
        row = y if self._flipped else self._multiplex - 1 - y
        column += (self._width - 128) // 2
        is_set = bool(self._memory[row >> 3][column] >> (row & 7) & 1)
        return self.is_all_lit or is_set != self.is_inverted


PART = Ssd1306


def _next(place: int, bounds: tuple[int, int]) -> int:
    return bounds[0] if place >= bounds[1] else place + 1
