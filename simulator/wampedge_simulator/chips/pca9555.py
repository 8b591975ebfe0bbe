"""NXP PCA9555: 16 pins, I2C 0x20 to 0x27.

From the datasheet rev. 8: registers in pairs (6.2), an access goes on to the other one of its pair;
INT (6.5) is open drain and low while an input differs from when its port was last read.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Pca9555"]

INPUT, OUTPUT, POLARITY, CONFIGURATION = range(4)


class Pca9555(Part):
    """The chip; each of its pins drives or reads a net, and pulls it up with 100 kohm."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}
    lines: ClassVar = 16

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, following=lambda register: register ^ 1)
        self._nets = tuple(bench.nets.bank(wired.name))
        self._interrupt = self.net("interrupt") if "interrupt" in wired.pins else None
        for net in self._nets:
            net.pull(self.name, True)
            net.watch(lambda _: self._drive_interrupt())
        self.power_up()

    def power_up(self) -> None:
        """Make every pin an input."""
        self._words = [0, 0xFFFF, 0, 0xFFFF]
        self._seen = 0
        self._connect()
        self._seen = self._pins
        self._drive_interrupt()

    def refresh(self) -> None:
        """Do nothing: the registers follow the pins at once."""

    def peek(self, register: int) -> int:
        """Return a register; reading a port ends its part in the interrupt."""
        kind, port = register >> 1 & 3, register & 1
        if kind != INPUT:
            return self._words[kind] >> 8 * port & 0xFF
        pins, mask = self._pins, 0xFF << 8 * port
        self._seen = self._seen & ~mask | pins & mask
        self._drive_interrupt()
        return (pins ^ self._words[POLARITY]) >> 8 * port & 0xFF

    def poke(self, register: int, value: int) -> None:
        """Write a register and let its effect reach the pins."""
        kind, port = register >> 1 & 3, register & 1
        if kind != INPUT:
            mask = 0xFF << 8 * port
            self._words[kind] = self._words[kind] & ~mask | value << 8 * port
            self._connect()
            self._drive_interrupt()

    @property
    def _pins(self) -> int:
        return sum(net.level << bit for bit, net in enumerate(self._nets))

    def _connect(self) -> None:
        for bit, net in enumerate(self._nets):
            is_input = self._words[CONFIGURATION] >> bit & 1
            net.drive(self.name, None if is_input else bool(self._words[OUTPUT] >> bit & 1))

    def _drive_interrupt(self) -> None:
        if self._interrupt is not None:
            differs = (self._pins ^ self._seen) & self._words[CONFIGURATION]
            self._interrupt.drive(self.name, False if differs else None, is_open=True)


PART = Pca9555
