"""Microchip MCP23008: 8 pins more, for relays, lamps and buttons.

Chip: MCP23008, I2C address 0x20 to 0x27 by A0 to A2, up to 1.7 MHz.
Datasheet: DS20001919F: table 1-3 (registers, page 10), 1.6 register descriptions, 1.7 interrupt
logic. Lines 0 to 7 are GP0 to GP7.
"""

from __future__ import annotations

from wampedge_drivers.i2c._mcp230xx import McpExpander

__all__ = ["MCP23008"]


class MCP23008(
    McpExpander,
    bus="i2c",
    addresses=tuple(range(0x20, 0x28)),
    title="Microchip MCP23008 8-pin port expander",
    provides_pins=8,
    default_every_s=0.05,
):
    """Offers 8 pins; ``every`` is how often inputs are looked at."""

    ports = 1
