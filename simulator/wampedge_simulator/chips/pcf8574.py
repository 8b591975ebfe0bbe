"""PCF8574: 8 quasi-bidirectional pins, I2C 0x20 to 0x27 and 0x38 to 0x3F.

From the NXP datasheet rev. 5: a pin written 1 is a weak pull-up, one written 0 drives low; INT is
open drain, falls at any change of a pin and rises when the port is read or written, or when the
pins are as they were.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Pcf8574"]


class Pcf8574(Part):
    """The chip; it is its own target on the wire, as it has no registers."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}
    lines: ClassVar = 8

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        self._nets = tuple(bench.nets.bank(wired.name))
        self._interrupt = self.net("interrupt") if "interrupt" in wired.pins else None
        self._port = 0
        self._seen = 0
        for net in self._nets:
            net.watch(lambda _: self._drive_interrupt())
        self.power_up()

    def power_up(self) -> None:
        """Pull every pin up."""
        self._latches = (1 << len(self._nets)) - 1
        self._connect()
        self._seen = self._pins
        self._drive_interrupt()

    def start(self, is_read: bool) -> bool:
        """Begin with the lower port; acknowledged."""
        self._port = 0
        return True

    def write(self, byte: int) -> bool:
        """Let eight pins drive low or be pulled up."""
        shift = 8 * self._port
        self._latches = self._latches & ~(0xFF << shift) | byte << shift
        self._next_port()
        self._connect()
        self._note_seen()
        return True

    def read(self) -> int:
        """Give the levels of eight pins."""
        value = self._pins >> 8 * self._port & 0xFF
        self._next_port()
        self._note_seen()
        return value

    def stop(self) -> None:
        """Keep everything."""

    @property
    def _pins(self) -> int:
        return sum(net.level << bit for bit, net in enumerate(self._nets))

    def _next_port(self) -> None:
        self._port = (self._port + 1) % (len(self._nets) // 8)

    def _connect(self) -> None:
        for bit, net in enumerate(self._nets):
            is_high = bool(self._latches >> bit & 1)
            net.pull(self.name, True if is_high else None)
            net.drive(self.name, None if is_high else False, is_open=True)

    def _note_seen(self) -> None:
        self._seen = self._pins
        self._drive_interrupt()

    def _drive_interrupt(self) -> None:
        if self._interrupt is not None:
            self._interrupt.drive(
                self.name, False if self._pins != self._seen else None, is_open=True
            )


PART = Pcf8574
