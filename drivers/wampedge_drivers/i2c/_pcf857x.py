"""PCF8574 and PCF8575: quasi-bidirectional pins, one logic for eight and sixteen of them.

There are no registers: what is written is what the pins drive, what is read is what they have. A
pin written 1 is pulled up by 100 uA only, so anything outside can pull it low: that is an input,
and also an output that is high. So loads are to be wired from the supply to the pin, active low.

INT falls when a pin changes and rises when the chip is read, or when the pin changes back.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._expander_driver import PinExpander, with_bit

__all__ = ["QuasiExpander"]


class QuasiExpander(PinExpander):
    """Offers the pins of one chip; the words below are touched by units on the bus only."""

    ports = 1

    _latches = 0
    _driven_low = 0

    async def setup(self) -> None:
        """Find the chip and write all that was asked for so far."""
        if not self._is_known:
            # The latches cannot be read. Nothing is written before a pin is opened: what the chip
            # drives low stays low, and what somebody else pulls low may be driven low as well.
            self._latches = await self._read()
            self._is_known = True
        else:
            await self._write(self._latches)
        self._watch_interrupt()

    async def read(self) -> Mapping[str, Value]:
        """Look at the inputs and tell those who watch them; raises BadReadingError on a reset."""
        levels = await self._read()
        if levels & self._driven_low:
            raise BadReadingError("a pin is high that is driven low: the chip was reset")
        self._pins.take(levels)
        return {}

    async def open_output(self, line: int, level: bool) -> None:
        """Unit: drive *line*."""
        await self.drive(line, level)

    async def drive(self, line: int, level: bool) -> None:
        """Unit: drive *line* low, or let it be pulled high."""
        await self._write(with_bit(self._latches, line, level))
        self._driven_low = with_bit(self._driven_low, line, not level)

    async def open_input(self, line: int, has_pull_up: bool) -> None:
        """Unit: let *line* be pulled high, by the chip whatever *has_pull_up* says."""
        await self.drive(line, True)

    async def level(self, line: int) -> bool:
        """Unit: read *line*; what that clears of an interrupt is told first."""
        levels = await self._read()
        if not levels & self._driven_low:
            self._pins.take(levels)
        return bool(levels >> line & 1)

    async def _read(self) -> int:
        return int.from_bytes(await self.bus.receive(self.ports), "little")

    async def _write(self, latches: int) -> None:
        self._must_be_known()
        await self.bus.send(latches.to_bytes(self.ports, "little"))
        self._latches = latches
