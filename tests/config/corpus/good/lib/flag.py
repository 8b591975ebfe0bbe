"""A driver beside a device file."""

from __future__ import annotations

from wampedge.devices.driver import Driver, reading

__all__ = ["Flag"]


class Flag(Driver, bus="i2c", addresses=(0x20,), title="A flag"):
    """Says where it is."""

    position = reading("", doc="where it is")

    async def read(self) -> dict[str, float]:
        """Return where it is."""
        return {"position": float(await self.bus.read_u8(0x01))}
