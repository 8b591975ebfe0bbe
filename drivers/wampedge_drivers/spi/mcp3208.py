"""Microchip MCP3208: eight analogue inputs, 12 bit.

Chip: MCP3208, SPI mode 0 or 3, up to 1 MHz at 2.7 V, 2 MHz at 5 V.
Datasheet: DS21298: equation 4-2 (code = 4096 x V / reference), figure 6-1 (start bit,
SGL/DIFF and channel in 8-bit segments).
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Quantity
from wampedge_drivers.spi._mcp3x08 import CHANNELS, code_of, volts

__all__ = ["MCP3208"]

BITS = 12


class MCP3208(Driver, bus="spi", spi_speed_hz=1_000_000, title="Microchip MCP3208 8-channel ADC"):
    """Converts all eight channels at each read, single-ended."""

    ch0 = reading("V", doc="voltage at CH0")
    ch1 = reading("V", doc="voltage at CH1")
    ch2 = reading("V", doc="voltage at CH2")
    ch3 = reading("V", doc="voltage at CH3")
    ch4 = reading("V", doc="voltage at CH4")
    ch5 = reading("V", doc="voltage at CH5")
    ch6 = reading("V", doc="voltage at CH6")
    ch7 = reading("V", doc="voltage at CH7")
    reference: float = param(
        Quantity("V", minimum=0.25, maximum=7.0), 3.3, doc='voltage at VREF, such as "3.3V"'
    )

    async def read(self) -> dict[str, float]:
        """Convert every channel; raises BadReadingError when nobody drives MISO."""
        codes = [code_of(await self.bus.transfer(_request(n)), BITS) for n in range(CHANNELS)]
        return volts(codes, BITS, self.reference)


def _request(channel: int) -> bytes:
    """Return the frame that converts *channel*; the answer is in its last 12 bits."""
    return bytes((0x06 | channel >> 2, (channel & 3) << 6, 0x00))
