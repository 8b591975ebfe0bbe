"""Nets: the wires between lines of the GPIO header, lines of expanders, and parts.

A net takes its level from whoever drives it, else from its pull resistors, else it floats and reads
low. Two outputs that drive against each other are a conflict: the net reads low. That, and other
mistakes of the wiring that show while the board runs, become findings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import TypeVar

from wampedge.errors import InvalidValueError
from wampedge_simulator.wiring import WiringFindings

__all__ = ["HEADER", "Net", "Nets", "OnLevel", "Watches", "Wave"]

HEADER = "gpio"
"""Name of the bank of the GPIO header; its 28 lines are BCM numbers."""
_HEADER_LINES = 28
_FIXED_PULL_UPS = (2, 3)
"""GPIO2 and GPIO3 have 1.8 kohm to 3.3 V on every Raspberry Pi, for I2C."""

_Signal = TypeVar("_Signal")
OnLevel = Callable[[bool], None]
"""Called with the new level, by the thread that changed it."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A pulse-width modulated signal: *duty* is the share of each period the net is high."""

    frequency_hz: float
    duty: float


class Watches:
    """Who watches the nets of a board, so that a part can be taken off it.

    Attributes:
        maker: whose watches those are that begin now; None for whoever looks at the board.
    """

    def __init__(self) -> None:
        self.maker: str | None = None
        self._ends_by_maker: dict[str, list[Callable[[], None]]] = {}

    def note(self, end: Callable[[], None]) -> None:
        """Hear of a watch that begins now, which *end* ends."""
        if self.maker is not None:
            self._ends_by_maker.setdefault(self.maker, []).append(end)

    def end(self, maker: str) -> None:
        """End all watches of *maker*."""
        for end in self._ends_by_maker.pop(maker, ()):
            end()


