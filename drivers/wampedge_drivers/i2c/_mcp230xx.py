"""Microchip MCP23008, MCP23017 and MCP23S17: one logic with one or two ports of eight pins.

The driver keeps its own copy of what the chip must hold and compares at every read: a chip that was
reset (all pins input, pull-ups off) is told apart from buttons that were pressed, and gets its
registers back when the runtime sets the device up again.

With ``interrupt`` the chip is read when its INT line falls. INTCAP then tells which level a pin had
at that moment, so that a press that is over again is not lost. INT is open drain, so that a chip on
5 V harms no pin of the board, and needs the pull-up of that pin.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c._expander_driver import PinExpander, with_bit

__all__ = ["McpExpander"]

# Register numbers with one port; with two ports each has two addresses, port A first.
IODIR, GPINTEN, INTCON, IOCON, GPPU, INTF, INTCAP, GPIO, OLAT = 0, 2, 4, 5, 6, 7, 8, 9, 10
IOCON_MIRROR = 0x40
IOCON_OPEN_DRAIN = 0x04
CHECK_DIRECTIONS_EVERY_S = 1.0


class McpExpander(PinExpander):
    """Offers the pins of one chip; ``every`` is how often inputs are looked at.

    The registers below are touched by units on the worker of the bus only.
    """

    ports = 2

    _directions = 0
    _pull_ups = 0
    _latches = 0
    _interrupts = 0
    _directions_checked_s = 0.0

    async def setup(self) -> None:
        """Find the chip and write all that was asked for so far; raises WrongChipError."""
        wanted = self._configuration
        if self.ports == 2:
            # If the chip was left with BANK = 1 this clears it; else it switches interrupts off.
            await self._put(IOCON, 0x00)
        await self._put(IOCON * self.ports, wanted)
        found: bytes = await self._fetch(IOCON * self.ports, self.ports)
        if found != bytes((wanted,)) * self.ports:
            name = type(self).__name__
            text = f"IOCON reads {found.hex()} after 0x{wanted:02x} was written: no {name}"
            raise WrongChipError(text)
        if not self._is_known:
            await self._adopt()
        # Latches first: a pin must not drive a stale level for even one byte on the bus.
        await self._write(OLAT, self._latches)
        await self._write(GPPU, self._pull_ups)
        await self._write(IODIR, self._directions)
        await self._begin_interrupts()
        self._directions_checked_s = self.context.clock.monotonic()

    async def read(self) -> Mapping[str, Value]:
        """Look at the inputs and tell those who watch them; raises BadReadingError on a reset."""
        raw: bytes = await self._fetch(GPPU * self.ports, 5 * self.ports)
        size = self.ports
        pull_ups, flags, captured, levels, latches = (
            int.from_bytes(raw[at : at + size], "little") for at in range(0, 5 * size, size)
        )
        if (pull_ups, latches) != (self._pull_ups, self._latches):
            raise BadReadingError("the chip was reset: its pull-ups or latches are not as written")
        await self._check_directions()
        at_ns = 0 if self._interrupt_line is None else self._interrupt_line.at_ns
        self._pins.take(levels, flags=flags, captured=captured, captured_ns=at_ns)
        return {}

    async def open_output(self, line: int, level: bool) -> None:
        """Unit: make *line* an output that starts at *level*."""
        await self.drive(line, level)
        directions = self._directions & ~(1 << line)
        await self._write(IODIR, directions)
        self._directions = directions

    async def drive(self, line: int, level: bool) -> None:
        """Unit: set the latch of *line*."""
        self._must_be_known()
        latches = with_bit(self._latches, line, level)
        await self._write(OLAT, latches)
        self._latches = latches

    async def open_input(self, line: int, has_pull_up: bool) -> None:
        """Unit: make *line* an input."""
        self._must_be_known()
        pull_ups, directions = (
            with_bit(self._pull_ups, line, has_pull_up),
            self._directions | 1 << line,
        )
        await self._write(IODIR, directions)
        self._directions = directions
        await self._write(GPPU, pull_ups)
        self._pull_ups = pull_ups
        if self.interrupt is not None:
            interrupts = self._interrupts | 1 << line
            await self._write(GPINTEN, interrupts)
            self._interrupts = interrupts

    async def level(self, line: int) -> bool:
        """Unit: read *line*; what that clears of an interrupt is told first."""
        if self._interrupt_line is not None and self._is_known:
            await self.read()
        return bool(await self._read(GPIO) >> line & 1)

    @property
    def _configuration(self) -> int:
        mirror = IOCON_MIRROR if self.ports == 2 else 0
        return mirror | (0 if self.interrupt is None else IOCON_OPEN_DRAIN)

    async def _adopt(self) -> None:
        """Keep what outputs drive now: the chip stayed powered while the node was away."""
        self._directions = await self._read(IODIR)
        self._latches = await self._read(OLAT)
        self._is_known = True

    async def _begin_interrupts(self) -> None:
        """Let inputs that change pull INT low, each compared with the level it had before."""
        self._watch_interrupt()
        if self.interrupt is None:
            return
        await self._write(INTCON, 0)
        await self._write(GPINTEN, self._interrupts)

    async def _check_directions(self) -> None:
        """Find a reset that pull-ups and latches cannot show because all of them are 0."""
        now = self.context.clock.monotonic()
        if now - self._directions_checked_s < CHECK_DIRECTIONS_EVERY_S:
            return
        raw: bytes = await self._fetch(IODIR * self.ports, 3 * self.ports)
        found = (
            int.from_bytes(raw[: self.ports], "little"),
            int.from_bytes(raw[2 * self.ports :], "little"),
        )
        if found != (self._directions, self._interrupts):
            raise BadReadingError("the chip was reset: its pin directions are not as written")
        self._directions_checked_s = now

    async def _fetch(self, address: int, count: int) -> bytes:
        """Read *count* registers from *address* on."""
        found: bytes = await self.bus.read(address, count)
        return found

    async def _put(self, address: int, value: int | bytes) -> None:
        """Write registers from *address* on."""
        await self.bus.write(address, value)

    async def _read(self, register: int) -> int:
        return int.from_bytes(await self._fetch(register * self.ports, self.ports), "little")

    async def _write(self, register: int, word: int) -> None:
        await self._put(register * self.ports, word.to_bytes(self.ports, "little"))
