"""Microchip MCP23017: 16 pins more, for relays, lamps and buttons.

Chip: MCP23017, I2C address 0x20 to 0x27 by A0 to A2, up to 1.7 MHz.
Datasheet: DS20001952C: table 3-5 (registers with BANK = 0, page 18), 3.5.1 IODIR (page 18), 3.5.6
IOCON, 3.5.7 GPPU, 3.5.10 GPIO, 3.5.11 OLAT. Lines 0 to 7 are GPA0 to GPA7, 8 to 15 GPB0 to GPB7.

The driver keeps its own copy of what the chip must hold and compares at every read: a chip that was
reset (all pins input, pull-ups off) is told apart from buttons that were pressed, and gets its
registers back when the runtime sets the device up again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from wampedge.devices.contracts import OnEdge, PinBank, Pull, PwmPin
from wampedge.devices.driver import Driver
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, HardwareError, WrongChipError

__all__ = ["MCP23017"]

log = logging.getLogger(__name__)

REG_IODIR = 0x00
REG_IOCON_IF_BANK_1 = 0x05
REG_IOCON = 0x0A
REG_GPPU = 0x0C
REG_GPIO = 0x12
REG_OLAT = 0x14

IOCON_MIRROR = 0x40
ALL_INPUTS = 0xFFFF
OUTPUT_ONLY = frozenset({7, 15})
CHECK_DIRECTIONS_EVERY_S = 1.0


class MCP23017(
    Driver,
    bus="i2c",
    addresses=tuple(range(0x20, 0x28)),
    title="Microchip MCP23017 16-pin port expander",
    provides_pins=16,
    default_every_s=0.05,
):
    """Offers 16 pins; ``every`` is how often inputs are looked at.

    The registers below are touched by units on the worker of the bus only.
    """

    _directions = ALL_INPUTS
    _pull_ups = 0
    _latches = 0
    _levels: int | None = None
    _is_known = False
    _directions_checked_s = 0.0
    _bank: _Bank | None = None

    def pin_bank(self) -> PinBank:
        """Return the 16 pins; they can be opened once the chip was set up."""
        if self._bank is None:
            self._bank = _Bank(self)
        return self._bank

    async def setup(self) -> None:
        """Find the chip and write all that was asked for so far; raises WrongChipError."""
        # If the chip was left with BANK = 1 this clears it; otherwise it switches interrupts off.
        await self.bus.write(REG_IOCON_IF_BANK_1, 0x00)
        await self.bus.write(REG_IOCON, IOCON_MIRROR)
        found = await self.bus.read(REG_IOCON, 2)
        if found != bytes((IOCON_MIRROR, IOCON_MIRROR)):
            raise WrongChipError(f"IOCON reads {found.hex()} after 0x40 was written: no MCP23017")
        if not self._is_known:
            await self._adopt()
        # Latches first: a pin must not drive a stale level for even one byte on the bus.
        await self._write(REG_OLAT, self._latches)
        await self._write(REG_GPPU, self._pull_ups)
        await self._write(REG_IODIR, self._directions)
        self._directions_checked_s = self.context.clock.monotonic()

    async def read(self) -> Mapping[str, Value]:
        """Look at the inputs and tell those who watch them; raises BadReadingError on a reset."""
        raw: bytes = await self.bus.read(REG_GPPU, 10)
        pull_ups, levels, latches = _word(raw[0:2]), _word(raw[6:8]), _word(raw[8:10])
        if (pull_ups, latches) != (self._pull_ups, self._latches):
            raise BadReadingError("the chip was reset: its pull-ups or latches are not as written")
        await self._check_directions()
        self._dispatch(levels)
        return {}

    async def open_output(self, line: int, level: bool) -> None:
        """Unit: make *line* an output that starts at *level*."""
        await self.drive(line, level)
        directions = self._directions & ~(1 << line)
        await self._write(REG_IODIR, directions)
        self._directions = directions

    async def drive(self, line: int, level: bool) -> None:
        """Unit: set the latch of *line*."""
        self._must_be_known()
        latches = _with_bit(self._latches, line, level)
        await self._write(REG_OLAT, latches)
        self._latches = latches

    async def open_input(self, line: int, has_pull_up: bool) -> None:
        """Unit: make *line* an input."""
        self._must_be_known()
        pull_ups, directions = (
            _with_bit(self._pull_ups, line, has_pull_up),
            self._directions | 1 << line,
        )
        await self._write(REG_IODIR, directions)
        self._directions = directions
        await self._write(REG_GPPU, pull_ups)
        self._pull_ups = pull_ups

    async def level(self, line: int) -> bool:
        """Unit: read *line*."""
        return bool(_word(await self.bus.read(REG_GPIO, 2)) >> line & 1)

    def _must_be_known(self) -> None:
        """Refuse to write words of 16 pins before it is known what the other 15 drive."""
        if not self._is_known:
            raise HardwareError(f"{self.context.name} is not set up yet")

    async def _adopt(self) -> None:
        """Keep what outputs drive now: the chip stayed powered while the node was away."""
        self._directions = _word(await self.bus.read(REG_IODIR, 2))
        self._latches = _word(await self.bus.read(REG_OLAT, 2))
        self._is_known = True

    async def _check_directions(self) -> None:
        """Find a reset that pull-ups and latches cannot show because all of them are 0."""
        now = self.context.clock.monotonic()
        if now - self._directions_checked_s < CHECK_DIRECTIONS_EVERY_S:
            return
        found = _word(await self.bus.read(REG_IODIR, 2))
        if found != self._directions:
            raise BadReadingError("the chip was reset: its pin directions are not as written")
        self._directions_checked_s = now

    def _dispatch(self, levels: int) -> None:
        before, self._levels = self._levels, levels
        if before is None or before == levels or self._bank is None:
            return
        at_ns = round(self.context.clock.monotonic() * 1e9)
        for line, on_edge in self._bank.watchers():
            if (before ^ levels) >> line & 1:
                self.context.on_loop(on_edge, bool(levels >> line & 1), at_ns)

    async def _write(self, register: int, word: int) -> None:
        await self.bus.write(register, word.to_bytes(2, "little"))


class _Bank:
    """The pins of one expander; used from the event loop, runs units on the worker of the bus."""

    def __init__(self, chip: MCP23017) -> None:
        self.name = chip.context.name
        self.lines: Sequence[int] = range(16)
        self.chip = chip
        self._open: dict[int, _Output | _Input] = {}

    def watchers(self) -> list[tuple[int, OnEdge]]:
        """Return the inputs that are watched, and by whom."""
        pins = list(self._open.items())
        return [(n, p.on_edge) for n, p in pins if isinstance(p, _Input) and p.on_edge]

    async def open_output(self, line: int, *, level: bool) -> _Output:
        """Drive *line*, at *level* from the first instant on; raises DeviceError."""
        self._check(line)
        await self.chip.context.run_unit(lambda: self.chip.open_output(line, level))
        pin = self._open[line] = _Output(self, line)
        return pin

    async def open_input(self, line: int, *, pull: Pull) -> _Input:
        """Read *line*; raises HardwareError for a pull-down, which the chip does not have."""
        self._check(line)
        if pull == "down":
            raise HardwareError(f"{self.name}:{line}: the chip has pull-ups only")
        if line in OUTPUT_ONLY:
            log.warning("%s:%d as an input can disturb the bus (datasheet rev. D)", self.name, line)
        await self.chip.context.run_unit(lambda: self.chip.open_input(line, pull == "up"))
        pin = self._open[line] = _Input(self, line)
        return pin

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> PwmPin:
        """Refuse: the chip has no PWM; raises HardwareError."""
        raise HardwareError(f"{self.name}:{line} cannot give a PWM wave; use a pin of the header")

    async def close(self) -> None:
        """Forget every pin; outputs stay as they are."""
        self._open.clear()

    def release(self, line: int) -> None:
        """Let *line* be opened again."""
        self._open.pop(line, None)

    def _check(self, line: int) -> None:
        if line not in self.lines:
            raise HardwareError(f"{self.name} has pins 0 to 15, not {line}")
        if line in self._open:
            raise HardwareError(f"{self.name}:{line} is in use by another device of this node")


class _Output:
    def __init__(self, bank: _Bank, line: int) -> None:
        self.name = f"{bank.name}:{line}"
        self._bank = bank
        self._line = line

    async def write(self, level: bool) -> None:
        """Drive the line; raises DeviceError."""
        chip = self._bank.chip
        await chip.context.run_unit(lambda: chip.drive(self._line, level))

    async def read(self) -> bool:
        """Read the line back; raises DeviceError."""
        chip = self._bank.chip
        return bool(await chip.context.run_unit(lambda: chip.level(self._line)))

    async def close(self) -> None:
        """Give the line back; it keeps its level."""
        self._bank.release(self._line)


class _Input:
    def __init__(self, bank: _Bank, line: int) -> None:
        self.name = f"{bank.name}:{line}"
        self.on_edge: OnEdge | None = None
        self._bank = bank
        self._line = line

    async def read(self) -> bool:
        """Read the line; raises DeviceError."""
        chip = self._bank.chip
        return bool(await chip.context.run_unit(lambda: chip.level(self._line)))

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* at each change that a read of the expander finds; None ends it."""
        self.on_edge = on_edge

    async def close(self) -> None:
        """Give the line back."""
        self._bank.release(self._line)


def _word(raw: bytes) -> int:
    """Port A in the low byte, port B in the high one."""
    return int.from_bytes(raw, "little")


def _with_bit(word: int, bit: int, is_set: bool) -> int:
    return word | 1 << bit if is_set else word & ~(1 << bit)
