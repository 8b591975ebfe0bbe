"""Microchip MCP23008: 8 pins, I2C 0x20 to 0x27.

From the datasheet DS20001919F: registers (1.6), sequential mode (1.3.1), interrupt logic (1.7).
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips.mcp23017 import drive_interrupt
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Mcp23008"]

IODIR, IPOL, GPINTEN, DEFVAL, INTCON, IOCON, GPPU, INTF, INTCAP, GPIO, OLAT = range(11)


class Mcp23008(Part):
    """The chip; each of its pins drives, pulls and reads a net of the board."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}
    lines: ClassVar = 8

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, following=lambda n: (n + 1) % 11)
        self._nets = tuple(bench.nets.bank(wired.name))
        self._interrupt = self.net("interrupt") if "interrupt" in wired.pins else None
        self._registers = [0] * 11
        for net in self._nets:
            net.watch(lambda _: self._check_interrupt())
        self.power_up()

    def power_up(self) -> None:
        """Make every pin an input without pull-up."""
        self._registers[:] = [0xFF, *[0] * 10]
        self._connect()
        self._reference = self._pins
        self._drive_interrupt()

    def refresh(self) -> None:
        """Do nothing: the registers follow the pins at once."""

    def peek(self, register: int) -> int:
        """Return a register; reading the port or the captured port clears the interrupt."""
        if register > OLAT:
            return 0
        value = (
            self._pins ^ self._registers[IPOL] if register == GPIO else self._registers[register]
        )
        if register in {GPIO, INTCAP} and self._registers[INTF]:
            self._registers[INTF] = 0
            self._check_interrupt()
        return value

    def poke(self, register: int, value: int) -> None:
        """Write a register and let its effect reach the pins."""
        if register > OLAT or register in {INTF, INTCAP}:
            return
        self._registers[OLAT if register == GPIO else register] = value
        if register == GPINTEN:
            self._reference = self._pins
        self._connect()
        self._check_interrupt()

    @property
    def _pins(self) -> int:
        return sum(net.level << bit for bit, net in enumerate(self._nets))

    def _connect(self) -> None:
        registers = self._registers
        for bit, net in enumerate(self._nets):
            mask = 1 << bit
            net.pull(self.name, True if registers[GPPU] & mask else None)
            net.drive(self.name, None if registers[IODIR] & mask else bool(registers[OLAT] & mask))

    def _check_interrupt(self) -> None:
        registers, pins = self._registers, self._pins
        if not registers[INTF]:
            compared = registers[INTCON]
            expected = registers[DEFVAL] & compared | self._reference & ~compared
            registers[INTF] = (pins ^ expected) & registers[GPINTEN] & registers[IODIR]
            if registers[INTF]:
                registers[INTCAP] = pins ^ registers[IPOL]
        self._reference = pins
        self._drive_interrupt()

    def _drive_interrupt(self) -> None:
        if self._interrupt is not None:
            is_active = bool(self._registers[INTF])
            configuration = self._registers[IOCON]
            drive_interrupt(self._interrupt, self.name, configuration, is_active=is_active)


PART = Mcp23008
