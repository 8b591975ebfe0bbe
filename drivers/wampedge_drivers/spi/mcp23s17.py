"""Microchip MCP23S17: 16 pins more, for relays, lamps and buttons, on an SPI bus.

Chip: MCP23S17, SPI mode 0 or 3, up to 10 MHz, one chip at a chip select.
Datasheet: DS20001952C: 3.2.2 and figure 3-2 (control byte 0100 A2 A1 A0 R/W, then the register),
3.3 (without HAEN the chip answers to address 0, whatever its address pins), and as the MCP23017.
Lines 0 to 7 are GPA0 to GPA7, 8 to 15 GPB0 to GPB7.

SPI knows no acknowledge. IOCON is read before the pins each time: its MIRROR bit is set and others
are clear, so MISO that nobody drives is told from pins that are all high or all low.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._mcp230xx import IOCON, McpExpander

__all__ = ["MCP23S17"]

WRITE, READ = 0x40, 0x41


class MCP23S17(
    McpExpander,
    bus="spi",
    spi_speed_hz=8_000_000,
    title="Microchip MCP23S17 16-pin port expander",
    provides_pins=16,
    default_every_s=0.05,
):
    """Offers 16 pins; ``every`` is how often inputs are looked at."""

    ports = 2
    risky_inputs = frozenset({7, 15})

    async def read(self) -> Mapping[str, Value]:
        """Look at the inputs; raises BadReadingError when the chip is gone or was reset."""
        found = await self._fetch(IOCON * self.ports, self.ports)
        if found != bytes((self._configuration,)) * self.ports:
            text = f"IOCON reads {found.hex()}"
            raise BadReadingError(f"{text}: the chip was reset, or nobody drives MISO")
        return await super().read()

    async def level(self, line: int) -> bool:
        """Unit: read *line*, once it is sure that the chip is there; raises BadReadingError."""
        if self._is_known:
            await self.read()
        return await super().level(line)

    async def _fetch(self, address: int, count: int) -> bytes:
        answer: bytes = await self.bus.transfer(bytes((READ, address, *bytes(count))))
        return answer[2:]

    async def _put(self, address: int, value: int | bytes) -> None:
        data = bytes((value,)) if isinstance(value, int) else value
        await self.bus.write(bytes((WRITE, address)) + data)
