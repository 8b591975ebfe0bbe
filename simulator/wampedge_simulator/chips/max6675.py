"""Maxim MAX6675: K-type thermocouple in 0.25 °C steps, 0 to 1023.75 °C.

From the datasheet 19-2235: table 1 (the 16 bits); a conversion takes up to 0.22 s, and begins anew
at the end of each read, so one that comes earlier gets the value before.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Max6675"]

_CONVERSION_S = 0.22
_OPEN = 0x0004


class Max6675(Part):
    """The chip; ``open`` is a fault of the thermocouple."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(180.0, 40.0, 0.2), 0.25, 1023.75, "°C"),
    }
    fault_kinds: ClassVar = {**SPI_FAULTS, "open": "the thermocouple is open"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self
        self._word: int | None = None
        self._ends_at = float("-inf")

    @property
    def modes(self) -> frozenset[int]:
        """Mode 0 and 1."""
        return frozenset({0, 1})

    def transfer(self, sent: bytes) -> bytes:
        """Give the 16 bits of the last conversion that ended, and begin another."""
        if self._word is None or self.bench.now() >= self._ends_at:
            self._word = round(self.sample()["temperature"] * 4) << 3
        self._ends_at = self.bench.after(_CONVERSION_S)
        word = self._word | (_OPEN if self.faults.take("open") else 0)
        return (word.to_bytes(2, "big") + bytes(len(sent)))[: len(sent)]


PART = Max6675
