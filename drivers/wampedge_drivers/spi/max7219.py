"""Maxim MAX7219: digits of seven segments, or matrices of 8 by 8 LEDs, one chip after another.

Chip: MAX7219 or MAX7221, SPI mode 0, up to 10 MHz; up to 8 chips in a chain at one chip select.
Datasheet: 19-4452 rev. 4: table 1 (16 bits), table 2 (registers), table 6 (segments without
decoding), table 7 (intensity), "no-op register" (chains).

Nothing can be read from it, so nobody can tell whether it is there. All of it is written again each
``every``: what lost its settings shows them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.driver import CommandSpec, Driver, DriverContext, command, param, setting
from wampedge.devices.fields import Choice, Integer, Number, Text
from wampedge.devices.values import Value
from wampedge.errors import InvalidValueError
from wampedge_drivers.i2c._font import WIDTH, columns_of
from wampedge_drivers.spi._segments import POINT, cells_of, number_text

__all__ = ["MAX7219"]

REG_FIRST_DIGIT, REG_DECODE, REG_INTENSITY = 0x01, 0x09, 0x0A
REG_SCAN_LIMIT, REG_RUNS, REG_TEST = 0x0B, 0x0C, 0x0F
ROWS = 8
STEPS = 16
LIT, DARK = "#", "."


class MAX7219(
    Driver,
    bus="spi",
    spi_speed_hz=5_000_000,
    title="Maxim MAX7219 LED display driver",
    default_every_s=5.0,
):
    """Shows a text or a number on digits, a text or a picture on matrices."""

    kind: str = param(Choice(("digits", "matrix")), "digits", doc="what hangs on each chip")
    chips: int = param(Integer(1, 8), 1, doc="how many follow each other")
    digits: int = param(Integer(1, 8), 8, doc="of each chip, where it drives digits")
    first: str = param(
        Choice(("right", "left")), "right", doc="where the chip is that the board is wired to"
    )
    turned: int = param(
        Choice((0, 90, 180, 270)), 0, doc="how far matrices are turned clockwise, in degrees"
    )
    text = setting(Text(maximum_length=64), doc="what it shows; cut where it is full")
    brightness = setting(Number(0, 100), unit="%", doc="in 16 steps; 0: dark")

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._text = ""
        self._level = STEPS // 2
        self._blocks = [[0] * ROWS for _ in range(self.chips)]

    @classmethod
    def commands_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, CommandSpec]:
        """Return ``number`` for digits and ``draw`` for matrices, and the others."""
        other = "draw" if params.get("kind", "digits") == "digits" else "number"
        return {name: spec for name, spec in cls._spec.commands.items() if name != other}

    def take_over(self, before: Driver) -> None:
        """Go on showing the same, on as many chips of the same kind."""
        if not isinstance(before, MAX7219):
            return
        self._level = before._level
        if (before.kind, before.chips, before.digits) == (self.kind, self.chips, self.digits):
            self._text, self._blocks = before._text, before._blocks

    async def setup(self) -> None:
        """Write every register; raises BusError."""
        await self._refresh()

    async def read(self) -> Mapping[str, Value]:
        """Write every register again and return what is shown; raises BusError."""
        await self._refresh()
        return {"text": self._text, "brightness": _percent(self._level)}

    async def set_text(self, value: str) -> str:
        """Show a text from the left; returns what of it fits."""
        if self.kind == "digits":
            cells, value = cells_of(value, self.digits * self.chips)
            await self._show([_block(cells, at, self.digits) for at in self._places(self.digits)])
        else:
            columns = b"".join(columns_of(letter) + b"\0" for letter in value)
            shown = columns[: ROWS * self.chips].ljust(ROWS * self.chips, b"\0")
            await self._show([_rows_of(shown[at : at + ROWS]) for at in self._places(ROWS)])
            value = value[: (ROWS * self.chips + 1) // (WIDTH + 1)]
        self._text = value
        return value

    async def set_brightness(self, value: float) -> float:
        """Set how bright it is, in percent; returns the step that is next above it."""
        self._level = -int(-value * STEPS // 100)
        await self._send(REG_INTENSITY, [max(self._level - 1, 0)] * self.chips)
        await self._send(REG_RUNS, [int(self._level > 0)] * self.chips)
        return _percent(self._level)

    @command({"value": Number(-1e8, 1e9), "decimals": Integer(0, 7, default=0)})
    async def number(self, value: float, decimals: int) -> str:
        """Show a number at the right, with so many decimals."""
        text = number_text(value, decimals, self.digits * self.chips)
        await self._tell(await self.set_text(text))
        return text.strip()

    @command({"picture": Text(maximum_length=600, doc="8 rows of # and ., a line feed between")})
    async def draw(self, picture: str) -> None:
        """Show a picture: # is lit, . is dark."""
        rows = _checked(picture, ROWS * self.chips)
        await self._show(
            [
                [int(row[at : at + ROWS].replace(LIT, "1").replace(DARK, "0"), 2) for row in rows]
                for at in self._places(ROWS)
            ]
        )
        self._text = ""
        await self._tell("")

    @command()
    async def clear(self) -> None:
        """Show nothing."""
        await self._tell(await self.set_text(""))

    async def _tell(self, text: str) -> None:
        self.context.publish({"text": text})

    def _places(self, width: int) -> list[int]:
        """Return what begins where for each chip, from the one the board is wired to."""
        places = [width * number for number in range(self.chips)]
        return places[::-1] if self.first == "right" else places

    async def _show(self, blocks: list[list[int]]) -> None:
        """Show for each chip what is in its digit registers."""
        if self.kind == "matrix":
            blocks = [_turned(block, self.turned) for block in blocks]
        self._blocks = blocks
        for row in range(ROWS):
            await self._send(REG_FIRST_DIGIT + row, [block[row] for block in self._blocks])

    async def _refresh(self) -> None:
        last = ROWS if self.kind == "matrix" else self.digits
        settings = (
            (REG_TEST, 0),
            (REG_DECODE, 0),
            (REG_SCAN_LIMIT, last - 1),
            (REG_INTENSITY, max(self._level - 1, 0)),
        )
        for register, value in settings:
            await self._send(register, [value] * self.chips)
        for row in range(ROWS):
            await self._send(REG_FIRST_DIGIT + row, [block[row] for block in self._blocks])
        await self._send(REG_RUNS, [int(self._level > 0)] * self.chips)

    async def _send(self, register: int, values: Sequence[int]) -> None:
        """Write a register of each chip; what is for the last one has to be sent first."""
        await self.bus.write(b"".join(bytes((register, value)) for value in reversed(values)))


