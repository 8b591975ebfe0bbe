"""PCF8574 and PCF8575: quasi-bidirectional pins, one logic for eight and sixteen of them.

There are no registers: what is written is what the pins drive, what is read is what they have. A
pin written 1 is pulled up by 100 uA only, so anything outside can pull it low: that is an input,
and also an output that is high. So loads are to be wired from the supply to the pin, active low.

INT falls when a pin changes and rises when the chip is read, or when the pin changes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wampedge.devices.contracts import PinBank
from wampedge.devices.driver import Driver, input_pin
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, HardwareError
from wampedge_drivers.i2c._expander import ExpanderBank, InterruptLine, period_s

__all__ = ["QuasiExpander"]


class QuasiExpander(Driver):
    """Offers the pins of one chip; the words below are touched by units on the bus only."""

    ports = 1

    interrupt = input_pin(
        place="table", is_required=False, doc="the pin INT is wired to, with its pull-up"
    )

    _latches = 0
    _driven_low = 0
    _is_known = False
    _bank: ExpanderBank | None = None
    _interrupt_line: InterruptLine | None = None

    @classmethod
    def usual_period_s(cls, pins: Collection[str]) -> float | None:
        """Return a slow period where an interrupt tells of changes."""
        return period_s(pins)

    def pin_bank(self) -> PinBank:
        """Return the pins; they can be opened once the chip was set up."""
        return self._pins

    async def setup(self) -> None:
        """Find the chip and write all that was asked for so far."""
        if not self._is_known:
            # The latches cannot be read. Nothing is written before a pin is opened: what the chip
            # drives low stays low, and what somebody else pulls low may be driven low as well.
            self._latches = await self._read()
            self._is_known = True
        else:
            await self._write(self._latches)
        if self.interrupt is not None:
            if self._interrupt_line is None:
                self._interrupt_line = InterruptLine(self.context, self.read)
            self._interrupt_line.watch(self.interrupt)

    async def read(self) -> Mapping[str, Value]:
        """Look at the inputs and tell those who watch them; raises BadReadingError on a reset."""
        levels = await self._read()
        if levels & self._driven_low:
            raise BadReadingError("a pin is high that is driven low: the chip was reset")
        self._pins.take(levels)
        return {}

    async def close(self) -> None:
        """Listen to the interrupt line no more."""
        if self._interrupt_line is not None:
            self._interrupt_line.ignore()

    def counters(self) -> Mapping[str, int]:
        """Return how often the interrupt line fell."""
        line = self._interrupt_line
        return {} if line is None else {"interrupts": line.edges}

    async def open_output(self, line: int, level: bool) -> None:
        """Unit: drive *line*."""
        await self.drive(line, level)

    async def drive(self, line: int, level: bool) -> None:
        """Unit: drive *line* low, or let it be pulled high."""
        mask = 1 << line
        await self._write(self._latches | mask if level else self._latches & ~mask)
        self._driven_low = self._driven_low & ~mask if level else self._driven_low | mask

    async def open_input(self, line: int, has_pull_up: bool) -> None:
        """Unit: let *line* be pulled high, by the chip whatever *has_pull_up* says."""
        await self.drive(line, True)

    async def level(self, line: int) -> bool:
        """Unit: read *line*; what that clears of an interrupt is told first."""
        levels = await self._read()
        if not levels & self._driven_low:
            self._pins.take(levels)
        return bool(levels >> line & 1)

    @property
    def _pins(self) -> ExpanderBank:
        if self._bank is None:
            self._bank = ExpanderBank(self, 8 * self.ports)
        return self._bank

    async def _read(self) -> int:
        return int.from_bytes(await self.bus.receive(self.ports), "little")

    async def _write(self, latches: int) -> None:
        if not self._is_known:
            raise HardwareError(f"{self.context.name} is not set up yet")
        await self.bus.send(latches.to_bytes(self.ports, "little"))
        self._latches = latches
