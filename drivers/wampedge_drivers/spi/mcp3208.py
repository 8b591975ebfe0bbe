"""Microchip MCP3208: eight analogue inputs, 12 bit.

Chip: MCP3208, SPI mode 0 or 3, up to 1 MHz at 2.7 V, 2 MHz at 5 V.
Datasheet: DS21298: equation 4-2 (code = 4096 x V / reference), figure 6-1 (start bit,
SGL/DIFF and channel in 8-bit segments).
"""

from __future__ import annotations

from wampedge_drivers.spi._mcp3x08 import Mcp3x08

__all__ = ["MCP3208"]


class MCP3208(Mcp3x08, bus="spi", spi_speed_hz=1_000_000, title="Microchip MCP3208 8-channel ADC"):
    """Converts all eight channels at each read, single-ended."""

    bits = 12
    pad_bits = 14