class Net:
    """One wire. Any thread may use it; one lock serves the whole board.

    Args:
        name: such as ``GPIO17`` or ``io:3``.
        lock: the lock of the board.
        findings: gets what is wrong with the wire.
        watches: knows who watches it.
    """

    def __init__(
        self,
        name: str,
        lock: RLock,
        findings: WiringFindings | None = None,
        watches: Watches | None = None,
    ) -> None:
        self.name = name
        self.level = False
        self.stamp_s: float | None = None
        """When the change that is told of now happened, if not now; see ``drive_at``."""
        self._lock = lock
        self._drives: dict[str, bool | Wave] = {}
        self._pulls: dict[str, bool] = {}
        self._open: set[str] = set()
        self._findings = findings or WiringFindings()
        self._watches = watches or Watches()
        self._listeners: list[OnLevel] = []
        self._signal_listeners: list[Callable[[], None]] = []

    @property
    def duty(self) -> float:
        """Share of the time the net is high: 0.0 or 1.0 for a steady level."""
        waves = [drive for drive in self._drives.values() if isinstance(drive, Wave)]
        return waves[0].duty if waves and not self.has_conflict else float(self.level)

    @property
    def frequency_hz(self) -> float:
        """Frequency of the wave on the net; 0.0 for a steady level."""
        waves = [drive for drive in self._drives.values() if isinstance(drive, Wave)]
        return waves[0].frequency_hz if 0.0 < self.duty < 1.0 and waves else 0.0

    @property
    def has_conflict(self) -> bool:
        """Whether outputs drive against each other."""
        return len(set(self._drives.values())) > 1

    @property
    def is_floating(self) -> bool:
        """Whether nothing gives the net a level."""
        return not self._drives and not self._pulls

    def drive(self, source: str, signal: bool | Wave | None, *, is_open: bool = False) -> None:
        """Let output *source* give the net a level or a wave; None lets go.

        An output that *is_open* is a contact or an open drain: it gives one level only and else
        leaves the net to others, so several may be on one net.
        """
        with self._lock:
            before = self._drives.get(source)
            _put(self._drives, source, signal)
            if is_open:
                self._open.add(source)
            if before != signal:
                self._check_drives(source, signal)
            self._resolve(has_new_signal=before != signal)

    def drive_at(
        self, at_s: float, source: str, signal: bool | None, *, is_open: bool = False
    ) -> None:
        """Let *source* drive the net as of *at_s*, a time of the board's clock in seconds.

        For changes that follow each other faster than the event loop turns: the kernel stamps each
        edge when it happens, and whoever watches is told of all of them later.
        """
        with self._lock:
            self.stamp_s = at_s
            try:
                self.drive(source, signal, is_open=is_open)
            finally:
                self.stamp_s = None

    def pull(self, source: str, is_up: bool | None) -> None:
        """Connect a resistor of *source* to the supply or to ground; None takes it away."""
        with self._lock:
            _put(self._pulls, source, is_up)
            self._resolve()

    def read(self) -> bool:
        """Return the level for whoever has an input here; that it floats is a finding."""
        if self.is_floating:
            self._findings.note(
                "floating",
                self.name,
                f"{self.name} is read as an input, and nothing gives it a level",
                'connect a resistor, or let the device file have pull = "up" or "down"',
            )
        return self.level

    def watch(self, listener: OnLevel) -> None:
        """Call *listener* at each change of the level from now on."""
        with self._lock:
            self._listeners.append(listener)
            self._watches.note(lambda: self.unwatch(listener))

    def unwatch(self, listener: OnLevel) -> None:
        """Call *listener* no more; unknown ones are ignored."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def watch_signal(self, listener: Callable[[], None]) -> None:
        """Call *listener* at each change of what drives the net, its duty included."""
        with self._lock:
            self._signal_listeners.append(listener)
            self._watches.note(lambda: self._signal_listeners.remove(listener))

    def let_go(self, source: str) -> None:
        """Take *source* off the wire: what it drives, and its resistors."""
        with self._lock:
            self._open.discard(source)
            is_news = self._drives.pop(source, None) is not None
            self._pulls.pop(source, None)
            self._resolve(has_new_signal=is_news)

    def _resolve(self, *, has_new_signal: bool = False) -> None:
        level = self._resolved()
        if level != self.level:
            self.level, has_new_signal = level, True
            for listener in tuple(self._listeners):
                listener(level)
        if has_new_signal:
            for tell in tuple(self._signal_listeners):
                tell()

    def _check_drives(self, source: str, signal: bool | Wave | None) -> None:
        """Note what is wrong now that *source* drives *signal*."""
        if signal is None:
            # Before somebody looks at the net, as at start, its resistor may not be there yet.
            if source in self._open and self.is_floating and self._listeners:
                self._note_missing_pull(source)
            return
        sources = " and ".join(self._drives)
        if self.has_conflict:
            text = f"{self.name} is driven against by {sources}"
            self._findings.note("conflict", self.name, text, "one of them must be an input")
        elif len(self._drives.keys() - self._open) > 1:
            text = f"{self.name} is an output of {sources} at the same time"
            self._findings.note("two_outputs", self.name, text, "one of them must be an input")

    def _note_missing_pull(self, source: str) -> None:
        self._findings.note(
            "no_pull",
            self.name,
            f"{self.name} floats when {source} lets go: no resistor gives it a level",
            'connect a resistor, or let the device file have pull = "up" or "down"',
        )

    def _resolved(self) -> bool:
        if self.has_conflict:
            return False
        for drive in self._drives.values():
            # A slow observer sees the mean of a wave, and a gate switches at about half.
            return drive.duty >= 0.5 if isinstance(drive, Wave) else drive
        return all(self._pulls.values()) if self._pulls else False


class Nets:
    """All nets of a board: the GPIO header and the lines of expanders.

    Args:
        expanders: how many lines each expander has, by its name.
        lock: the lock of the board.

    Attributes:
        findings: what is wrong with the wires.
        watches: who watches them.
    """

    def __init__(self, expanders: Mapping[str, int], lock: RLock) -> None:
        self.findings, self.watches, self._lock = WiringFindings(), Watches(), lock
        self._banks: dict[str, Sequence[Net]] = {}
        self._banks[HEADER] = tuple(self._net(f"GPIO{n}") for n in range(_HEADER_LINES))
        for name, lines in expanders.items():
            self.add_bank(name, lines)
        for line in _FIXED_PULL_UPS:
            self._banks[HEADER][line].pull("board", True)

    def add_bank(self, name: str, lines: int) -> None:
        """Add the lines of an expander; one that has as many already keeps them."""
        if not self.has_bank(name, lines):
            self._banks[name] = tuple(self._net(f"{name}:{n}") for n in range(lines))

    def has_bank(self, name: str, lines: int) -> bool:
        """Tell whether there is a bank of so many lines."""
        return len(self._banks.get(name, ())) == lines

    def remove_bank(self, name: str) -> None:
        """Remove the lines of an expander; does nothing when there are none."""
        self._banks.pop(name, None)

    def remove_part(self, name: str) -> None:
        """Take everything of a part off all wires: what it drives, its resistors, its watches."""
        self.watches.end(name)
        for bank in self._banks.values():
            for net in bank:
                net.let_go(name)

    def _net(self, name: str) -> Net:
        return Net(name, self._lock, self.findings, self.watches)

    def bank(self, name: str) -> Sequence[Net]:
        """Return all nets of a bank; raises InvalidValueError."""
        if name not in self._banks:
            known = ", ".join(self._banks)
            raise InvalidValueError(f'no pin bank "{name}" (known: {known})', field="bank")
        return self._banks[name]

    def net(self, bank: str, line: object) -> Net:
        """Return the net of one line; raises InvalidValueError."""
        nets = self.bank(bank)
        if isinstance(line, bool) or not isinstance(line, int) or not 0 <= line < len(nets):
            last = len(nets) - 1
            raise InvalidValueError(f"line of {bank} must be 0..{last}, got {line!r}", field="line")
        return nets[line]


def _put(table: dict[str, _Signal], source: str, signal: _Signal | None) -> None:
    if signal is None:
        table.pop(source, None)
    else:
        table[source] = signal
