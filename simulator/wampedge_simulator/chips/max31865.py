"""Maxim MAX31865: the ratio of a platinum resistor to a reference, 15 bit.

From the datasheet 19-6478: table 1 (registers), table 2 (configuration), table 7 (fault status); a
single conversion takes 55 ms at 60 Hz and 66 ms at 50 Hz at most, and needs the bias.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Max31865"]

_WRITE = 0x80
_BIAS, _ONE_SHOT, _CLEAR, _50_HZ = 0x80, 0x20, 0x02, 0x01
_A, _B, _C = 3.9083e-3, -5.775e-7, -4.183e-12
_KEPT = 0xD1
"""Bits of the configuration that stay: bias, automatic, wires, filter."""


class Max31865(Part):
    """The chip with its sensor; ``open`` is a broken wire."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(40.0, 20.0, 0.02), -200.0, 850.0, "°C"),
    }
    fault_kinds: ClassVar = {**SPI_FAULTS, "open": "a wire of the sensor is open"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self
        self.power_up()

    @property
    def modes(self) -> frozenset[int]:
        """Mode 1 and 3."""
        return frozenset({1, 3})

    def power_up(self) -> None:
        """Fall back to the registers after power-on: nothing measured, thresholds wide open."""
        self._registers = bytearray(b"\x00\x00\x00\xff\xff\x00\x00\x00")
        self._ends_at: float | None = None

    def transfer(self, sent: bytes) -> bytes:
        """Take a register number, then write or read registers from it on."""
        self._refresh()
        if not sent:
            return b""
        register = sent[0] & 0x7F
        if sent[0] & _WRITE:
            for place, value in enumerate(sent[1:], register):
                self._poke(place, value)
            return bytes(len(sent))
        return bytes((0, *(self._registers[(register + n) % 8] for n in range(len(sent) - 1))))

    def _poke(self, register: int, value: int) -> None:
        if register == 0:
            if value & _CLEAR:
                self._registers[7] = 0
            self._registers[0] = value & _KEPT
            if value & _ONE_SHOT:
                self._ends_at = self.bench.after(0.066 if value & _50_HZ else 0.055)
        elif 3 <= register <= 6:
            self._registers[register] = value

    def _refresh(self) -> None:
        if self._ends_at is None or self.bench.now() < self._ends_at:
            return
        self._ends_at = None
        code = round(self._ratio() * 32768) if self._registers[0] & _BIAS else 0
        is_open = self.faults.take("open")
        code = 0x7FFF if is_open else min(max(code, 0), 0x7FFF)
        self._registers[7] |= 0x80 if is_open else 0
        word = code << 1 | bool(self._registers[7])
        self._registers[1:3] = word.to_bytes(2, "big")

    def _ratio(self) -> float:
        celsius = self.sample()["temperature"]
        nominal = 1000.0 if self.wired.params.get("sensor") == "pt1000" else 100.0
        reference = float(self.wired.params.get("reference") or 4.3 * nominal)
        cubic = _C * (celsius - 100) * celsius**3 if celsius < 0 else 0.0
        return nominal * (1 + _A * celsius + _B * celsius**2 + cubic) / reference


PART = Max31865
