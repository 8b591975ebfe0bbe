"""Microchip MCP4728: four analog outputs with 12 bits and an EEPROM, I2C 0x60 to 0x67.

From the datasheet DS22187E: fast write (figure 5-7), multi-write (figure 5-8), read command with 24
bytes (figure 5-15), reference, gain and power-down bits (table 5-1), state from the factory: the
EEPROM holds the internal reference, gain 1 and code 0.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Mcp4728"]

OUTPUTS = 4
FACTORY = 0x8000
"""Reference bit set, everything else 0."""
READY, POWERED = 0x80, 0x40
REFERENCE, MODE, GAIN, CODE = 0x8000, 0x6000, 0x1000, 0x0FFF
REFERENCE_V = 2.048


class Mcp4728(Part):
    """The chip on the supply that the device file gives as ``supply``."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        self._supply_v = float(wired.params.get("supply", 3.3))
        self.power_up()

    def power_up(self) -> None:
        """Give what the EEPROM says."""
        self._words = [FACTORY] * OUTPUTS
        self._received = bytearray()
        self._place = 0

    @property
    def shown(self) -> list[float]:
        """What four meters at the outputs show, in volts."""
        return [round(self._voltage(word), 6) for word in self._words]

    def start(self, is_read: bool) -> bool:
        """Begin a command, or the answer."""
        self._received.clear()
        self._place = 0
        return True

    def write(self, byte: int) -> bool:
        """Take a byte: pairs for one output after the other, or three bytes for each named one."""
        self._received.append(byte)
        first = self._received[0]
        if first >> 6 == 0 and len(self._received) == 2:
            mode = (first & 0x30) << 9
            code = (first & 0x0F) << 8 | byte
            output = self._place % OUTPUTS
            self._words[output] = self._words[output] & ~(MODE | CODE) | mode | code
            self._place += 1
            self._received.clear()
        elif first >> 6 == 1 and len(self._received) == 3:
            if first >> 3 == 0b01000:
                self._words[first >> 1 & 0x03] = self._received[1] << 8 | self._received[2]
            self._received.clear()
        return True

    def read(self) -> int:
        """Give registers and EEPROM of each output, three bytes each."""
        output, place = divmod(self._place % (6 * OUTPUTS), 6)
        self._place += 1
        word = self._words[output] if place < 3 else FACTORY
        return (READY | POWERED | output << 4, word >> 8, word & 0xFF)[place % 3]

    def stop(self) -> None:
        """Drop a command that was not finished."""
        self._received.clear()

    def _voltage(self, word: int) -> float:
        if word & MODE:
            return 0.0
        share = (word & CODE) / 4096
        if not word & REFERENCE:
            return share * self._supply_v
        return min(share * REFERENCE_V * (2 if word & GAIN else 1), self._supply_v)


PART = Mcp4728
