"""TI TCA9548A: eight I2C channels behind one address, 0x70 to 0x77.

From the datasheet SCPS207: control register (8.6.2): one bit a channel, several may be set, none
after power-on; what was written takes effect at the stop condition (8.6.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Tca9548a"]


class Tca9548a(Part):
    """The chip; what is behind it is put into ``downstream`` by the board."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        self.downstream: dict[int, SimulatedI2cBus] = {}
        self.control = 0
        self.writes = 0
        self._written: int | None = None

    def power_up(self) -> None:
        """Connect no channel."""
        self.control = 0
        self._written = None

    def open_buses(self) -> Iterator[SimulatedI2cBus]:
        """Yield the buses that are connected now."""
        for channel, bus in self.downstream.items():
            if self.control >> channel & 1:
                yield bus

    def start(self, is_read: bool) -> bool:
        """Take a start."""
        return True

    def write(self, byte: int) -> bool:
        """Take the control register; the last byte counts."""
        self._written = byte
        return True

    def read(self) -> int:
        """Give the control register."""
        return self.control

    def stop(self) -> None:
        """Connect what was written."""
        if self._written is not None:
            self.control, self._written = self._written, None
            self.writes += 1


PART = Tca9548a