def _percent(level: int) -> float:
    return 100 * level / STEPS


def _block(cells: Sequence[int], at: int, digits: int) -> list[int]:
    """Return the digit registers of one chip; digit 0 is the rightmost."""
    shown = [_wired(cell) for cell in reversed(cells[at : at + digits])]
    return shown + [0] * (ROWS - digits)


def _wired(cell: int) -> int:
    """Return a cell with A to G from bit 6 down to bit 0, as the chip has them."""
    return cell & POINT | int(f"{cell & 0x7F:07b}"[::-1], 2)


def _rows_of(columns: bytes) -> list[int]:
    """Return 8 rows, the leftmost pixel in bit 7, of 8 columns with the top in bit 0."""
    return [
        sum((column >> row & 1) << 7 - place for place, column in enumerate(columns))
        for row in range(ROWS)
    ]


def _turned(rows: Sequence[int], degrees: int) -> list[int]:
    """Return *rows* as they have to be on a matrix that is turned clockwise by *degrees*."""
    pixels = [f"{row:08b}" for row in rows]
    for _ in range(degrees // 90):
        pixels = ["".join(column) for column in zip(*pixels, strict=True)][::-1]
    return [int(row, 2) for row in pixels]


def _checked(picture: str, width: int) -> list[str]:
    """Return the rows of a picture; raises InvalidValueError."""
    rows = picture.strip("\n").split("\n")
    if len(rows) != ROWS or any(len(row) != width or set(row) - {LIT, DARK} for row in rows):
        text = f"picture: must have {ROWS} rows of {width} times {LIT} or {DARK}"
        raise InvalidValueError(text, field="picture")
    return rows
