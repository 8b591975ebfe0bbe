"""Microchip MCP23017: 16 pins, I2C 0x20 to 0x27.

From the datasheet DS20001952C: registers (3.5), both address layouts (table 3-2), byte mode and
sequential mode (3.2.1), interrupt logic (3.6). Pins 0 to 7 are port A, 8 to 15 port B. The wired
``interrupt`` pin is INTA.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.nets import Net
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Mcp23017"]

IODIR, IPOL, GPINTEN, DEFVAL, INTCON, IOCON, GPPU, INTF, INTCAP, GPIO, OLAT = range(11)
READ_ONLY = {INTF, INTCAP}
IOCON_BANK, IOCON_MIRROR, IOCON_SEQOP, IOCON_ODR, IOCON_INTPOL = 0x80, 0x40, 0x20, 0x04, 0x02
IOCON_UNUSED = 0x01
LAST_PAIRED = 0x15
PORT_A, PORT_B = 0, 1


class Mcp23017(Part):
    """The chip; each of its pins drives, pulls and reads a net of the board."""

    fault_kinds: ClassVar = {
        kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"
    }  # it samples nothing
    lines: ClassVar = 16

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, following=self._following)
        self._nets = tuple(bench.nets.bank(wired.name))
        self._interrupt = self.net("interrupt") if "interrupt" in wired.pins else None
        self._ports: tuple[list[int], list[int]] = ([0] * 11, [0] * 11)
        self._references = [0, 0]
        for line, net in enumerate(self._nets):
            net.watch(self._on_change_of(line))
        self.power_up()

    def power_up(self) -> None:
        """Make every pin an input without pull-up."""
        for registers in self._ports:
            registers[:] = [0xFF, *[0] * 10]
        self._connect(PORT_A)
        self._connect(PORT_B)
        self._references = [self._read_pins(PORT_A), self._read_pins(PORT_B)]
        self._drive_interrupt()

    def refresh(self) -> None:
        """Do nothing: the registers follow the pins at once."""

    def peek(self, register: int) -> int:
        """Return a register; reading the port or the captured port clears its interrupt."""
        port, name = self._locate(register)
        if name is None:
            return 0
        if name not in {GPIO, INTCAP}:
            return self._ports[port][name]
        value = self._read_port(port) if name == GPIO else self._ports[port][INTCAP]
        self._clear_interrupt(port)
        return value

    def poke(self, register: int, value: int) -> None:
        """Write a register and let its effect reach the pins."""
        port, name = self._locate(register)
        if name is None or name in READ_ONLY:
            return
        if name == IOCON:
            for registers in self._ports:
                registers[IOCON] = value & ~IOCON_UNUSED
            self._drive_interrupt()
            return
        self._ports[port][OLAT if name == GPIO else name] = value
        self._connect(port)
        if name == GPINTEN:
            self._references[port] = self._read_pins(port)
        self._check_interrupt(port)

    @property
    def _configuration(self) -> int:
        return self._ports[PORT_A][IOCON]

    def _locate(self, register: int) -> tuple[int, int | None]:
        """Return port and name of a register address in the layout that holds now."""
        if self._configuration & IOCON_BANK:
            port, name = register >> 4, register & 0x0F
        else:
            port, name = register & 1, register >> 1
        is_known = port <= PORT_B and name <= OLAT
        return (port, name) if is_known else (PORT_A, None)

    def _following(self, register: int) -> int:
        """Return the register after one: the next, or in byte mode the other one of the pair."""
        is_banked = bool(self._configuration & IOCON_BANK)
        if self._configuration & IOCON_SEQOP:
            return register if is_banked else register ^ 1
        if is_banked:
            return 0x10 if register == OLAT else 0 if register >= 0x10 + OLAT else register + 1
        return 0 if register >= LAST_PAIRED else register + 1

    def _connect(self, port: int) -> None:
        """Let the pins of a port drive and pull their nets as the registers say."""
        registers = self._ports[port]
        for bit in range(8):
            net, mask = self._nets[8 * port + bit], 1 << bit
            net.pull(self.name, True if registers[GPPU] & mask else None)
            is_input = registers[IODIR] & mask
            net.drive(self.name, None if is_input else bool(registers[OLAT] & mask))

    def _read_pins(self, port: int) -> int:
        nets = self._nets[8 * port : 8 * port + 8]
        return sum(1 << bit for bit, net in enumerate(nets) if net.level)

    def _read_port(self, port: int) -> int:
        return self._read_pins(port) ^ self._ports[port][IPOL]

    def _on_change_of(self, line: int) -> Callable[[bool], None]:
        port = line >> 3

        def on_change(_level: bool) -> None:
            self._check_interrupt(port)

        return on_change

    def _check_interrupt(self, port: int) -> None:
        """Raise the interrupt of a port where a pin differs from what it is compared with (3.6)."""
        registers = self._ports[port]
        pins = self._read_pins(port)
        if registers[INTF] == 0:
            expected = (
                registers[DEFVAL] & registers[INTCON] | self._references[port] & ~registers[INTCON]
            )
            registers[INTF] = (pins ^ expected) & registers[GPINTEN] & registers[IODIR]
            if registers[INTF]:
                registers[INTCAP] = self._read_port(port)
        # Each change is one event: what is compared with "before" is compared only once.
        self._references[port] = pins
        self._drive_interrupt()

    def _clear_interrupt(self, port: int) -> None:
        self._ports[port][INTF] = 0
        self._check_interrupt(port)

    def _drive_interrupt(self) -> None:
        if self._interrupt is None:
            return
        flags = self._ports[PORT_A][INTF]
        if self._configuration & IOCON_MIRROR:
            flags |= self._ports[PORT_B][INTF]
        drive_interrupt(self._interrupt, self.name, self._configuration, is_active=bool(flags))


PART = Mcp23017


def drive_interrupt(net: Net, source: str, configuration: int, *, is_active: bool) -> None:
    """Let the INT output give *net* its level: push-pull of either polarity, or open drain."""
    if configuration & IOCON_ODR:
        net.drive(source, False if is_active else None)
    else:
        net.drive(source, is_active == bool(configuration & IOCON_INTPOL))
