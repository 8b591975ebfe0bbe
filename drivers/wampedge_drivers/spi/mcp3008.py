"""Microchip MCP3008: eight analogue inputs, 10 bit.

Chip: MCP3008, SPI mode 0 or 3, up to 1.35 MHz at 2.7 V, 3.6 MHz at 5 V.
Datasheet: DS21295: equation 4-2 (code = 1024 x V / reference), figure 6-1 (start bit,
SGL/DIFF and channel in 8-bit segments, page 21).
"""

from __future__ import annotations

from wampedge_drivers.spi._mcp3x08 import Mcp3x08

__all__ = ["MCP3008"]


class MCP3008(Mcp3x08, bus="spi", spi_speed_hz=1_350_000, title="Microchip MCP3008 8-channel ADC"):
    """Converts all eight channels at each read, single-ended."""

    bits = 10
    pad_bits = 12
