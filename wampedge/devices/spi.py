"""What an SPI driver has as ``self.bus``: full-duplex traffic with one chip.

The methods are ``async`` for the reader's sake only: they run at once, on the worker of the bus.
SPI knows no acknowledge: a chip that is not there reads as all ones or all zeros, and it is for the
driver to tell that from a measurement.
"""

from __future__ import annotations

from wampedge.devices.abandonment import stop_if_abandoned
from wampedge.devices.contracts import SpiBus, SpiSettings

__all__ = ["SpiDevice"]


class SpiDevice:
    """One chip at one chip-select line; used on the worker of the bus only.

    Args:
        bus: the blocking bus.
        settings: its chip select, mode and highest clock.
    """

    __slots__ = ("_bus", "settings")

    def __init__(self, bus: SpiBus, settings: SpiSettings) -> None:
        self._bus = bus
        self.settings = settings

    async def transfer(self, data: bytes) -> bytes:
        """Send *data* in one selection and return the bytes that came back; raises BusError."""
        return self.run(data)

    async def write(self, data: bytes) -> None:
        """Send *data* in one selection; raises BusError."""
        self.run(data)

    async def read(self, count: int) -> bytes:
        """Read *count* bytes in one selection, sending zeros; raises BusError."""
        return self.run(bytes(count))

    async def read_register(self, register: int, count: int) -> bytes:
        """Send *register* and return the *count* bytes that follow it; raises BusError."""
        return self.run(bytes((register, *bytes(count))))[1:]

    def run(self, data: bytes) -> bytes:
        """Run one transfer at once; the plain function under all the others."""
        stop_if_abandoned()
        return self._bus.transfer(self.settings, data)
