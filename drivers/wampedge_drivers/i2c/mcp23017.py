"""Microchip MCP23017: 16 pins more, for relays, lamps and buttons.

Chip: MCP23017, I2C address 0x20 to 0x27 by A0 to A2, up to 1.7 MHz.
Datasheet: DS20001952C: table 3-5 (registers with BANK = 0, page 18), 3.5.1 IODIR (page 18), 3.5.6
IOCON, 3.5.7 GPPU, 3.5.10 GPIO, 3.5.11 OLAT, 3.6 interrupt logic. Lines 0 to 7 are GPA0 to GPA7, 8
to 15 GPB0 to GPB7. Either of INTA and INTB can be the interrupt line; both tell of all pins.
"""

from __future__ import annotations

from wampedge_drivers.i2c._mcp230xx import McpExpander

__all__ = ["MCP23017"]


class MCP23017(
    McpExpander,
    bus="i2c",
    addresses=tuple(range(0x20, 0x28)),
    title="Microchip MCP23017 16-pin port expander",
    provides_pins=16,
    default_every_s=0.05,
):
    """Offers 16 pins; ``every`` is how often inputs are looked at."""

    ports = 2
    risky_inputs = frozenset({7, 15})
