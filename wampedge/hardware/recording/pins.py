"""Pins of the header that note writes, reads and edges in a trace, around the real ones.

Operations in the trace: ``output`` (opened at level ``w``), ``input PULL``, ``drain PULL`` and
``pwm HERTZ`` open a line, ``write``, ``read``, ``duty``, ``hertz``, ``low``, ``free`` and
``before`` use it, ``close`` gives it back. ``edge`` came by itself: ``w`` is the stamp of the
kernel in ns since the start, ``r`` the new level.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from wampedge.devices.contracts import OnEdge, Pull
from wampedge.errors import DeviceError
from wampedge.hardware.recording.entries import Entry, failed
from wampedge.hardware.recording.writer import TraceWriter

__all__ = ["RecordingBank"]

_ANSWERING: Final = frozenset({"read", "before"})


class RecordingBank:
    """The GPIO header; used from the event loop only.

    Args:
        bank: the real one.
        trace: gets what is done.
    """

    def __init__(self, bank: Any, trace: TraceWriter) -> None:
        self.name: str = bank.name
        self.lines: Sequence[int] = bank.lines
        self._bank = bank
        self._trace = trace

    async def open_output(self, line: int, *, level: bool) -> _Output:
        """Drive *line*, at *level* from the first instant on; raises HardwareError."""
        wire = self._wire(line)
        pin = await wire.noted("output", self._bank.open_output(line, level=level), bool(level))
        return _Output(pin, wire)

    async def open_input(self, line: int, *, pull: Pull) -> _Input:
        """Read *line*; raises HardwareError."""
        wire = self._wire(line)
        pin = await wire.noted(f"input {pull}", self._bank.open_input(line, pull=pull))
        return _Input(pin, wire)

    async def open_drain(self, line: int, *, pull: Pull) -> _OpenDrain:
        """Let *line* be pulled low by both ends; raises HardwareError."""
        wire = self._wire(line)
        pin = await wire.noted(f"drain {pull}", self._bank.open_drain(line, pull=pull))
        return _OpenDrain(pin, wire)

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> _Pwm:
        """Modulate *line* from *duty* on; raises HardwareError where the bank cannot."""
        wire = self._wire(line)
        opening = self._bank.open_pwm(line, frequency_hz=frequency_hz, duty=duty)
        return _Pwm(await wire.noted(f"pwm {frequency_hz:g}", opening, duty), wire)

    async def level_before(self, line: int) -> bool:
        """Return the level of *line*, which is not open and stays so; raises HardwareError."""
        return bool(await self._wire(line).noted("before", self._bank.level_before(line)))

    async def close(self) -> None:
        """Release every line."""
        await self._bank.close()

    def _wire(self, line: int) -> _Wire:
        return _Wire(self._trace, self.name, line)


class _Wire:
    """What the pins of one line say of it in the trace."""

    def __init__(self, trace: TraceWriter, bank: str, line: int) -> None:
        self._trace = trace
        self._bank = bank
        self._line = str(line)

    async def noted(self, op: str, act: Awaitable[Any], sent: Any = None) -> Any:
        """Await *act* and note what became of it; raises DeviceError."""
        begun = self._trace.now_ns()
        try:
            answer = await act
        except DeviceError as error:
            number, text = failed(error)
            self._note(begun, op, w=sent, errno=number, error=text)
            raise
        self._note(begun, op, w=sent, r=bool(answer) if op in _ANSWERING else None)
        return answer

    def edge(self, level: bool, at_ns: int) -> None:
        """Note an edge with its stamp."""
        now, stamp = self._trace.now_ns(), self._trace.since_start(at_ns)
        self._trace.write(
            Entry(now, "pins", self._bank, self._line, "edge", w=stamp, r=bool(level))
        )

    def listener(self, on_edge: OnEdge | None) -> OnEdge | None:
        """Return what notes each edge before *on_edge* is told of it."""
        if on_edge is None:
            return None
        tell: Callable[[bool, int], None] = on_edge

        def noted(level: bool, at_ns: int) -> None:
            self.edge(level, at_ns)
            tell(level, at_ns)

        return noted

    def _note(self, begun: int, op: str, **fields: Any) -> None:
        took = self._trace.now_ns() - begun
        self._trace.write(Entry(begun, "pins", self._bank, self._line, op, ns=took, **fields))


class _Pin:
    """What all pins have."""

    def __init__(self, pin: Any, wire: _Wire) -> None:
        self.name: str = pin.name
        self._pin = pin
        self._wire = wire

    async def close(self) -> None:
        """Give the line back."""
        await self._wire.noted("close", self._pin.close())


class _Output(_Pin):
    async def write(self, level: bool) -> None:
        """Drive the line; raises DeviceError."""
        await self._wire.noted("write", self._pin.write(level), bool(level))

    async def read(self) -> bool:
        """Read the line back; raises DeviceError."""
        return bool(await self._wire.noted("read", self._pin.read()))


class _Pwm(_Pin):
    async def set_duty(self, duty: float) -> None:
        """Set the share of each period the line is high; raises DeviceError."""
        await self._wire.noted("duty", self._pin.set_duty(duty), duty)

    async def set_frequency(self, frequency_hz: float) -> None:
        """Give the wave another frequency, in hertz; raises DeviceError."""
        await self._wire.noted("hertz", self._pin.set_frequency(frequency_hz), frequency_hz)


class _Input(_Pin):
    @property
    def lost_edges(self) -> int:
        """How many edges are known not to have been told."""
        return int(self._pin.lost_edges)

    async def read(self) -> bool:
        """Read the line; raises DeviceError."""
        return bool(await self._wire.noted("read", self._pin.read()))

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* at each edge from now on; None ends it."""
        self._pin.watch(self._wire.listener(on_edge))


class _OpenDrain(_Pin):
    async def pull_low(self) -> None:
        """Pull the wire low; raises DeviceError."""
        await self._wire.noted("low", self._pin.pull_low())

    async def release(self, on_edge: OnEdge | None) -> None:
        """Let go of the wire and call *on_edge* at each edge from then on; raises DeviceError."""
        await self._wire.noted("free", self._pin.release(self._wire.listener(on_edge)))

    async def read(self) -> bool:
        """Read the wire, once it was let go; raises DeviceError."""
        return bool(await self._wire.noted("read", self._pin.read()))
