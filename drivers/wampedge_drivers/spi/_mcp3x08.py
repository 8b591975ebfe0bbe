"""What the ADCs MCP3008 (10 bit) and MCP3208 (12 bit) have in common: all but two figures.

Both answer with a null bit and then the result, most significant bit first. MISO that is held high
shows in the null bit. MISO that is held low gives zeros, as 0 V does: only eight channels of
exactly nothing at once are taken for a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Quantity
from wampedge.errors import BadReadingError

__all__ = ["Mcp3x08", "code_of", "volts"]

CHANNELS = 8


class Mcp3x08(Driver):
    """Converts all eight channels at each read, single-ended.

    A chip says ``bits``, of its result, and ``pad_bits``, which follow the channel in its request
    (figure 6-1 of both data sheets); ``request`` is start bit, SGL and channel with these.
    """

    bits: ClassVar[int]
    pad_bits: ClassVar[int]

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
        answers = [await self.bus.transfer(self.request(n)) for n in range(CHANNELS)]
        return volts([code_of(answer, self.bits) for answer in answers], self.bits, self.reference)

    @classmethod
    def request(cls, channel: int) -> bytes:
        """Return the three bytes that convert *channel*; the answer ends with its result."""
        return ((0b11000 | channel) << cls.pad_bits).to_bytes(3, "big")


def code_of(answer: bytes, bits: int) -> int:
    """Return the result in the last *bits* bits of *answer*; raises BadReadingError."""
    word = int.from_bytes(answer, "big")
    if word >> bits & 1:
        raise BadReadingError("the null bit before the result is 1: nobody drives MISO")
    return word & (1 << bits) - 1


def volts(codes: Sequence[int], bits: int, reference_v: float) -> dict[str, float]:
    """Return the voltages of *codes*, one a channel; raises BadReadingError when all are 0."""
    if not any(codes):
        raise BadReadingError("all eight channels read exactly 0: no power, or MISO is held low")
    return {f"ch{n}": code * reference_v / (1 << bits) for n, code in enumerate(codes)}
