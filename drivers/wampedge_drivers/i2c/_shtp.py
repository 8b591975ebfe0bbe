"""The transport of CEVA's sensor hubs (SHTP) over I2C: cargoes on channels, each side counting.

From "Sensor Hub Transport Protocol" 1000-3535 rev. 1.8: 2.1 (header: length with continuation flag,
channel, sequence number), 2.2 (cargoes in several transfers). A read gives one transfer, filled up
with zeros; the rest of a longer cargo comes with the next reads. What cargoes mean is left to the
driver.
"""

from __future__ import annotations

from typing import NamedTuple

from wampedge.devices.i2c import I2cDevice
from wampedge.errors import BadReadingError

__all__ = ["Cargo", "Shtp"]

HEADER_SIZE = 4
READ_SIZE = 48
"""Enough for the usual cargo: a time and three reports."""
LONGEST_CARGO = 1024
CONTINUATION = 0x8000
CHANNELS = 6


class Cargo(NamedTuple):
    """One message of the hub.

    Attributes:
        channel: 0 command, 1 executable, 2 control, 3 reports, 4 wake-up reports, 5 fast rotation.
        payload: what it carries, without headers.
    """

    channel: int
    payload: bytes


class Shtp:
    """One end of the link; belongs to one driver.

    Attributes:
        lost: transfers of the hub that were missed, by their numbers.
    """

    def __init__(self, bus: I2cDevice) -> None:
        self.lost = 0
        self._bus = bus
        self.restart()

    def restart(self) -> None:
        """Count from the beginning, as the hub does after a reset."""
        self._to_send = [0] * CHANNELS
        self._expected: dict[int, int] = {}

    async def send(self, channel: int, payload: bytes) -> None:
        """Send a short cargo in one transfer; raises BusError."""
        size = (HEADER_SIZE + len(payload)).to_bytes(2, "little")
        number = self._to_send[channel]
        self._to_send[channel] = (number + 1) & 0xFF
        await self._bus.send(size + bytes((channel, number)) + payload)

    async def receive(self) -> Cargo | None:
        """Return the next cargo; None: the hub has none. Raises BadReadingError, BusError."""
        channel, payload, missing = await self._transfer()
        if channel is None:
            return None
        parts = [payload]
        for _ in range(LONGEST_CARGO // (READ_SIZE - HEADER_SIZE)):
            if missing <= 0:
                return Cargo(channel, b"".join(parts))
            again, payload, missing = await self._transfer()
            if again != channel:
                raise BadReadingError(f"a cargo of channel {channel} broke off")
            parts.append(payload)
        raise BadReadingError(f"a cargo of channel {channel} does not end")

    async def _transfer(self) -> tuple[int | None, bytes, int]:
        """Return channel and payload of one transfer, and how many bytes are still to come."""
        wire = await self._bus.receive(READ_SIZE)
        size = int.from_bytes(wire[:2], "little")
        if size & ~CONTINUATION == 0:
            return None, b"", 0
        size &= ~CONTINUATION
        channel, number = wire[2], wire[3]
        if size < HEADER_SIZE or size > LONGEST_CARGO or channel >= CHANNELS:
            raise BadReadingError(f"{wire[:HEADER_SIZE].hex()} is no header: nobody, or a bad bus")
        gap = number - self._expected.get(channel, number) & 0xFF
        if gap < 0x80:  # one that goes back is a transfer that was sent again
            self.lost += gap
        self._expected[channel] = (number + 1) & 0xFF
        return channel, wire[HEADER_SIZE:size], size - READ_SIZE
