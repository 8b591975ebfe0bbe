"""I2C buses behind multiplexers: selects the way to a chip and speaks to it, as one thing.

A multiplexer of the TCA9548A family has one register with a bit for each channel. What is selected
is remembered, so that a row of transfers to one channel writes it once. The memory is given up
whenever it may be wrong: after a failed transfer, when the bus was re-opened or cleared, and when
somebody else writes to the multiplexer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wampedge.devices.contracts import I2cBus
from wampedge.errors import BusError

__all__ = ["I2cTree", "MuxStep", "MuxedI2cBus"]

_CLOSED = 0


class MuxStep(NamedTuple):
    """One multiplexer on the way to a chip: its address and the channel to take there."""

    address: int
    channel: int


Path = tuple[MuxStep, ...]
Segment = tuple[MuxStep, ...]
"""A stretch of wire: the steps that lead to it; () is the bus of the board."""


class I2cTree:
    """A bus of the board with all that is behind its multiplexers; used by its worker only.

    Only one way is open at a time: before a channel is selected, every other multiplexer of the
    same segment is closed, so equal addresses behind two of them never meet.

    Args:
        bus: the bus of the board.
    """

    def __init__(self, bus: I2cBus) -> None:
        self.name = bus.name
        self._bus = bus
        self._muxes: dict[Segment, set[int]] = {}
        self._closes_after_use: set[tuple[Segment, int]] = set()
        self._selected: dict[tuple[Segment, int], int | None] = {}

    def add_mux(self, segment: Segment, address: int, *, closes_after_use: bool = False) -> None:
        """Note that there is a multiplexer at *address* of *segment*.

        Args:
            segment: the steps that lead to the wire it is on.
            address: its address.
            closes_after_use: close its channels after each transfer behind it.
        """
        self._muxes.setdefault(segment, set()).add(address)
        key = (segment, address)
        self._selected.setdefault(key, None)
        self._closes_after_use.discard(key)
        if closes_after_use:
            self._closes_after_use.add(key)

    def segment(self, path: Path) -> MuxedI2cBus:
        """Return the bus at the end of *path*."""
        return MuxedI2cBus(self, path)

    def forget(self) -> None:
        """Believe nothing of what is selected: the bus was reset."""
        self._selected = dict.fromkeys(self._selected)

    def transfer(self, path: Path, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Open the way to *path* and run one transaction there; raises BusError."""
        if not (path or self._muxes):
            return self._bus.transfer(address, messages)
        try:
            self._open(path)
            answer = self._bus.transfer(address, messages)
            self._close_used(path)
        except BaseException:
            self._doubt(path)
            raise
        if (path, address) in self._selected:
            self._selected[path, address] = None  # the driver of the multiplexer spoke to it
        return answer

    def _open(self, path: Path) -> None:
        for depth, step in enumerate(path):
            segment = path[:depth]
            self._close_others(segment, step.address)
            self._select(segment, step.address, 1 << step.channel)

    def _close_others(self, segment: Segment, address: int) -> None:
        for other in self._muxes.get(segment, ()):
            if other == address or self._selected[segment, other] == _CLOSED:
                continue
            was_known = self._selected[segment, other] is not None
            try:
                self._select(segment, other, _CLOSED)
            except BusError:
                if was_known:  # it may still be open: what is read now could be of two chips
                    raise
                # One that has never answered connects nothing.

    def _select(self, segment: Segment, address: int, channels: int) -> None:
        key = (segment, address)
        if self._selected.get(key) == channels:
            return
        self._selected[key] = None
        self._bus.transfer(address, [bytes((channels,))])
        self._selected[key] = channels

    def _close_used(self, path: Path) -> None:
        for depth in reversed(range(len(path))):
            segment, address = path[:depth], path[depth].address
            if (segment, address) in self._closes_after_use:
                self._select(segment, address, _CLOSED)

    def _doubt(self, path: Path) -> None:
        for depth, step in enumerate(path):
            self._selected[path[:depth], step.address] = None


class MuxedI2cBus:
    """Implements ``I2cBus`` for one channel of a multiplexer.

    Args:
        tree: the bus of the board with its multiplexers.
        path: the steps that lead to the channel.
    """

    def __init__(self, tree: I2cTree, path: Path) -> None:
        way = "".join(f" > 0x{step.address:02x}:{step.channel}" for step in path)
        self.name = f"{tree.name}{way}"
        self._tree = tree
        self._path = path

    def transfer(self, address: int, messages: Sequence[bytes | int]) -> list[bytes]:
        """Select the channel and run one transaction; raises BusError."""
        return self._tree.transfer(self._path, address, messages)

    def close(self) -> None:
        """Do nothing: the bus of the board is closed by its owner."""
