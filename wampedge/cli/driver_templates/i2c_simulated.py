"""NewPart for the simulator: what the chip does, by its datasheet and not by the driver."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "NewPartChip"]

CONVERSION_S = 0.02
"""The longest of the datasheet: a driver that waits less is wrong on some boards."""
RESET_WORD = 0xFFFF


class NewPartChip(Part):
    """One measurement each time bit 0 of the control register is set."""

    quantities: ClassVar = {"level": Quantity(Curve(1200.0, 300.0), 0.0, 5000.0, "mm")}
    fault_kinds: ClassVar = I2C_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self)
        self.power_up()

    def power_up(self) -> None:
        """Fall back to the state after power-on."""
        self.control = 0x00
        self._word, self._coming = RESET_WORD, RESET_WORD
        self._ends_at = float("inf")

    def refresh(self) -> None:
        """Finish the conversion whose time is over."""
        if self.bench.now() >= self._ends_at:
            self._word, self._ends_at = self._coming, float("inf")

    def peek(self, register: int) -> int:
        """Return a byte of a register."""
        content = b"\x4e\x50" + self._word.to_bytes(2, "big")
        return {0x00: content[0], 0x01: content[1], 0x02: content[2], 0x03: content[3]}.get(
            register, 0xFF
        )

    def poke(self, register: int, value: int) -> None:
        """Write a register; the control register starts a conversion."""
        if register != 0x01:
            return
        self.control = value
        if value & 0x01:
            level_mm = self.sample()["level"]
            self._coming = min(round(level_mm * 10 * (value >> 1 or 1)), 0xFFFE)
            self._ends_at = self.bench.after(CONVERSION_S)


PART = NewPartChip
