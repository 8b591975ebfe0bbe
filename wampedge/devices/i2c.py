"""What an I2C driver has as ``self.bus``: register and command traffic with one chip.

The methods are ``async`` for the reader's sake only: they run at once, on the worker of the bus,
and never suspend, so nothing else can use the bus between two of them in one unit.
"""

from __future__ import annotations

from collections.abc import Sequence

from wampedge.devices.abandonment import stop_if_abandoned
from wampedge.devices.contracts import I2cBus

__all__ = ["I2cDevice"]


class I2cDevice:
    """One chip at one address of one bus; used on the worker of the bus only.

    Args:
        bus: the blocking bus.
        address: 7-bit address.
    """

    __slots__ = ("_bus", "address")

    def __init__(self, bus: I2cBus, address: int) -> None:
        self._bus = bus
        self.address = address

    async def transfer(self, *messages: bytes | int) -> list[bytes]:
        """Run one transaction: bytes are written, an int reads so many bytes; raises BusError."""
        return self.run(messages)

    async def read(self, register: int, count: int) -> bytes:
        """Read *count* bytes from *register* on, with a repeated start; raises BusError."""
        return self.run((bytes((register,)), count))[0]

    async def read_u8(self, register: int) -> int:
        """Read one byte; raises BusError."""
        return self.run((bytes((register,)), 1))[0][0]

    async def read_u16(self, register: int) -> int:
        """Read two bytes, most significant first; raises BusError."""
        return int.from_bytes(self.run((bytes((register,)), 2))[0], "big")

    async def write(self, register: int, *values: int | bytes) -> None:
        """Write bytes from *register* on; an int is one byte; raises BusError."""
        parts = (value if isinstance(value, bytes) else bytes((value,)) for value in values)
        self.run((bytes((register,)) + b"".join(parts),))

    async def send(self, data: bytes) -> None:
        """Write *data* as it is (chips that take commands); raises BusError."""
        self.run((data,))

    async def receive(self, count: int) -> bytes:
        """Read *count* bytes without addressing a register; raises BusError."""
        return self.run((count,))[0]

    def run_at(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction with any chip of the bus, for foreign drivers; raises BusError."""
        stop_if_abandoned()
        return self._bus.transfer(address, messages)

    def run(self, messages: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction at once; the plain function under all the others."""
        stop_if_abandoned()
        return self._bus.transfer(self.address, messages)
