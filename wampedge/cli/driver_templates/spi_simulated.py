"""NewPart for the simulator: what the chip does, by its datasheet and not by the driver."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SPI_FAULTS
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "NewPartChip"]


class NewPartChip(Part):
    """Gives the level of the moment in which it is selected."""

    quantities: ClassVar = {"level": Quantity(Curve(1200.0, 300.0), 0.0, 4095.5, "mm")}
    fault_kinds: ClassVar = SPI_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.spi = self

    @property
    def modes(self) -> frozenset[int]:
        """The modes the chip understands."""
        return frozenset({0})

    def transfer(self, sent: bytes) -> bytes:
        """Give 001 and 13 bits, then zeros."""
        word = 0x2000 | round(self.sample()["level"] * 2)
        return (word.to_bytes(2, "big") + bytes(len(sent)))[: len(sent)]


PART = NewPartChip
