"""What a 1-Wire driver has as ``self.bus``: the files the kernel offers for one part.

The methods are ``async`` for the reader's sake only: they run at once, on the worker of the bus,
and a read lasts as long as the conversion the kernel starts for it.
"""

from __future__ import annotations

from wampedge.devices.abandonment import stop_if_abandoned
from wampedge.devices.contracts import OneWireBus

__all__ = ["OneWireDevice"]


class OneWireDevice:
    """One part of a 1-Wire bus; used on the worker of the bus only.

    Args:
        bus: the blocking bus.
        rom_id: family and number, such as ``28-0316a2794f1b``.
    """

    __slots__ = ("_bus", "rom_id")

    def __init__(self, bus: OneWireBus, rom_id: str) -> None:
        self._bus = bus
        self.rom_id = rom_id

    async def read(self, file: str) -> bytes:
        """Return what *file* of the part says; raises BusError."""
        stop_if_abandoned()
        return self._bus.read(self.rom_id, file)

    async def write(self, file: str, data: bytes) -> None:
        """Write *data* to *file* of the part; raises BusError."""
        stop_if_abandoned()
        self._bus.write(self.rom_id, file, data)
