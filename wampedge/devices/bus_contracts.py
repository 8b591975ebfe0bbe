"""What a bus is to the device layer: blocking transactions, for the one worker of the bus.

Import them from ``wampedge.devices.contracts``, where the other seams are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wampedge.records import Record

__all__ = ["I2cBus", "ModbusBus", "OneWireBus", "SpiBus", "SpiSettings"]


class I2cBus(Protocol):
    """One I2C bus, blocking; used by one worker thread only."""

    name: str

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction with repeated starts between its messages.

        Args:
            address: 7-bit address.
            messages: bytes are written, an int reads so many bytes.

        Returns:
            What was read, one item for each int, in order.

        Raises:
            BusError: no acknowledge (errno 121), bus held (5), time-out (110), bus gone (19).
        """
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class SpiSettings(Record):
    """How one chip is spoken to on an SPI bus.

    Attributes:
        chip_select: which chip-select line it is on; 0 is CE0.
        mode: clock polarity and phase, 0 to 3.
        max_speed_hz: highest clock, in hertz.
    """

    chip_select: int = 0
    mode: int = 0
    max_speed_hz: int = 1_000_000


class SpiBus(Protocol):
    """One SPI bus, blocking; used by one worker thread only."""

    name: str

    def transfer(self, settings: SpiSettings, data: bytes) -> bytes:
        """Send *data* while its chip is selected; return what came back, as many bytes.

        Raises:
            BusError: the kernel refused it; a part that is not there is no error on this bus.
        """
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class OneWireBus(Protocol):
    """The 1-Wire buses of the kernel, blocking; used by one worker thread only."""

    name: str

    def read(self, rom_id: str, file: str) -> bytes:
        """Return what *file* of the part *rom_id* (``28-0316a2794f1b``) says; raises BusError."""
        ...

    def write(self, rom_id: str, file: str, data: bytes) -> None:
        """Write *data* to *file* of the part *rom_id*; raises BusError."""
        ...

    def rom_ids(self) -> list[str]:
        """Return the parts the kernel has found; raises BusError."""
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class ModbusBus(Protocol):
    """One Modbus line or connection; used by one worker only.

    It waits on the thread of its worker, or pauses the unit where the worker runs inline.
    """

    name: str

    async def exchange(self, unit_id: int, pdu: bytes, *, own_size: int | None = None) -> bytes:
        """Send a request to a unit and return its answer, both without the frame around them.

        Args:
            unit_id: the unit.
            pdu: function code and what belongs to it.
            own_size: size of a good answer, for a function that is not of the specification.

        Raises:
            BusTimeoutError: the unit does not answer.
            BusError: what came is damaged, or the line is gone.
        """
        ...

    def close(self) -> None:
        """Close the line."""
        ...
