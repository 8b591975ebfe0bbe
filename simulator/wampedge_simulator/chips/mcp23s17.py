"""Microchip MCP23S17: the MCP23017 on an SPI bus.

From the datasheet DS20001952C: control byte, register, then data both ways (3.2.2); another address
than 0 is not for this chip, as HAEN is clear (3.3).
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips.mcp23017 import Mcp23x17
from wampedge_simulator.part import Bench
from wampedge_simulator.spi.bus import SPI_FAULTS

__all__ = ["PART", "Mcp23s17"]

_WRITE, _READ = 0x40, 0x41


class Mcp23s17(Mcp23x17):
    """The chip on an SPI bus."""

    fault_kinds: ClassVar = {kind: text for kind, text in SPI_FAULTS.items() if kind != "stuck"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self

    @property
    def modes(self) -> frozenset[int]:
        """Mode 0 and 3."""
        return frozenset({0, 3})

    def transfer(self, sent: bytes) -> bytes:
        """Take a control byte and a register number, then write or read from it on."""
        answer = bytearray(b"\xff" * len(sent))
        if len(sent) < 2 or sent[0] not in {_WRITE, _READ}:
            return bytes(answer)
        register = sent[1]
        for place in range(2, len(sent)):
            if sent[0] == _READ:
                answer[place] = self.peek(register)
            else:
                self.poke(register, sent[place])
            register = self.following(register)
        return bytes(answer)


PART = Mcp23s17
