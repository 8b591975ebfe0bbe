"""Solomon Systech SSD1306 and Sino Wealth SH1106: small OLED displays, for lines of text.

Chip: SSD1306, I2C address 0x3C or 0x3D (D/C#), up to 400 kHz.
Datasheet: SSD1306 rev. 1.1: 8.1.5 (I2C, control byte), 9 (commands), 10.1.3 (page addressing mode),
application note at its end (charge pump); SH1106 v2.3: 132 columns, of which a display of 128 shows
those from 2 on.

Only what has changed is sent: one line takes 12 ms of a 100 kHz bus.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from wampedge.devices.driver import ChannelSpec, Driver, command, param, setting
from wampedge.devices.fields import Boolean, Choice, Number, Text
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._font import WIDTH, columns_of
from wampedge_drivers.i2c._lines import laid_out

__all__ = ["SSD1306"]

COMMANDS, PIXELS = 0x00, 0x40
"""Control bytes: what follows are commands, or pixels."""
DISPLAY_OFF, DISPLAY_ON = 0xAE, 0xAF
SET_CONTRAST = 0x81
SET_PAGE = 0xB0
IS_OFF = 0x40
"""In the status byte."""
COLUMNS = 128
CELL = WIDTH + 1
LETTERS = COLUMNS // CELL
MOST_LINES = 8


class SSD1306(
    Driver,
    bus="i2c",
    addresses=(0x3C, 0x3D),
    title="SSD1306 or SH1106 OLED display, lines of text",
    default_every_s=5.0,
):
    """Lines of 21 letters, 8 of them on 64 rows, 4 on 32."""

    size: str = param(Choice(("128x64", "128x32")), "128x64", doc="pixels of the display")
    controller: str = param(
        Choice(("ssd1306", "sh1106")), "ssd1306", doc="sh1106 for most displays of 1.3 inches"
    )
    rotated: bool = param(Boolean(), False, doc="the display hangs upside down")
    brightness = setting(Number(0, 100), unit="%", doc="how bright lit pixels are")

    def __init__(self, context: Any, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._lines = [""] * _lines_of(self.size)
        self._percent = 50.0
        self._tells_power = False

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each line the display has, and the brightness."""
        lines = _lines_of(params.get("size", "128x64"))
        wanted = {f"line_{n + 1}" for n in range(lines)} | {"brightness"}
        return {name: spec for name, spec in cls._spec.channels.items() if name in wanted}

    def take_over(self, before: Driver) -> None:
        """Go on showing the same."""
        if isinstance(before, SSD1306) and before.size == self.size:
            self._lines, self._percent = list(before._lines), before._percent

    async def setup(self) -> None:
        """Switch the display on and draw everything; raises BusError."""
        await self._command(DISPLAY_OFF)
        await self._command(*self._configuration())
        await self._brighten(self._percent)
        for place in range(len(self._lines)):
            await self._draw(place)
        await self._command(DISPLAY_ON)
        # Some clones give a status that means nothing; then a power cut cannot be noticed.
        self._tells_power = not await self._is_off()

    async def read(self) -> Mapping[str, Value]:
        """Return what is shown; raises BadReadingError when the display has lost it."""
        if await self._is_off() and self._tells_power:
            raise BadReadingError("the display is off: it was reset, or is not there")
        shown: dict[str, Value] = {f"line_{n + 1}": text for n, text in enumerate(self._lines)}
        return {**shown, "brightness": self._percent}

    async def set_line(self, number: int, text: str) -> str:
        """Show *text* on line *number*, cut to its width; letters without a picture become ?."""
        place = number - 1
        before, self._lines[place] = self._lines[place], text[:LETTERS]
        if self._lines[place] != before:
            await self._draw(place)
        return self._lines[place]

    async def set_brightness(self, value: float) -> float:
        """Set how bright lit pixels are, in percent."""
        await self._brighten(value)
        self._percent = value
        return value

    @command({"text": Text(maximum_length=400)})
    async def show(self, text: str) -> None:
        """Show *text* from the first line on: lines end at a line feed, or between words."""
        await self._show(laid_out(text, width=LETTERS, lines=len(self._lines)))

    @command()
    async def clear(self) -> None:
        """Show nothing."""
        await self._show([""] * len(self._lines))

    async def _show(self, lines: list[str]) -> None:
        for number, text in enumerate(lines, 1):
            await self.set_line(number, text)
        self.context.publish({f"line_{n}": text for n, text in enumerate(lines, 1)})

    def _configuration(self) -> bytes:
        """Return the commands of the set-up, for either controller (datasheet, 9 and page 64)."""
        rows = 8 * len(self._lines)
        return bytes((
            0xD5, 0x80,                                          # clock
            0xA8, rows - 1,                                      # rows driven
            0xD3, 0x00, 0x40,                                    # no offset, first row first
            0x8D, 0x14,                                          # charge pump on
            0x20, 0x02,                                          # page addressing mode
            *((0xA0, 0xC0) if self.rotated else (0xA1, 0xC8)),   # which corner is the first
            0xDA, 0x12 if rows == 64 else 0x02,                  # how the rows are wired
            0xD9, 0xF1, 0xDB, 0x40,                              # pre-charge, deselect level
            0xA4, 0xA6, 0x2E,                                    # memory, lit is 1, no scrolling
        ))  # fmt: skip

    async def _draw(self, place: int) -> None:
        """Send one line of letters, which is one page of 8 rows."""
        pixels = b"".join(columns_of(letter) + b"\0" for letter in self._lines[place])
        first = 2 if self.controller == "sh1106" else 0
        await self._command(SET_PAGE | place, first & 0x0F, 0x10 | first >> 4)
        await self.bus.write(PIXELS, pixels.ljust(COLUMNS, b"\0"))

    async def _brighten(self, percent: float) -> None:
        await self._command(SET_CONTRAST, round(percent * 2.55))

    async def _command(self, *commands: int) -> None:
        await self.bus.write(COMMANDS, bytes(commands))

    async def _is_off(self) -> bool:
        return bool(await self.bus.read_u8(COMMANDS) & IS_OFF)


def _lines_of(size: str) -> int:
    return int(size.rpartition("x")[2]) // 8


def _setter(number: int) -> Callable[[SSD1306, str], Awaitable[str]]:
    async def set_line(self: SSD1306, value: str) -> str:
        return await self.set_line(number, value)

    return set_line


# What ``line_1 = setting(...)`` and ``set_line_1`` would say in the class, 8 times.
_LINES = {
    f"line_{number}": ChannelSpec(
        Text(maximum_length=64), is_settable=True, doc=f"text of line {number}, 21 letters shown"
    )
    for number in range(1, MOST_LINES + 1)
}
for _number in range(1, MOST_LINES + 1):
    setattr(SSD1306, f"set_line_{_number}", _setter(_number))
SSD1306._spec = SSD1306._spec.but(channels={**_LINES, **SSD1306._spec.channels})
