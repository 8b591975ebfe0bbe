"""TI TCA9548A (PCA9548A): eight I2C buses behind one address, to have equal addresses apart.

Chip: TCA9548A, I2C address 0x70 to 0x77 by A0 to A2, up to 400 kHz.
Datasheet: SCPS207: 8.6.2 (control register: one bit a channel, 0 after power-on).

Devices behind it say ``bus = "NAME:CHANNEL"``. The way to them is selected by the bus itself, with
each transfer as one thing (``wampedge.devices.i2c_mux``); this driver looks whether the chip is
there.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.driver import Driver, param
from wampedge.devices.fields import Choice
from wampedge.devices.values import Value
from wampedge.errors import WrongChipError

__all__ = ["TCA9548A"]

NO_CHANNEL = 0x00


class TCA9548A(
    Driver,
    bus="i2c",
    addresses=tuple(range(0x70, 0x78)),
    title="TI TCA9548A 8-channel I2C multiplexer",
    provides_buses=8,
    default_every_s=30.0,
):
    """Offers eight buses, ``"NAME:0"`` to ``"NAME:7"``."""

    idle: str = param(
        Choice(("keep", "disconnect")),
        "keep",
        doc="what happens to a channel between transfers; disconnect for long cables behind it",
    )

    async def setup(self) -> None:
        """Close every channel and look whether the chip has taken that; raises WrongChipError."""
        await self.bus.send(bytes((NO_CHANNEL,)))
        found = (await self.bus.receive(1))[0]
        if found != NO_CHANNEL:
            text = f"its register reads 0x{found:02x} after 0x00 was written"
            raise WrongChipError(f"{text}: no TCA9548A")

    async def read(self) -> Mapping[str, Value]:
        """Look whether the chip still answers; raises BusError."""
        await self.bus.receive(1)
        return {}
