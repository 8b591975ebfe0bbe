"""The events that wait, in order: which are in memory, which on the disk, which were handed out.

Knows nothing of disks and limits. What is on the disk and not in memory is *cold*; of it only
counts are known. What was handed out may have reached the upstream router, so that it is neither
dropped nor changed until it is acknowledged: what a gap counts was never delivered.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from itertools import islice
from typing import Final

from wampedge.config.buffering_model import StorePolicy
from wampedge.store.outbox_entry import Item, Place
from wampedge.store.outbox_gaps import Gap, Gaps, Reason
from wampedge.store.outbox_lane import Handed, Lane
from wampedge.store.outbox_rules import Newest, Rule, Rules
from wampedge.store.outbox_runs import Runs
from wampedge.store.outbox_trim import Trimmed

__all__ = ["Queue"]

_THINNING: Final = ("sample", "latest")
"""Events are left out on purpose: one gap will do, wherever others were kept in between."""


class Queue:
    """All lanes of a link; owned by its outbox.

    Attributes:
        runs: who numbered the events, and when.
        lanes: by number.
        rules: what waits under which rule.
        gaps: what stands for dropped events, in lane 0.
        pending: events that are to be written.
        pending_size: their bytes.
        unsafe_size: bytes of the events that are in memory only, as far as is known.
        deleted: lane and number of events that are to be deleted from the disk.
        unwritten_acks: events that are upstream and still on the disk.
        dropped: how many events were dropped, by reason.
    """

    def __init__(self, policies: Iterable[StorePolicy], runs: Runs) -> None:
        self.runs = runs
        self.lanes = (Lane(), Lane())
        self.rules = Rules(policies)
        self.gaps = Gaps()
        self.pending: OrderedDict[Item, None] = OrderedDict()
        self.pending_size = self.unsafe_size = 0
        self.deleted: list[tuple[int, int]] = []
        self.unwritten_acks = self.unwritten_ack_size = 0
        self.dropped: Counter[Reason] = Counter()
        self._cached: OrderedDict[Item, None] = OrderedDict()
        self._cached_size = 0

    @property
    def acked(self) -> tuple[int, int]:
        """Up to which number events are upstream, by lane."""
        return self.lanes[0].acked, self.lanes[1].acked

    def add(self, item: Item, rule: Rule) -> None:
        """Put *item* at the end of its lane."""
        self.lanes[item.lane].items[item.seq] = item
        if item.lane == 0:
            rule.items[item.seq] = item
            rule.last_seq = item.seq
        rule.count += 1
        rule.size += item.size
        self.unsafe_size += item.size
        if item.place is Place.PENDING:
            self.pending[item] = None
            self.pending_size += item.size

    @property
    def gone(self) -> tuple[int, int]:
        """Up to which number the disk need not hold events any more, by lane."""
        first, second = self.lanes
        return max(first.acked, first.lost_until), max(second.acked, second.lost_until)

    @property
    def has_waiting(self) -> bool:
        """Whether anything in lane 0 was not handed out yet."""
        return self.has_after(0, self.lanes[0].handed_until)

    def has_after(self, lane: int, seq: int) -> bool:
        """Tell whether anything may come after *seq*."""
        found = self.lanes[lane]
        if found.cold_until > seq or (lane == 0 and self.gaps.last_seq > seq):
            return True
        return bool(found.items) and next(reversed(found.items)) > seq

    def in_memory(self, lane: int, after: int, until: float, limit: int) -> list[int]:
        """Return the numbers of events and gaps in memory above *after*, up to *until*."""
        items = self.lanes[lane].items
        found = list(islice((seq for seq in items if after < seq <= until), limit))
        if lane == 0 and self.gaps.last_seq > after:
            found = sorted([*found, *self.gaps.between(after, until)])
        return found[:limit]

    def hand_out(self, lane: int, seq: int, handed: Handed | None) -> None:
        """Note that an event was handed out; None for a gap."""
        found = self.lanes[lane]
        found.handed_until = max(found.handed_until, seq)
        if handed is None or seq in found.handed:
            return
        found.handed[seq] = handed
        rule = self.rules[handed.rule]
        rule.handed_size += handed.size
        rule.items.pop(seq, None)

    def acknowledge(self, lane: int, seq: int) -> None:
        """Forget what was handed out up to *seq*: it is upstream."""
        found = self.lanes[lane]
        found.acked = max(found.acked, min(seq, found.handed_until))
        for each in [each for each in found.handed if each <= seq]:
            self.end(lane, each, is_upstream=True)
        if lane == 0:
            self.gaps.acknowledge(found.acked)

    def end(self, lane: int, seq: int, *, is_upstream: bool) -> Handed | None:
        """Forget one that was handed out; return it, None where it is not there."""
        handed = self.lanes[lane].handed.pop(seq, None)
        if handed is None:
            return None
        rule = self.rules[handed.rule]
        rule.handed_size -= handed.size
        item = self.lanes[lane].items.get(seq)
        if item is not None:
            is_on_disk = self._remove(item, rule)
            item.settle(is_upstream)
        else:
            is_on_disk = True
            self._remove_cold(rule, handed.size)
        if is_on_disk and is_upstream:
            self.unwritten_acks += 1
            self.unwritten_ack_size += handed.size
        elif is_on_disk:
            self.deleted.append((lane, seq))
        return handed

    def drop(self, item: Item, reason: Reason) -> None:
        """Let a gap take the place of an event that waits in memory."""
        rule = self.rules[item.rule]
        newest = rule.newest.get(item.topic)
        if newest is not None and newest.seq == item.seq:
            del rule.newest[item.topic]
        is_on_disk = self._remove(item, rule)
        if is_on_disk:
            self.deleted.append((item.lane, item.seq))
        item.settle(False)
        gap = Gap(
            item.seq, rule.name, reason, item.topic, 1, item.size, item.seq, item.time, item.time,
            rule.policy.store == "disk",
        )  # fmt: skip
        self._put_gap(gap, is_settled=not is_on_disk)

    def drop_cold(self, rule: Rule, topic: str, newest: Newest, reason: Reason) -> None:
        """Let a gap take the place of an event of lane 0 that waits on the disk."""
        if rule.newest.get(topic) == newest:
            del rule.newest[topic]
        self._remove_cold(rule, newest.size)
        self.deleted.append((0, newest.seq))
        seq, size, time = newest
        gap = Gap(seq, rule.name, reason, topic, 1, size, seq, time, time, is_lasting=True)
        self._put_gap(gap, is_settled=False)

    def give_up(self, lane: int, seq: int, reason: Reason) -> None:
        """Let a gap count one that was handed out and never arrives."""
        on_disk = len(self.deleted)
        handed = self.end(lane, seq, is_upstream=False)
        if handed is not None:
            self.refuse(
                self.rules[handed.rule], "", size=handed.size, time=handed.time, reason=reason,
                is_settled=len(self.deleted) == on_disk,
            )  # fmt: skip

    def refuse(
        self, rule: Rule, topic: str, *, size: int, time: float, reason: Reason,
        is_settled: bool = True,
    ) -> None:  # fmt: skip
        """Count an event at the end of lane 0, which does not even begin to wait."""
        lane = self.lanes[0]
        is_lasting = rule.policy.store == "disk"
        gap = Gap(
            lane.next_seq, rule.name, reason, topic, 1, size, lane.next_seq, time, time, is_lasting
        )
        self.dropped[reason] += 1
        last_seq = 0 if reason in _THINNING else rule.last_seq
        above_seq = max(lane.handed_until, last_seq)
        if not self.gaps.extend(
            gap, above_seq=above_seq, after_seq=lane.handed_until, is_settled=is_settled
        ):
            lane.new_seq()
            self.gaps.put(gap, after_seq=gap.seq - 1, is_settled=is_settled)

    def note_unknown_loss(self) -> None:
        """Let a gap tell that events were lost of which nothing is known."""
        seq = self.lanes[0].new_seq()
        gap = Gap(seq, "", "store", "", 0, 0, seq, 0.0, 0.0, is_lasting=True)
        self.gaps.put(gap, after_seq=seq - 1)

    def note_writing(self) -> list[Item]:
        """Return the pending events, which are now being written."""
        items = list(self.pending)
        for item in items:
            item.place = Place.WRITING
            rule = self.rules[item.rule]
            rule.disk_count += 1
            rule.disk_size += item.size
            self.rules.unwritten.add(item.rule)
        self.pending.clear()
        self.pending_size = 0
        return items

    def note_written(self, items: Iterable[Item]) -> None:
        """Note that *items* are on the disk, as far as they are still here."""
        for item in items:
            if self.lanes[item.lane].items.get(item.seq) is item:
                item.place = Place.DISK
                self.unsafe_size -= item.size
                self._cached[item] = None
                self._cached_size += item.size
            item.settle(True)

    def evict(self, size: int) -> None:
        """Leave the oldest to the disk until no more than *size* bytes of it are in memory."""
        while self._cached_size > size:
            item, _ = self._cached.popitem(last=False)
            self._cached_size -= item.size
            lane, rule = self.lanes[item.lane], self.rules[item.rule]
            del lane.items[item.seq]
            rule.items.pop(item.seq, None)
            rule.cold_count += 1
            rule.cold_size += item.size
            if lane.cold_until <= max(lane.acked, lane.handed_until):
                lane.cold_time = item.time
            lane.cold_until = item.seq

    def forget_disk(self) -> None:
        """Take everything in memory as not written: what was written is lost."""
        lost = sorted((i for lane in self.lanes for i in lane.items.values()), key=_order)
        self.pending = OrderedDict.fromkeys(i for i in lost if i.place is not Place.NOWHERE)
        for item in self.pending:
            item.place = Place.PENDING
        self.pending_size = sum(item.size for item in self.pending)
        self.unsafe_size = sum(item.size for item in lost)
        self._cached.clear()
        self._cached_size = 0
        self.deleted.clear()
        self.lose_cold()
        for rule in self.rules:
            rule.disk_count = rule.disk_size = rule.trim_size = 0
            rule.has_trim_under_way = rule.wants_latest = False
        for lane in self.lanes:
            lane.lost_until = 0
        self.gaps.forget_written()

    def note_trimmed(self, trimmed: Trimmed) -> None:
        """Note what was dropped on the disk."""
        rule, lane = self.rules[trimmed.rule], self.lanes[0]
        rule.trim_size -= trimmed.planned
        rule.searched_seq = max(rule.searched_seq, trimmed.searched_seq)
        rule.wants_latest |= trimmed.has_more
        rule.has_trim_under_way = False
        if rule.policy.keep == "latest":
            for topic, kept in trimmed.kept.items():
                rule.newest.setdefault(topic, Newest(*kept))
        for each in trimmed.gaps:
            gap = each
            rule.count -= gap.count
            rule.size -= gap.size
            rule.cold_count -= gap.count
            rule.cold_size -= gap.size
            rule.disk_count -= gap.count
            rule.disk_size -= gap.size
            self.dropped[gap.reason] += gap.count
            lane.cold_time = max(lane.cold_time, gap.until)
            self.gaps.note_stored(gap.seq)
            is_late = gap.seq <= lane.handed_until  # those behind it went up meanwhile
            if is_late:
                self.gaps.unwritten.add(gap.seq)
                gap = gap.but(seq=lane.new_seq())
            self.gaps.put(gap, after_seq=lane.handed_until, is_settled=not is_late)

    def lose_cold(self) -> None:
        """Let gaps count what is on the disk only: it can be read no more."""
        for rule in self.rules:
            self._lose_cold(rule)
        for lane in self.lanes:
            lane.lost_until, lane.cold_until = lane.cold_until, 0

    def _lose_cold(self, rule: Rule) -> None:
        """Let a gap count what was on the disk only, also what may be on its way upstream."""
        for lane in self.lanes:
            for seq in [seq for seq, each in lane.handed.items() if each.rule == rule.number]:
                if seq not in lane.items:
                    rule.handed_size -= lane.handed.pop(seq).size
        count, size = rule.cold_count, rule.cold_size
        rule.count -= count
        rule.size -= size
        rule.disk_count -= count
        rule.disk_size -= size
        rule.cold_count = rule.cold_size = 0
        rule.newest.clear()
        if not count:
            return
        lane = self.lanes[0]
        seq = lane.cold_until
        while seq in lane.items or seq in self.gaps:
            seq -= 1
        if seq <= lane.handed_until:
            seq = lane.new_seq()
        time = lane.cold_time
        gap = Gap(seq, rule.name, "store", "", count, size, seq, time, time, is_lasting=True)
        self._put_gap(gap, is_settled=False)

    def _remove(self, item: Item, rule: Rule) -> bool:
        """Take *item* out of memory and out of all counts; return whether it is on the disk."""
        del self.lanes[item.lane].items[item.seq]
        rule.items.pop(item.seq, None)
        rule.count -= 1
        rule.size -= item.size
        if item.place is Place.DISK:
            del self._cached[item]
            self._cached_size -= item.size
        else:
            self.unsafe_size -= item.size
        if item.place is Place.PENDING:
            del self.pending[item]
            self.pending_size -= item.size
        if item.place in (Place.NOWHERE, Place.PENDING):
            return False
        self._remove_from_disk(rule, item.size)
        return True

    def _remove_cold(self, rule: Rule, size: int) -> None:
        rule.count -= 1
        rule.size -= size
        rule.cold_count -= 1
        rule.cold_size -= size
        self._remove_from_disk(rule, size)

    def _remove_from_disk(self, rule: Rule, size: int) -> None:
        rule.disk_count -= 1
        rule.disk_size -= size
        self.rules.unwritten.add(rule.number)

    def _put_gap(self, gap: Gap, *, is_settled: bool) -> None:
        self.dropped[gap.reason] += gap.count
        if gap.reason in _THINNING and self.gaps.extend(
            gap, above_seq=gap.seq, after_seq=self.lanes[0].handed_until, is_settled=is_settled
        ):
            return
        self.gaps.put(gap, after_seq=self.lanes[0].handed_until, is_settled=is_settled)


def _order(item: Item) -> tuple[int, int]:
    return item.lane, item.seq
