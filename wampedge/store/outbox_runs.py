"""The runs of a node: who numbered an event, and what its clock said.

Each start of the node is a run with a random epoch of its own, and numbers go on rising from run to
run. A number that was sent and never written, because the power went, may come again only under
another epoch, so that nobody takes the new event for the old one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from itertools import pairwise

from wampedge.devices.contracts import Clock

__all__ = ["Run", "Runs"]


class Run:
    """One start of the node.

    Attributes:
        epoch: random, of 63 bits: what SQLite has room for.
        boot: names the boot of the machine; empty where nobody tells.
        first_seqs: the first number of each lane.
        base_s: what to add to the monotonic clock to get the time; None while nobody knows.
    """

    __slots__ = ("base_s", "boot", "epoch", "first_seqs")

    def __init__(
        self, epoch: int, boot: str, first_seqs: tuple[int, int], base_s: float | None = None
    ) -> None:
        self.epoch, self.boot = epoch, boot
        self.first_seqs, self.base_s = first_seqs, base_s

    @property
    def row(self) -> tuple[int, str, int, int, float | None]:
        """What is written."""
        return self.epoch, self.boot, *self.first_seqs, self.base_s


class Runs:
    """All runs of which events may be left; the last one is this one.

    Args:
        boot: names the boot of the machine.
        clock: tells both times.
    """

    def __init__(self, boot: str, clock: Clock) -> None:
        self._clock = clock
        self._runs = [Run(secrets.randbits(63), boot, (1, 1))]
        self.is_told = False
        """Whether the file has them as they are here."""

    @property
    def current(self) -> Run:
        """This run."""
        return self._runs[-1]

    @property
    def rows(self) -> list[tuple[int, str, int, int, float | None]]:
        """What is written."""
        return [run.row for run in self._runs]

    def load(
        self, rows: Iterable[tuple[int, str, int, int, float | None]], *, seqs: tuple[int, int]
    ) -> None:
        """Put the runs *rows* before this one, whose first numbers are *seqs*."""
        earlier = [Run(epoch, boot, (a, b), base) for epoch, boot, a, b, base in rows]
        self.current.first_seqs = seqs
        runs = [*earlier, self.current]
        # A node that starts again and again numbers nothing in most of its runs.
        self._runs = [
            run for run, later in pairwise(runs) if run.first_seqs != later.first_seqs
        ] + [self.current]
        self.is_told = False

    def of(self, lane: int, seq: int) -> Run:
        """Return the run that gave the number *seq*."""
        for run in reversed(self._runs):
            if run.first_seqs[lane] <= seq:
                return run
        return self._runs[0]

    def forget_before(self, acked: tuple[int, int]) -> None:
        """Forget runs whose events are all among those that are *acked*, by lane."""
        while len(self._runs) > 1 and all(
            first <= seq + 1 for first, seq in zip(self._runs[1].first_seqs, acked, strict=True)
        ):
            del self._runs[0]
            self.is_told = False

    def redate(self) -> None:
        """Learn, now that the clock is right, what time it was during this boot."""
        base_s = self._clock.time() - self._clock.monotonic()
        boot = self.current.boot
        for run in self._runs:
            if run is self.current or (boot and run.boot == boot):
                run.base_s = base_s
        self.is_told = False
