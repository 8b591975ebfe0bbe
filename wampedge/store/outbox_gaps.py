"""Gaps: what stands in the place of events that were dropped, and is delivered like an event.

Events that were delivered and those that gaps count are together all that were published. Gaps of
one kind that lie next to each other are one; there are never more than ``MAX_GAPS``, and beyond it
the oldest of a kind are put together even where events lie between them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from typing import Any, Final, Literal

from wampedge.records import Record

__all__ = ["MAX_GAPS", "Gap", "Gaps", "Reason"]

Reason = Literal["full", "age", "sample", "latest", "refused", "store"]

MAX_GAPS: Final = 1_000


class Gap(Record):
    """Events that were dropped.

    Attributes:
        seq: the number it goes up with, in lane 0.
        rule: the rule of the policy they were under.
        reason: why they were dropped.
        topic: theirs where all had one, else empty.
        count: how many they were.
        size: their bytes, as they count against limits.
        first_seq: the first number they had or would have had.
        since: when the first was published, in seconds since 1970.
        until: when the last was.
        is_lasting: it is written to the disk, as they would have been.
    """

    seq: int
    rule: str
    reason: Reason
    topic: str
    count: int
    size: int
    first_seq: int
    since: float
    until: float
    is_lasting: bool

    @property
    def kind(self) -> tuple[str, str]:
        """What is equal in gaps that may be one."""
        return self.rule, self.reason

    @property
    def content(self) -> dict[str, Any]:
        """What it goes up with."""
        return {
            "topic": self.topic or self.rule,
            "count": self.count,
            "bytes": self.size,
            "first_seq": self.first_seq,
            "since": self.since,
            "until": self.until,
            "reason": self.reason,
        }

    @property
    def row(self) -> tuple[Any, ...]:
        """What is written."""
        return (
            self.seq, self.rule, self.reason, self.topic, self.count, self.size, self.first_seq,
            self.since, self.until,
        )  # fmt: skip

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Gap:
        """Return the gap of a row."""
        return cls(*(*row, True))

    def joined(self, other: Gap, seq: int) -> Gap:
        """Return this gap and *other* as one with the number *seq*."""
        return self.but(
            seq=seq,
            topic=self.topic if self.topic == other.topic else "",
            count=self.count + other.count,
            size=self.size + other.size,
            first_seq=min(self.first_seq, other.first_seq),
            since=min(self.since, other.since),
            until=max(self.until, other.until),
            is_lasting=self.is_lasting or other.is_lasting,
        )


class Gaps:
    """All gaps of an outbox, by number; owned by it.

    A gap is *unsettled* while the disk still holds what it counts: were it delivered, and the power
    lost, these events would be delivered as well.

    Attributes:
        unwritten: numbers whose gap is not on the disk as it is here, or is gone from here.
    """

    def __init__(self) -> None:
        self._gaps: dict[int, Gap] = {}
        self._order: list[int] = []
        self._order_of_kind: dict[tuple[str, str], list[int]] = {}
        self.unwritten: set[int] = set()
        self._stored: set[int] = set()
        self._unsettled: set[int] = set()

    def __len__(self) -> int:
        return len(self._gaps)

    def __contains__(self, seq: int) -> bool:
        return seq in self._gaps

    def __getitem__(self, seq: int) -> Gap:
        return self._gaps[seq]

    @property
    def count(self) -> int:
        """How many events they stand for."""
        return sum(gap.count for gap in self._gaps.values())

    @property
    def last_seq(self) -> int:
        """The highest number, 0 for none."""
        return self._order[-1] if self._order else 0

    def between(self, after_seq: int, until_seq: float) -> list[int]:
        """Return the numbers above *after_seq*, up to *until_seq*, in order."""
        return _between(self._order, after_seq, until_seq)

    def is_settled(self, seq: int) -> bool:
        """Tell whether a gap may be delivered."""
        return seq not in self._unsettled

    def restore(self, gap: Gap) -> None:
        """Take a gap that is on the disk."""
        self._stored.add(gap.seq)
        self._add(gap)

    def put(self, gap: Gap, *, after_seq: int, is_settled: bool = True) -> None:
        """Add *gap* in its place; those of its kind before it, above *after_seq*, join it.

        Args:
            gap: the new one.
            after_seq: what was handed out does not change any more.
            is_settled: nothing on the disk tells of what it counts.
        """
        for seq in _between(self._order_of_kind.get(gap.kind, []), after_seq, gap.seq):
            is_settled = is_settled and seq not in self._stored and seq not in self._unsettled
            gap = gap.joined(self._remove(seq), gap.seq)
        self._write(gap, is_settled=is_settled)
        if len(self._gaps) > MAX_GAPS:
            self._join_two(after_seq)

    def extend(self, gap: Gap, *, above_seq: int, after_seq: int, is_settled: bool = True) -> bool:
        """Add to the last gap of the kind above *above_seq*; return False where there is none.

        With too many gaps any one above *after_seq* will do.
        """
        floor = above_seq if len(self._gaps) < MAX_GAPS else after_seq
        same = self._order_of_kind.get(gap.kind)
        if not same or same[-1] <= floor:
            return False
        seq = same[-1]
        is_settled = is_settled and seq not in self._stored and seq not in self._unsettled
        self._write(self._remove(seq).joined(gap, seq), is_settled=is_settled)
        return True

    def move(self, seq: int, new_seq: int) -> None:
        """Give the last place to a gap that must not be delivered yet."""
        self._write(self._remove(seq).but(seq=new_seq), is_settled=False)

    def acknowledge(self, seq: int) -> None:
        """Forget those up to *seq*: they are upstream."""
        while self._order and self._order[0] <= seq:
            self._remove(self._order[0])

    def forget_written(self) -> None:
        """Write all again: nothing is on the disk any more."""
        self.unwritten = {seq for seq, gap in self._gaps.items() if gap.is_lasting}
        self._stored.clear()
        self._unsettled.clear()

    def take(self) -> tuple[list[Gap], list[int]]:
        """Return those to write and the numbers of those to delete, once."""
        numbers, self.unwritten = sorted(self.unwritten), set()
        written = [self._gaps[seq] for seq in numbers if seq in self._gaps]
        self._stored.update(gap.seq for gap in written)
        return written, [seq for seq in numbers if seq not in self._gaps]

    def note_written(self, gaps: Iterable[Gap], deleted: Iterable[int]) -> None:
        """Note that *gaps* are on the disk, and those with the numbers *deleted* are not."""
        for gap in gaps:
            if self._gaps.get(gap.seq) is gap:
                self._unsettled.discard(gap.seq)
        self._stored.difference_update(deleted)

    def note_stored(self, seq: int) -> None:
        """Note that there is a gap on the disk of which nothing was known here."""
        self._stored.add(seq)

    def _write(self, gap: Gap, *, is_settled: bool) -> None:
        self._add(gap)
        if gap.is_lasting:
            self.unwritten.add(gap.seq)
            if not is_settled:
                self._unsettled.add(gap.seq)

    def _add(self, gap: Gap) -> None:
        if gap.seq not in self._gaps:
            insort(self._order, gap.seq)
            insort(self._order_of_kind.setdefault(gap.kind, []), gap.seq)
        self._gaps[gap.seq] = gap

    def _remove(self, seq: int) -> Gap:
        gap = self._gaps.pop(seq)
        for order in (self._order, self._order_of_kind[gap.kind]):
            del order[bisect_right(order, seq) - 1]
        if not self._order_of_kind[gap.kind]:
            del self._order_of_kind[gap.kind]
        self._unsettled.discard(seq)
        if gap.is_lasting:
            self.unwritten.add(seq)
        return gap

    def _join_two(self, after_seq: int) -> None:
        """Put the two oldest of one kind together, where any kind has two above *after_seq*."""
        for same in self._order_of_kind.values():
            first = bisect_right(same, after_seq)
            if first + 1 < len(same):
                earlier, later = same[first], same[first + 1]
                is_settled = not {earlier, later} & (self._stored | self._unsettled)
                gap = self._remove(earlier).joined(self._remove(later), later)
                self._write(gap, is_settled=is_settled)
                return


def _between(order: list[int], after_seq: int, until_seq: float) -> list[int]:
    return order[bisect_right(order, after_seq) : bisect_right(order, until_seq)]
