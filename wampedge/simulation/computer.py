"""The computer a simulated node runs on, besides its pins and buses: what can go wrong with it.

Its card takes no writes, its wall clock jumps or was never set, its CPU has no time, its
descriptors are used up.
That the power goes is a matter of who owns the node.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wampedge.errors import InvalidValueError
from wampedge.store.store import Store
from wampedge_simulator.clock import EPOCH_S, SimulatedClock, VirtualClockLoop

if TYPE_CHECKING:
    from wampedge.store.database import Database
    from wampedge.store.sections import Batch

__all__ = ["COMPUTER_FAULTS", "SimulatedComputer"]

COMPUTER_FAULTS: Final[Mapping[str, str]] = {
    "card_full": "there is no space left on the card: nothing can be written",
    "card_read_only": "the card can be read and takes no writes",
    "clock_step": "the wall clock jumps",
    "clock_unset": "the wall clock begins in 1970, and nobody has set it",
    "cpu_stall": "the CPU has no time for the node",
    "no_descriptors": "the node can open no file, port or socket any more",
}
"""Kinds of faults, with what happens."""

_CARD: Final[Mapping[str, str]] = {
    "card_full": "database or disk is full",
    "card_read_only": "attempt to write a readonly database",
}
"""What SQLite says of each."""


class SimulatedComputer:
    """Owns its faults; used on the event loop, and closed there.

    A fault is on from ``begin`` to ``end``; it survives the node, as a card does.
    """

    def __init__(self) -> None:
        self._pending: set[str] = set()
        self._clock_offset_s = 0.0
        self._descriptors: list[int] = []
        self._descriptor_limit: tuple[int, int] | None = None

    @property
    def pending(self) -> frozenset[str]:
        """The faults that are on."""
        return frozenset(self._pending)

    def clock(self) -> SimulatedClock:
        """Return a clock for a node: its wall clock is that of the computer."""
        return _ComputerClock(self)

    def store(self, path: Path) -> Store:
        """Return where a node keeps things: in a file on the card."""
        return Store(path, is_inline=True, open_database=self._open_database)

    def begin(self, kind: str, *, by_s: float = 0.0, for_s: float = 0.0) -> None:
        """Let something go wrong.

        Args:
            kind: one of `COMPUTER_FAULTS`.
            by_s: how far ``clock_step`` moves the clock, back where it is negative.
            for_s: how long ``cpu_stall`` lasts; it is over when this returns.

        Raises:
            InvalidValueError: its field is ``kind``, or ``by_s`` for a time before 1970.
        """
        _check(kind)
        if kind == "cpu_stall":
            _stall(for_s)
            return
        if kind == "clock_step":
            self._step(by_s)
        if kind == "no_descriptors" and kind not in self._pending:
            self._use_up_descriptors()
        self._pending.add(kind)

    def end(self, kind: str, *, by_s: float | None = None) -> None:
        """End a fault; of the clock take *by_s* back, or put it right; raises InvalidValueError."""
        _check(kind)
        if kind == "clock_step":
            self._clock_offset_s = 0.0 if by_s is None else self._clock_offset_s - by_s
        if kind == "no_descriptors":
            self._give_descriptors_back()
        self._pending.discard(kind)

    def close(self) -> None:
        """End every fault; twice is once."""
        for kind in self.pending:
            self.end(kind)

    @property
    def clock_offset_s(self) -> float:
        """How far the wall clock is wrong, in seconds."""
        return self._clock_offset_s - (EPOCH_S if "clock_unset" in self._pending else 0)

    def _step(self, by_s: float) -> None:
        elapsed_s = asyncio.get_running_loop().time()
        if EPOCH_S + elapsed_s + self.clock_offset_s + by_s < 0:
            raise InvalidValueError("the clock cannot go back beyond 1970", field="by_s")
        self._clock_offset_s += by_s

    def _open_database(self, path: Path, tables: Sequence[str]) -> Database:
        from wampedge.store.database import Database, StoreError  # noqa: PLC0415 # loads SQLite

        computer = self

        class _OnCard(Database):
            def write(self, batches: Sequence[Batch]) -> list[tuple[Batch, Exception]]:
                computer._check_card(self.path, computer.pending)
                return super().write(batches)

        # A full card is no obstacle to reading; on one that is read-only SQLite takes no lock.
        needs = computer.pending if not path.exists() else computer.pending - {"card_full"}
        self._check_card(path, needs)
        try:
            return _OnCard(path, tables)
        except OSError as error:
            raise StoreError(f"{path}: {error}") from error

    def _check_card(self, path: Path, faults: Iterable[str]) -> None:
        from wampedge.store.database import StoreError  # noqa: PLC0415 # loads SQLite

        for kind, text in _CARD.items():
            if kind in faults:
                raise StoreError(f"{path}: {text}")

    def _use_up_descriptors(self) -> None:
        """Let this process have no descriptor that is free, until it closes one."""
        self._descriptor_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(used) + 1, self._descriptor_limit[1]))
        with contextlib.suppress(OSError):
            while True:
                self._descriptors.append(os.dup(min(used)))

    def _give_descriptors_back(self) -> None:
        if self._descriptor_limit is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._descriptor_limit)
        self._descriptor_limit = None
        while self._descriptors:
            os.close(self._descriptors.pop())


class _ComputerClock(SimulatedClock):
    """A clock of the board whose wall clock jumps with that of its computer."""

    def __init__(self, computer: SimulatedComputer) -> None:
        super().__init__()
        self._computer = computer

    def time(self) -> float:
        return super().time() + self._computer.clock_offset_s

    def is_synced(self) -> bool | None:
        """Tell whether somebody has set the clock of the computer."""
        return "clock_unset" not in self._computer.pending


def _stall(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualClockLoop):
        loop.advance(seconds)
    else:
        time.sleep(seconds)


def _check(kind: str) -> None:
    if kind not in COMPUTER_FAULTS:
        text = f'no fault "{kind}" of the board (possible: {", ".join(COMPUTER_FAULTS)})'
        raise InvalidValueError(text, field="kind")
