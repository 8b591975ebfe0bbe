"""The GPIO header as a trace has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from wampedge.devices.contracts import OnEdge, Pull
from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.player import Player, Request

__all__ = ["ReplayedBank"]

_BANK = "gpio"


class _Asked(Protocol):
    """What asks the player."""

    player: Player

    def at_once(self, request: Request) -> Entry:
        """Return the answer; raises what the trace has."""
        ...


class ReplayedBank:
    """Implements ``PinBank``.

    Args:
        asked: asks the player.
        start_ns: the start of the trace on the monotonic clock.
    """

    def __init__(self, asked: _Asked, start_ns: int) -> None:
        self.name = _BANK
        self.lines: Sequence[int] = range(28)
        self._asked = asked
        self._start_ns = start_ns

    async def open_output(self, line: int, *, level: bool) -> _Pin:
        """Drive *line*; raises HardwareError."""
        return self._opened(line, "output", bool(level))

    async def open_input(self, line: int, *, pull: Pull) -> _Pin:
        """Read *line*; raises HardwareError."""
        return self._opened(line, f"input {pull}")

    async def open_drain(self, line: int, *, pull: Pull) -> _Pin:
        """Let *line* be pulled low by both ends; raises HardwareError."""
        return self._opened(line, f"drain {pull}")

    async def open_pwm(self, line: int, *, frequency_hz: float, duty: float) -> _Pin:
        """Modulate *line*; raises HardwareError."""
        return self._opened(line, f"pwm {frequency_hz:g}", duty)

    async def level_before(self, line: int) -> bool:
        """Return the level of *line*, which is not open; raises HardwareError."""
        return bool(self._asked.at_once(("pins", _BANK, str(line), "before", None)).r)

    async def close(self) -> None:
        """Do nothing."""

    def _opened(self, line: int, op: str, sent: Any = None) -> _Pin:
        pin = _Pin(self._asked, line, self._start_ns)
        pin.ask(op, sent)
        return pin


class _Pin:
    """One line, whatever it is used for.

    Who watches it is changed after the trace was asked: edges that came before are told before.
    """

    lost_edges = 0

    def __init__(self, asked: _Asked, line: int, start_ns: int) -> None:
        self.name = f"GPIO{line}"
        self._asked = asked
        self._line = str(line)
        self._start_ns = start_ns

    def ask(self, op: str, sent: Any = None) -> Entry:
        """Do something with the line; raises DeviceError."""
        return self._asked.at_once(("pins", _BANK, self._line, op, sent))

    async def write(self, level: bool) -> None:
        """Drive the line; raises DeviceError."""
        self.ask("write", bool(level))

    async def read(self) -> bool:
        """Return its level; raises DeviceError."""
        return bool(self.ask("read").r)

    async def set_duty(self, duty: float) -> None:
        """Set the share of each period the line is high; raises DeviceError."""
        self.ask("duty", duty)

    async def set_frequency(self, frequency_hz: float) -> None:
        """Give the wave another frequency; raises DeviceError."""
        self.ask("hertz", frequency_hz)

    async def pull_low(self) -> None:
        """Pull the wire low; raises DeviceError."""
        self.ask("low")
        self.watch(None)

    async def release(self, on_edge: OnEdge | None) -> None:
        """Let go of the wire and call *on_edge* at each edge from then on; raises DeviceError."""
        self.ask("free")
        self.watch(on_edge)

    def watch(self, on_edge: OnEdge | None) -> None:
        """Call *on_edge* at each edge from now on; None ends it."""
        lane = ("pins", _BANK, self._line)
        if on_edge is None:
            self._asked.player.listen(lane, None)
            return

        def deliver(entry: Entry, lag_ns: int) -> None:
            stamp = entry.w if isinstance(entry.w, int) else entry.t
            on_edge(bool(entry.r), stamp + lag_ns + self._start_ns)

        self._asked.player.listen(lane, deliver)

    async def close(self) -> None:
        """Give the line back; raises DeviceError."""
        try:
            self.ask("close")
        finally:
            self.watch(None)
