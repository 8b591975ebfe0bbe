"""Hitachi HD44780 character displays behind a PCF8574 backpack.

Chip: PCF8574, I2C address 0x20 to 0x27 (most backpacks: 0x27), PCF8574A 0x38 to 0x3F (0x3F), up to
100 kHz. P0 is RS, P1 R/W, P2 E, P3 the backlight, P4 to P7 are D4 to D7, as on all common
backpacks.
Datasheet: HD44780U ADE-207-272(Z): table 4 (character code, ROM A00), table 6 (instructions and
times), figure 24 (initialising with 4 bits); PCF8574 SCPS068: 8.3 (each byte is output when it is
acknowledged).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from wampedge.devices.driver import ChannelSpec, Driver, command, param, setting
from wampedge.devices.fields import Choice, Text
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._lines import laid_out

__all__ = ["HD44780", "code_of"]

REGISTER_SELECT, READ, ENABLE, LIGHT = 0x01, 0x02, 0x04, 0x08
CLEAR, ENTRY_MODE, DISPLAY_ON, FUNCTION = 0x01, 0x06, 0x0C, 0x28
SET_ADDRESS = 0x80
LINE_STARTS = (0x00, 0x40)
POWER_UP_S, CLEAR_S = 0.05, 0.002
FIRST_WAIT_S, SECOND_WAIT_S = 0.0045, 0.0002
MOST_LINES = 4

JAPANESE_ROM = {
    "°": 0xDF, "µ": 0xE4, "\N{GREEK SMALL LETTER MU}": 0xE4, "ä": 0xE1, "ö": 0xEF, "ü": 0xF5,
    "ß": 0xE2, "Ω": 0xF4, "\N{OHM SIGN}": 0xF4, "→": 0x7E, "←": 0x7F, "¥": 0x5C, "÷": 0xFD,
    "Ä": 0xE1, "Ö": 0xEF, "Ü": 0xF5, "∞": 0xF3, "√": 0xE8, "π": 0xF7, "Σ": 0xF6,
}  # fmt: skip
"""Letters of ROM A00 beyond ASCII; capital umlauts have none and take the small ones."""
NOT_ASCII = "\\~"
"""Places of ASCII where ROM A00 has something else."""


def code_of(letter: str) -> int:
    """Return the character code of *letter*; that of ``?`` where there is none."""
    if letter in JAPANESE_ROM:
        return JAPANESE_ROM[letter]
    return ord(letter) if " " <= letter <= "}" and letter not in NOT_ASCII else ord("?")


class HD44780(
    Driver,
    bus="i2c",
    addresses=(0x27, *range(0x20, 0x27), 0x3F, *range(0x38, 0x3F)),
    title="HD44780 character display with PCF8574 backpack",
    default_every_s=5.0,
):
    """Two or four lines of 16 or 20 letters."""

    size: str = param(Choice(("16x2", "20x4", "20x2", "16x4")), "16x2", doc="letters by lines")
    backlight = setting(doc="true while it is lit")

    def __init__(self, context: Any, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._width, count = _size_of(self.size)
        self._lines = [""] * count
        self._is_lit = True

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each line the display has, and the backlight."""
        _, count = _size_of(params.get("size", "16x2"))
        wanted = {f"line_{n + 1}" for n in range(count)} | {"backlight"}
        return {name: spec for name, spec in cls._spec.channels.items() if name in wanted}

    def take_over(self, before: Driver) -> None:
        """Go on showing the same."""
        if isinstance(before, HD44780) and before.size == self.size:
            self._lines, self._is_lit = list(before._lines), before._is_lit

    async def setup(self) -> None:
        """Initialise the display, whatever state it is in, and write all lines; raises BusError."""
        await self._send(self._idle)
        await self.sleep(POWER_UP_S)
        # Three times "8 bits" ends whatever half of a byte the display waits for.
        for wait_s in (FIRST_WAIT_S, SECOND_WAIT_S, SECOND_WAIT_S):
            await self._send(*self._nibble(0x30))
            await self.sleep(wait_s)
        await self._send(*self._nibble(0x20))
        await self._instruct(FUNCTION)
        await self._instruct(DISPLAY_ON)
        await self._instruct(CLEAR)
        await self.sleep(CLEAR_S)
        await self._instruct(ENTRY_MODE)
        for place in range(len(self._lines)):
            await self._draw(place)

    async def read(self) -> Mapping[str, Value]:
        """Return what is shown; raises BadReadingError when the backpack was reset."""
        levels = (await self.bus.receive(1))[0]
        # After a reset all pins are high. P0 and P3 to P7 may be pulled by what hangs on them.
        if levels & (READ | ENABLE):
            raise BadReadingError(f"the backpack reads 0x{levels:02x}: it was reset, or is gone")
        shown: dict[str, Value] = {f"line_{n + 1}": text for n, text in enumerate(self._lines)}
        return {**shown, "backlight": self._is_lit}

    async def set_line(self, number: int, text: str) -> str:
        """Show *text* on line *number*, cut to its width; letters the display lacks become ?."""
        place = number - 1
        before, self._lines[place] = self._lines[place], text[: self._width]
        if self._lines[place] != before:
            await self._draw(place)
        return self._lines[place]

    async def set_backlight(self, value: bool) -> bool:
        """Switch the backlight."""
        self._is_lit = value
        await self._send(self._idle)
        return value

    @command({"text": Text(maximum_length=400)})
    async def show(self, text: str) -> None:
        """Show *text* from the first line on: lines end at a line feed, or between words."""
        await self._show(laid_out(text, width=self._width, lines=len(self._lines)))

    @command()
    async def clear(self) -> None:
        """Show nothing."""
        await self._show([""] * len(self._lines))

    async def _show(self, lines: list[str]) -> None:
        for number, text in enumerate(lines, 1):
            await self.set_line(number, text)
        self.context.publish({f"line_{n}": text for n, text in enumerate(lines, 1)})

    async def _draw(self, place: int) -> None:
        """Write one line; the third and fourth continue the first and second in memory."""
        start = LINE_STARTS[place % 2] + self._width * (place // 2)
        await self._instruct(SET_ADDRESS | start)
        codes = [code_of(letter) for letter in self._lines[place].ljust(self._width)]
        await self._send(*(byte for code in codes for byte in self._byte(code, REGISTER_SELECT)))

    async def _instruct(self, instruction: int) -> None:
        await self._send(*self._byte(instruction, 0))

    @property
    def _idle(self) -> int:
        return LIGHT if self._is_lit else 0

    def _byte(self, byte: int, select: int) -> tuple[int, ...]:
        return (*self._nibble(byte & 0xF0 | select), *self._nibble(byte << 4 & 0xF0 | select))

    def _nibble(self, bits: int) -> tuple[int, int]:
        """Return the two port bytes that hand over four bits at the falling edge of E.

        Each byte takes 90 us of a 100 kHz bus: longer than any instruction but CLEAR.
        """
        return bits | self._idle | ENABLE, bits | self._idle

    async def _send(self, *port: int) -> None:
        await self.bus.send(bytes(port))


def _size_of(size: str) -> tuple[int, int]:
    width, _, lines = size.partition("x")
    return int(width), int(lines)


def _setter(number: int) -> Callable[[HD44780, str], Awaitable[str]]:
    async def set_line(self: HD44780, value: str) -> str:
        return await self.set_line(number, value)

    return set_line


# What ``line_1 = setting(...)`` and ``set_line_1`` would say in the class, 4 times.
_LINES = {
    f"line_{number}": ChannelSpec(
        Text(maximum_length=64), is_settable=True, doc=f"text of line {number}"
    )
    for number in range(1, MOST_LINES + 1)
}
for _number in range(1, MOST_LINES + 1):
    setattr(HD44780, f"set_line_{_number}", _setter(_number))
HD44780._spec = HD44780._spec.but(channels={**_LINES, **HD44780._spec.channels})
