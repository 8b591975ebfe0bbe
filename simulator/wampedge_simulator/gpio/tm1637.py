"""Titan TM1637 with its digits, on the edges of CLK and DIO.

From the datasheet V2.4: DIO that falls while CLK is high is a start, DIO that rises then a stop;
bits are taken at the rising edge of CLK, the lowest first; from the falling edge after the eighth
to the next one the chip pulls DIO low. Data commands 0x40 (addresses go on) and 0x44 (a fixed one),
address commands 0xC0 to 0xC5, display control 0x80 with bit 3 for on and pulses of 1, 2, 4, 10,
11, 12, 13 and 14 sixteenths. After power-on the display is off.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips._segments import read_digit
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Tm1637"]

_ADDRESSES = 6
_PULSES = (1, 2, 4, 10, 11, 12, 13, 14)
_SEGMENTS = "abcdefg"


class Tm1637(Part):
    """The display; ``shown`` is its digits, with ``:`` after the second while that is lit."""

    fault_kinds: ClassVar = {
        "absent": "the part is unplugged; it comes back in its power-on state",
        "brown_out": "the supply drops for a moment: the display is off",
        "deaf": "a byte is not acknowledged, and not taken",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._clk, self._dio = self.net("clk"), self.net("dio")
        self._digits = int(wired.params.get("digits", 4))
        for net in (self._clk, self._dio):
            net.pull(self.name, True)
        self.power_up()
        self._clk.watch(self._on_clock)
        self._dio.watch(self._on_data)

    @property
    def brightness(self) -> float:
        """Share of the time its LEDs are lit; 0 while it is off."""
        return _PULSES[self._control & 0x07] / 16 if self._control & 0x08 else 0.0

    @property
    def shown(self) -> str:
        """What people see."""
        if not self.brightness:
            return " " * self._digits
        letters = []
        for place, bits in enumerate(self._memory[: self._digits]):
            letters.append(read_digit(s for n, s in enumerate(_SEGMENTS) if bits >> n & 1))
            if bits & 0x80:
                letters.append(":" if place == 1 else ".")
        return "".join(letters)

    def begin_fault(self, kind: str, count: int | None) -> None:
        """Let a fault strike from now on; raises InvalidValueError."""
        super().begin_fault(kind, count)
        if kind == "absent":
            self.power_up()

    def power_up(self) -> None:
        """Be dark and wait for a start."""
        self._memory = bytearray(_ADDRESSES)
        self._control = 0
        self._is_fixed = False
        self._is_listening = False
        self._is_acknowledging = False
        self._is_addressed = False
        self._bits: list[bool] = []
        self._place = 0
        self._dio.drive(self.name, None, is_open=True)

    def _on_data(self, level: bool) -> None:
        if not self._clk.level or "absent" in self.faults.pending or self._is_acknowledging:
            return
        self._is_listening = not level
        self._is_addressed = False
        self._bits = []

    def _on_clock(self, level: bool) -> None:
        if not self._is_listening or "absent" in self.faults.pending:
            return
        if level:
            if not self._is_acknowledging:
                self._bits.append(self._dio.level)
        elif self._is_acknowledging:
            self._is_acknowledging = False
            self._dio.drive(self.name, None, is_open=True)
        elif len(self._bits) == 8:
            byte = sum(bit << place for place, bit in enumerate(self._bits))
            self._bits = []
            if not self.faults.take("deaf"):
                self._take(byte)
                self._is_acknowledging = True
                self._dio.drive(self.name, False, is_open=True)

    def _take(self, byte: int) -> None:
        """Take a byte: the first after a start is a command, those after an address are data."""
        if self._is_addressed:
            self._memory[self._place % _ADDRESSES] = byte
            self._place += not self._is_fixed
        elif byte & 0xC0 == 0x40:
            self._is_fixed = bool(byte & 0x04)
        elif byte & 0xC0 == 0xC0:
            self._place, self._is_addressed = byte & 0x07, True
        elif byte & 0xC0 == 0x80:
            self._control = byte & 0x0F


PART = Tm1637
