"""Titan TM1637: four digits of seven segments on two lines.

Chip: TM1637; CLK and DIO on pins of the header, each with the 10 kohm to the supply that modules
have. Its supply is that of the pins: 3.3 V.
Datasheet: TM1637 V2.4: interface (start, 8 bits from the lowest on, acknowledge while the ninth
clock is high, stop), data command 0x40, address command 0xC0, display control 0x80.

The lines are moved by the node one by one, which takes some 10 ms for everything. Each byte is
acknowledged, so a display that is not there is told. All of it is written again each ``every``:
what lost its settings shows them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import (
    Driver,
    DriverContext,
    command,
    open_drain_pin,
    output_pin,
    param,
    setting,
)
from wampedge.devices.fields import Integer, Number, Text
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.spi._segments import POINT, cells_of, number_text

__all__ = ["TM1637"]

WRITE_ON, FIRST_ADDRESS, CONTROL, LIT = 0x40, 0xC0, 0x80, 0x08
STEPS = 8
COLON_AT = 1
"""The digit whose point is wired to the colon."""


class TM1637(
    Driver,
    title="TM1637 display of four digits",
    default_every_s=5.0,
    is_output=False,
):
    """Shows a text, a number or a time."""

    clk = output_pin(place="pins", doc="CLK")
    dio = open_drain_pin(place="pins", doc="DIO")
    digits: int = param(Integer(1, 6), 4, doc="of the display")
    text = setting(Text(maximum_length=16), doc="what it shows; cut where it is full")
    colon = setting(doc="true while the colon is lit")
    brightness = setting(Number(0, 100), unit="%", doc="in 8 steps; 0: dark")

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._text = ""
        self._has_colon = False
        self._level = STEPS // 2

    def initial_level(self, pin: str) -> bool:
        """Return high: the lines rest."""
        return True

    def active_level(self, pin: str) -> bool | None:
        """Return None: the lines move nothing."""
        return None

    def input_pull(self, pin: str) -> Pull:
        """Pull up, beside the resistor of the module."""
        return "up"

    def take_over(self, before: Driver) -> None:
        """Go on showing the same."""
        if isinstance(before, TM1637):
            self._text, self._has_colon = before._text, before._has_colon
            self._level = before._level

    async def setup(self) -> None:
        """Write everything; raises BadReadingError when nobody acknowledges."""
        await self._refresh()

    async def read(self) -> Mapping[str, Value]:
        """Write everything again and return what is shown; raises BadReadingError."""
        await self._refresh()
        return {"text": self._text, "colon": self._has_colon, "brightness": self._percent}

    async def set_text(self, value: str) -> str:
        """Show a text from the left; returns what of it fits."""
        cells, fitting = cells_of(value, self.digits)
        await self._show(cells, has_colon=self._has_colon)
        self._text = fitting
        return fitting

    async def set_colon(self, value: bool) -> bool:
        """Light the colon."""
        await self._show(cells_of(self._text, self.digits)[0], has_colon=value)
        self._has_colon = value
        return value

    async def set_brightness(self, value: float) -> float:
        """Set how bright it is, in percent; returns the step that is next above it."""
        level = -int(-value * STEPS // 100)
        await self._control(level)
        self._level = level
        return self._percent

    @command({"value": Number(-1e5, 1e6), "decimals": Integer(0, 5, default=0)})
    async def number(self, value: float, decimals: int) -> str:
        """Show a number at the right, with so many decimals."""
        text = await self.set_text(number_text(value, decimals, self.digits))
        self.context.publish({"text": text})
        return text.strip()

    @command()
    async def clear(self) -> None:
        """Show nothing, not even the colon."""
        await self._show([0] * self.digits, has_colon=False)
        self._text, self._has_colon = "", False
        self.context.publish({"text": "", "colon": False})

    @property
    def _percent(self) -> float:
        return 100 * self._level / STEPS

    async def _refresh(self) -> None:
        await self._show(cells_of(self._text, self.digits)[0], has_colon=self._has_colon)
        await self._control(self._level)

    async def _show(self, cells: list[int], *, has_colon: bool) -> None:
        if has_colon and len(cells) > COLON_AT:
            cells[COLON_AT] |= POINT
        await self._send(WRITE_ON)
        await self._send(FIRST_ADDRESS, *cells)

    async def _control(self, level: int) -> None:
        await self._send(CONTROL | (LIT | level - 1 if level else 0))

    async def _send(self, *message: int) -> None:
        """Send bytes between a start and a stop; raises BadReadingError without acknowledge."""
        await self.dio.release(None)
        await self.clk.write(True)
        await self.dio.pull_low()
        is_heard = True
        for byte in message:
            is_heard = is_heard and await self._send_byte(byte)
        await self.clk.write(False)
        await self.dio.pull_low()
        await self.clk.write(True)
        await self.dio.release(None)
        if not is_heard:
            raise BadReadingError("no acknowledge: is the display wired and powered?")

    async def _send_byte(self, byte: int) -> bool:
        """Send 8 bits from the lowest on; return whether the chip pulls DIO low after them."""
        for place in range(8):
            await self.clk.write(False)
            if byte >> place & 1:
                await self.dio.release(None)
            else:
                await self.dio.pull_low()
            await self.clk.write(True)
        await self.clk.write(False)
        await self.dio.release(None)
        await self.clk.write(True)
        return not await self.dio.read()
