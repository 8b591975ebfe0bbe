"""The two ADCs with eight inputs and a start bit, as their datasheets draw their frame.

MCP3008: DS21295, section 5.0; MCP3208: DS21298, section 5.0: start bit, SGL/DIFF, D2 to D0, one
clock to sample, a null bit, then the result, and the result again with its lowest bit first.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS
from wampedge_simulator.world import Curve, Quantity

__all__ = ["EightInputs"]

_START_TO_NULL = 6
"""Clocks from the start bit to the null bit: mode, three channel bits, the sample, the null bit."""


class EightInputs(Part):
    """The ADC; its reference is what the device file says.

    Subclasses say how many bits it has.
    """

    quantities: ClassVar = {
        f"ch{n}": Quantity(Curve(1.0 + 0.1 * n, 0.2, 0.001), 0.0, 3.3, "V") for n in range(8)
    }
    fault_kinds: ClassVar = SPI_FAULTS
    bits: ClassVar[int]

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self

    @property
    def modes(self) -> frozenset[int]:
        """Mode 0 and 3."""
        return frozenset({0, 3})

    def transfer(self, sent: bytes) -> bytes:
        """Take a frame; MISO floats low until the null bit."""
        clocks = 8 * len(sent)
        asked = [int.from_bytes(sent, "big") >> clocks - 1 - n & 1 for n in range(clocks)]
        if 1 not in asked:
            return bytes(len(sent))
        start = asked.index(1)
        is_single, *channel_bits = (*asked[start + 1 : start + 5], 0, 0, 0, 0)[:4]
        channel = int("".join(map(str, channel_bits)), 2)
        code = self._convert(channel, is_single=bool(is_single))
        result = [code >> self.bits - 1 - n & 1 for n in range(self.bits)]
        said = [0] * (start + _START_TO_NULL + 1) + result + result[-2::-1]
        said = (said + [0] * clocks)[:clocks]
        return int("".join(map(str, said)), 2).to_bytes(len(sent), "big")

    def _convert(self, channel: int, *, is_single: bool) -> int:
        sample = self.sample()
        voltage = sample[f"ch{channel}"]
        if not is_single:  # D2 to D0 name the positive input; its neighbour is the negative one
            voltage -= sample[f"ch{channel ^ 1}"]
        reference = float(self.wired.params.get("reference", 3.3))
        return min(max(int(voltage / reference * (1 << self.bits)), 0), (1 << self.bits) - 1)
