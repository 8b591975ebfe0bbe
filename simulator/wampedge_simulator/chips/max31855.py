"""Maxim MAX31855: thermocouple in 0.25 °C steps, cold junction in 0.0625 °C steps.

From the datasheet 19-5793: table 2 (the 32 bits), a conversion every 100 ms.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Max31855"]

_OPEN, _TO_GROUND, _TO_SUPPLY, _FAULT = 1, 2, 4, 1 << 16


class Max31855(Part):
    """The chip; ``open``, ``ground`` and ``supply`` are faults of the thermocouple."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(180.0, 40.0, 0.2), -270.0, 1800.0, "°C"),
        "internal": Quantity(Curve(24.0, 3.0, 0.05), -55.0, 125.0, "°C"),
    }
    fault_kinds: ClassVar = {
        **SPI_FAULTS,
        "open": "the thermocouple is open",
        "ground": "the thermocouple is shorted to ground",
        "supply": "the thermocouple is shorted to the supply",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self

    @property
    def modes(self) -> frozenset[int]:
        """Mode 0 and 1."""
        return frozenset({0, 1})

    def transfer(self, sent: bytes) -> bytes:
        """Give the 32 bits, then zeros."""
        sample = self.sample()
        word = (round(sample["temperature"] * 4) & 0x3FFF) << 18
        word |= (round(sample["internal"] * 16) & 0xFFF) << 4
        for kind, bit in (("open", _OPEN), ("ground", _TO_GROUND), ("supply", _TO_SUPPLY)):
            if self.faults.take(kind):
                word |= bit | _FAULT
        return (word.to_bytes(4, "big") + bytes(len(sent)))[: len(sent)]


PART = Max31855
