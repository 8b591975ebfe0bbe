"""Microchip MCP4725: one analog output with 12 bits and an EEPROM, I2C 0x60 to 0x67.

From the datasheet DS22039D: write commands in fast mode and with three bytes (figures 6-1 and 6-2),
read command (figure 6-3), power-down (table 5-2), write time of the EEPROM (50 ms at most, during
which new commands are ignored), loading of the EEPROM at power-on.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Mcp4725"]

READY, POWER_ON_RESET_DONE = 0x80, 0x40
MIDDLE = 0x800
"""What the EEPROM holds when it leaves the factory."""
EEPROM_WRITE_S = 0.05
FAST, DAC_ONLY, DAC_AND_EEPROM = 0b00, 0b010, 0b011


class Mcp4725(Part):
    """The chip on the supply that the device file gives as ``reference``."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        self._supply_v = float(wired.params.get("reference", 3.3))
        self._eeprom, self._eeprom_mode = MIDDLE, 0
        self.power_up()

    def power_up(self) -> None:
        """Give what the EEPROM says."""
        self._code, self._mode = self._eeprom, self._eeprom_mode
        self._busy_until = 0.0
        self._received = bytearray()
        self._place = 0

    @property
    def voltage(self) -> float:
        """The voltage at the output; 0 while it is powered down, as a resistor pulls it there."""
        return 0.0 if self._mode else self._supply_v * self._code / 4096

    @property
    def shown(self) -> float:
        """What a meter at the output shows, in volts."""
        return self.voltage

    def start(self, is_read: bool) -> bool:
        """Begin a command, or the answer."""
        self._received.clear()
        self._place = 0
        return True

    def write(self, byte: int) -> bool:
        """Take a byte; a command takes effect with its last one, and may be followed by others."""
        self._received.append(byte)
        size = 2 if self._received[0] >> 6 == FAST else 3
        if len(self._received) == size:
            self._obey(bytes(self._received))
            self._received.clear()
        return True

    def read(self) -> int:
        """Give status, output register, and EEPROM with its power-down bits, over and over."""
        is_busy = self.bench.now() < self._busy_until
        status = (0 if is_busy else READY) | POWER_ON_RESET_DONE | self._mode << 1
        answer = (
            status, self._code >> 4, (self._code & 0x0F) << 4,
            self._eeprom_mode << 5 | self._eeprom >> 8, self._eeprom & 0xFF,
        )  # fmt: skip
        self._place += 1
        return answer[(self._place - 1) % 5]

    def stop(self) -> None:
        """Drop a command that was not finished."""
        self._received.clear()

    def _obey(self, command: bytes) -> None:
        if self.bench.now() < self._busy_until:
            return
        if command[0] >> 6 == FAST:
            self._mode, self._code = command[0] >> 4 & 0x03, (command[0] & 0x0F) << 8 | command[1]
            return
        kind = command[0] >> 5
        if kind not in {DAC_ONLY, DAC_AND_EEPROM}:
            return
        self._mode, self._code = command[0] >> 1 & 0x03, command[1] << 4 | command[2] >> 4
        if kind == DAC_AND_EEPROM:
            self._eeprom, self._eeprom_mode = self._code, self._mode
            self._busy_until = self.bench.after(EEPROM_WRITE_S)


PART = Mcp4725
