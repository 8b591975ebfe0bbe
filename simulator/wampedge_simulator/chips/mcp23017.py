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

__all__ = ["PART", "Mcp23x17", "Mcp23017"]

IODIR, IPOL, GPINTEN, DEFVAL, INTCON, IOCON, GPPU, INTF, INTCAP, GPIO, OLAT = range(11)
READ_ONLY = {INTF, INTCAP}
IOCON_BANK, IOCON_MIRROR, IOCON_SEQOP, IOCON_ODR, IOCON_INTPOL = 0x80, 0x40, 0x20, 0x04, 0x02
IOCON_UNUSED = 0x01
PORT_A, PORT_B = 0, 1


class Mcp23x17(Part):
    """The chip behind either bus; each of its pins drives, pulls and reads a net of the board."""

    lines: ClassVar = 16

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._nets = tuple(bench.nets.bank(wired.name))
        self._interrupt = self.net("interrupt") if "interrupt" in wired.pins else None
        self._ports: tuple[list[int], list[int]] = ([0] * 11, [0] * 11)
        self._pins = [0, 0]
        self._references = [0, 0]
        self._places, self._successors = _layout(0)
        for line, net in enumerate(self._nets):
            self._note_pin(line, net.level)
            net.watch(self._on_change_of(line))
        self.power_up()

    def power_up(self) -> None:
        """Make every pin an input without pull-up."""
        for registers in self._ports:
            registers[:] = [0xFF, *[0] * 10]
        self._places, self._successors = _layout(0)
        self._connect(PORT_A)
        self._connect(PORT_B)
        self._references = list(self._pins)
        self._drive_interrupt()

    def refresh(self) -> None:
        """Do nothing: the registers follow the pins at once."""

    def peek(self, register: int) -> int:
        """Return a register; reading the port or the captured port clears its interrupt."""
        place = self._places.get(register)
        if place is None:
            return 0
        port, name = place
        registers = self._ports[port]
        if name not in {GPIO, INTCAP}:
            return registers[name]
        value = self._read_port(port) if name == GPIO else registers[INTCAP]
        if registers[INTF]:
            self._clear_interrupt(port)
        return value

    def poke(self, register: int, value: int) -> None:
        """Write a register and let its effect reach the pins."""
        place = self._places.get(register)
        if place is None or place[1] in READ_ONLY:
            return
        port, name = place
        if name == IOCON:
            self._configure(value & ~IOCON_UNUSED)
            return
        self._ports[port][OLAT if name == GPIO else name] = value
        self._connect(port)
        if name == GPINTEN:
            self._references[port] = self._pins[port]
        self._check_interrupt(port)

    def _configure(self, value: int) -> None:
        for registers in self._ports:
            registers[IOCON] = value
        self._places, self._successors = _layout(value)
        self._drive_interrupt()

    @property
    def _configuration(self) -> int:
        return self._ports[PORT_A][IOCON]

    def following(self, register: int) -> int:
        """Return the register a transfer goes on with after *register*."""
        return self._successors.get(register, 0)

    def _connect(self, port: int) -> None:
        """Let the pins of a port drive and pull their nets as the registers say."""
        registers = self._ports[port]
        for bit in range(8):
            net, mask = self._nets[8 * port + bit], 1 << bit
            net.pull(self.name, True if registers[GPPU] & mask else None)
            is_input = registers[IODIR] & mask
            net.drive(self.name, None if is_input else bool(registers[OLAT] & mask))

    def _read_port(self, port: int) -> int:
        return self._pins[port] ^ self._ports[port][IPOL]

    def _note_pin(self, line: int, level: bool) -> None:
        port, mask = line >> 3, 1 << (line & 7)
        self._pins[port] = self._pins[port] | mask if level else self._pins[port] & ~mask

    def _on_change_of(self, line: int) -> Callable[[bool], None]:
        def on_change(level: bool) -> None:
            self._note_pin(line, level)
            self._check_interrupt(line >> 3)

        return on_change

    def _check_interrupt(self, port: int) -> None:
        """Raise the interrupt of a port where a pin differs from what it is compared with (3.6)."""
        registers = self._ports[port]
        pins = self._pins[port]
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


class Mcp23017(Mcp23x17):
    """The chip on an I2C bus."""

    fault_kinds: ClassVar = {
        kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"
    }  # it samples nothing

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, following=self.following)


PART = Mcp23017


def _layout(configuration: int) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    """Return where each address leads (port, register), and which address follows it (3.2.1)."""
    is_banked = bool(configuration & IOCON_BANK)
    places = {
        (port << 4 | name if is_banked else name << 1 | port): (port, name)
        for name in range(OLAT + 1)
        for port in (PORT_A, PORT_B)
    }
    addresses = sorted(places)
    if configuration & IOCON_SEQOP:
        return places, {address: address if is_banked else address ^ 1 for address in addresses}
    return places, dict(zip(addresses, [*addresses[1:], addresses[0]], strict=True))


def drive_interrupt(net: Net, source: str, configuration: int, *, is_active: bool) -> None:
    """Let the INT output give *net* its level: push-pull of either polarity, or open drain."""
    if configuration & IOCON_ODR:
        net.drive(source, False if is_active else None, is_open=True)
    else:
        net.drive(source, is_active == bool(configuration & IOCON_INTPOL))
