"""What port expanders have in common: a bank of pins, edges out of port reads, an interrupt line.

The chip behind the bank keeps the registers; it is touched by units on the worker of the bus only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from wampedge.devices.contracts import InputPin, OnEdge, OpenDrainPin, Pull, PwmPin
from wampedge.devices.driver import DriverContext
from wampedge.devices.late_log import LateLog
from wampedge.errors import HardwareError

__all__ = ["POLL_S", "SLOW_POLL_S", "ExpanderBank", "ExpanderChip", "InterruptLine", "period_s"]

log = LateLog(__name__)

POLL_S = 0.05
"""How often inputs are looked at without an interrupt line."""
SLOW_POLL_S = 10.0
"""How often inputs are looked at with one, in case an edge of it was lost."""
STILL_LOW_S = 0.005
"""An interrupt line that is low so long after the chip was read asks for another look."""


class ExpanderChip(Protocol):
    """The registers of one expander."""

    context: DriverContext

    async def open_output(self, line: int, level: bool) -> None:
        """Unit: make *line* an output that starts at *level*."""
        ...

    async def drive(self, line: int, level: bool) -> None:
        """Unit: drive *line*."""
        ...

    async def open_input(self, line: int, has_pull_up: bool) -> None:
        """Unit: make *line* an input."""
        ...

    async def level(self, line: int) -> bool:
        """Unit: read *line*."""
        ...


def period_s(pins: Collection[str]) -> float:
    """Return how often an expander that uses *pins* is read."""
    return SLOW_POLL_S if "interrupt" in pins else POLL_S


class ExpanderBank:
    """The pins of one expander; used from the event loop, runs units on the worker of the bus.

    Args:
        chip: the registers.
        count: how many pins.
        risky_inputs: lines that had better be outputs, with a reason in the data sheet.
    """

    def __init__(
        self, chip: ExpanderChip, count: int, *, risky_inputs: frozenset[int] = frozenset()
    ) -> None:
        self.name = chip.context.name
        self.lines: Sequence[int] = range(count)
        self.chip = chip
        self._risky_inputs = risky_inputs
        self._open: dict[int, _Output | _Input] = {}
        self._levels: int | None = None

    def take(self, levels: int, *, flags: int = 0, captured: int = 0, captured_ns: int = 0) -> None:
        """Unit: tell those who watch what changed since the last call.

        Args:
            levels: the port now.
            flags: the lines whose change was captured.
            captured: the port at that moment.
            captured_ns: when that was.
        """
        before, self._levels = self._levels, levels
        if before is None:
            return
        context = self.chip.context
        now_ns = round(context.clock.monotonic() * 1e9)
        between = before & ~flags | captured & flags
        for line, on_edge in self._watchers():
            mask = 1 << line
            if (before ^ between) & mask:
                context.on_loop(on_edge, bool(between & mask), captured_ns or now_ns)
            if (between ^ levels) & mask:
                context.on_loop(on_edge, bool(levels & mask), now_ns)

    async def level_before(self, line: int) -> bool:
        """Return the level *line* has, whatever it is; raises DeviceError."""
        return bool(await self.chip.context.run_unit(lambda: self.chip.level(line)))

    async def open_output(self, line: int, *, level: bool) -> _Output:
        """Drive *line*, at *level* from the first instant on; raises DeviceError."""
        self._check(line)
        await self.chip.context.run_unit(lambda: self.chip.open_output(line, level))
        pin = self._open[line] = _Output(self, line)
        return pin

    async def open_input(self, line: int, *, pull: Pull) -> _Input:
        """Read *line*; raises HardwareError for a pull-down, which these chips do not have."""
        self._check(line)
        if pull == "down":
            raise HardwareError(f"{self.name}:{line}: the chip has pull-ups only")
        if line in self._risky_inputs:
            log.warning("%s:%d as an input can disturb the bus (datasheet rev. D)", self.name, line)
        await self.chip.context.run_unit(lambda: self.chip.open_input(line, pull == "up"))
        pin = self._open[line] = _Input(self, line)
        return pin

    async def open_drain(self, line: int, *, pull: Pull) -> OpenDrainPin:
        """Refuse: what needs such a wire needs time stamps; raises HardwareError."""
        raise HardwareError(f"{self.name}:{line} is too slow for that; use a pin of the header")

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> PwmPin:
        """Refuse: these chips have no PWM; raises HardwareError."""
        raise HardwareError(f"{self.name}:{line} cannot give a PWM wave; use a pin of the header")

    async def close(self) -> None:
        """Forget every pin; outputs stay as they are."""
        self._open.clear()

    def release(self, line: int) -> None:
        """Let *line* be opened again."""
        self._open.pop(line, None)

    def _watchers(self) -> list[tuple[int, OnEdge]]:
        pins = list(self._open.items())
        return [(n, p.on_edge) for n, p in pins if isinstance(p, _Input) and p.on_edge]

    def _check(self, line: int) -> None:
        if line not in self.lines:
            raise HardwareError(f"{self.name} has pins 0 to {self.lines[-1]}, not {line}")
        if line in self._open:
            raise HardwareError(f"{self.name}:{line} is in use by another device of this node")


class InterruptLine:
    """The INT output of an expander, low while a change waits to be read.

    An edge of it makes the chip be read; while it stays low the chip is read again, as a change
    between two reads gives no new edge. Lives on the event loop.

    Args:
        context: of the driver.
        serve: unit that reads the chip.
    """

    def __init__(self, context: DriverContext, serve: Callable[[], Awaitable[object]]) -> None:
        self.at_ns = 0
        """When the line last fell, in nanoseconds."""
        self.edges = 0
        self._context = context
        self._serve_unit = serve
        self._is_low = False
        self._is_planned = False
        self._pin: InputPin | None = None

    def watch(self, pin: InputPin) -> None:
        """Listen to *pin* from now on; may be called in a unit."""
        self._context.on_loop(self._watch, pin)

    def ignore(self) -> None:
        """Listen no more."""
        if self._pin is not None:
            self._pin.watch(None)
            self._pin = None

    def _watch(self, pin: InputPin) -> None:
        self._pin = pin
        self._is_low = False
        pin.watch(self._on_edge)

    def _on_edge(self, level: bool, at_ns: int) -> None:
        self._is_low = not level
        if not level:
            self.edges += 1
            self.at_ns = at_ns
            self._plan(0.0)

    def _plan(self, delay_s: float) -> None:
        if not self._is_planned:
            self._is_planned = True
            self._context.later(delay_s, self._serve)

    async def _serve(self) -> None:
        self._is_planned = False
        await self._serve_unit()
        self._context.on_loop(self._look_again)

    def _look_again(self) -> None:
        if self._is_low:
            self._plan(STILL_LOW_S)


class _Output:
    def __init__(self, bank: ExpanderBank, line: int) -> None:
        self.name = f"{bank.name}:{line}"
        self._bank = bank
        self._line = line

    async def write(self, level: bool) -> None:
        """Drive the line; raises DeviceError."""
        chip = self._bank.chip
        await chip.context.run_unit(lambda: chip.drive(self._line, level))

    async def read(self) -> bool:
        """Read the line back; raises DeviceError."""
        return await self._bank.level_before(self._line)

    async def close(self) -> None:
        """Give the line back; it keeps its level."""
        self._bank.release(self._line)


class _Input:
    def __init__(self, bank: ExpanderBank, line: int) -> None:
        self.name = f"{bank.name}:{line}"
        self.on_edge: OnEdge | None = None
        self.lost_edges = 0
        self._bank = bank
        self._line = line

    async def read(self) -> bool:
        """Read the line; raises DeviceError."""
        return await self._bank.level_before(self._line)

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* at each change that a read of the expander finds; None ends it."""
        self.on_edge = on_edge

    async def close(self) -> None:
        """Give the line back."""
        self._bank.release(self._line)
