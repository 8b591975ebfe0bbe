"""The bounds of an outbox: what has to go so that an event may wait, or why it may not."""

from __future__ import annotations

from typing import Final

from wampedge.devices.contracts import Clock
from wampedge.store.outbox_entry import Flag, Item
from wampedge.store.outbox_gaps import Reason
from wampedge.store.outbox_queue import Queue
from wampedge.store.outbox_rules import Rule
from wampedge.store.outbox_trim import Trim

__all__ = ["Bounds"]

_AGE_CHECKS: Final = 16
"""How often what is on the disk is looked through within the age of a rule."""
_AGE_CHECK_S: Final = (10.0, 3_600.0)
_SHARE: Final = 16
"""Looking for old values of topics takes its time: it makes room for this part of the limit."""


class Bounds:
    """Makes room in the queue of an outbox.

    Args:
        queue: the events.
        clock: tells the time.
        max_bytes: of all events together that were not handed out.
        max_entries: how many may wait, about.
        memory_bytes: of all events together that are in memory only.
    """

    def __init__(
        self, queue: Queue, clock: Clock, *, max_bytes: int, max_entries: int,
        memory_bytes: int,
    ) -> None:  # fmt: skip
        self._queue, self._clock = queue, clock
        self._max_bytes, self._max_entries = max_bytes, max_entries
        self._memory_bytes = memory_bytes

    def admit(self, rule: Rule, size: int, *, credit: int = 0) -> Reason | None:
        """Make room for an event of *size* bytes that has to wait; tell why there is none.

        Args:
            rule: its rule.
            size: its bytes.
            credit: bytes of an event that goes when this one comes.
        """
        self.drop_aged(rule)
        policy, queue = rule.policy, self._queue
        if not self._make_room(rule, rule.waiting_size + size - credit - policy.max_bytes):
            return "refused" if policy.drop == "refuse" else "full"
        waiting = sum(each.waiting_size for each in queue.rules)
        if not self._make_room_anywhere(rule, waiting + size - credit - self._max_bytes):
            return "refused" if policy.drop == "refuse" else "full"
        if sum(each.count for each in queue.rules) >= self._max_entries and not (
            self._make_room_anywhere(rule, size)
        ):
            return "refused" if policy.drop == "refuse" else "full"
        return None

    def admit_to_memory(self, rule: Rule, size: int) -> Reason | None:
        """Make room in memory for an event of *size* bytes; tell why there is none."""
        queue = self._queue
        over = queue.unsafe_size + size - self._memory_bytes
        if over <= 0:
            return None
        queue.evict(0)
        reason: Reason = "store" if rule.policy.store == "disk" else "full"
        if rule.policy.drop in ("newest", "refuse"):
            return "refused" if rule.policy.drop == "refuse" else reason
        for each in sorted(queue.rules, key=lambda each: (each is not rule, -each.size)):
            if each is rule or each.policy.drop in ("oldest", "latest_per_topic"):
                over -= self._drop_from_memory(each, over, reason)
            if over <= 0:
                return None
        return reason

    def drop_aged(self, rule: Rule) -> None:
        """Drop the oldest events in memory that waited for too long."""
        while rule.items:
            item = next(iter(rule.items.values()))
            if not self.is_too_old(item):
                return
            self._queue.drop(item, "age")

    def is_too_old(self, item: Item) -> bool:
        """Tell whether an event waited for too long."""
        rule = self._queue.rules[item.rule]
        return self.has_aged(rule, item.seq, item.flags, time=item.time, monotonic=item.monotonic)

    def has_aged(self, rule: Rule, seq: int, flags: int, *, time: float, monotonic: float) -> bool:
        """Tell whether an event of lane 0 is too old, as far as that is known."""
        max_age_s = rule.policy.max_age_s
        run = self._queue.runs.of(0, seq)
        if run is self._queue.runs.current:
            return self._clock.monotonic() - monotonic > max_age_s
        if not flags & Flag.SYNCED:
            if run.base_s is None:
                return False
            time = run.base_s + monotonic
        return self._clock.time() - time > max_age_s

    def trims(self) -> list[Trim]:
        """Return what is to be dropped on the disk, once."""
        lane, now_s = self._queue.lanes[0], self._clock.monotonic()
        found = []
        for rule in self._queue.rules:
            is_age_due = now_s >= rule.next_age_s
            if not self._has_cold(rule) or not (rule.trim_size or rule.wants_latest or is_age_due):
                continue
            least_s, most_s = _AGE_CHECK_S
            rule.next_age_s = now_s + min(max(rule.policy.max_age_s / _AGE_CHECKS, least_s), most_s)
            drops_superseded = rule.policy.drop == "latest_per_topic" and rule.trim_size > 0
            after, topics = lane.handed_until, frozenset[str]()
            if drops_superseded or rule.wants_latest:
                topics = frozenset(item.topic for item in rule.items.values())
            else:
                after = max(after, rule.searched_seq)
            wanted = Trim(
                rule=rule.number,
                name=rule.name,
                after_seq=after,
                until_seq=lane.cold_until,
                size=rule.trim_size,
                oldest_time=self._clock.time() - rule.policy.max_age_s,
                oldest_monotonic=now_s - rule.policy.max_age_s,
                run_seq=self._queue.runs.current.first_seqs[0],
                drops_superseded=drops_superseded,
                keeps_latest=rule.wants_latest,
                topics=topics,
            )
            found.append(wanted)
            rule.has_trim_under_way = True
            rule.wants_latest = False
            self._queue.rules.unwritten.add(rule.number)
        return found

    def _make_room_anywhere(self, rule: Rule, over: int) -> bool:
        """Make room under *rule*, or where there is most."""
        if over <= 0:
            return True
        if rule.policy.drop in ("newest", "refuse"):
            return False
        if rule.waiting_size > 0 and self._make_room(rule, over):
            return True
        for each in sorted(self._queue.rules, key=lambda each: -each.waiting_size):
            if each.policy.drop in ("oldest", "latest_per_topic") and self._make_room(each, over):
                return True
        return False

    def _make_room(self, rule: Rule, over: int) -> bool:
        """Drop *over* bytes under *rule*, on the disk with the next group; tell whether it may."""
        if over <= 0:
            return True
        if rule.policy.drop in ("newest", "refuse"):
            return False
        if rule.policy.drop == "latest_per_topic":
            over = max(over, rule.policy.max_bytes // _SHARE)
        if self._has_cold(rule) and rule.cold_size > rule.trim_size:
            rule.trim_size += over
            return True
        return self._drop_from_memory(rule, over, "full") >= over or not rule.items

    def _has_cold(self, rule: Rule) -> bool:
        """Tell whether something under *rule* may be dropped on the disk."""
        lane = self._queue.lanes[0]
        return rule.cold_size > 0 and lane.cold_until > max(lane.handed_until, rule.searched_seq)

    def _drop_from_memory(self, rule: Rule, over: int, reason: Reason) -> int:
        """Drop what waits under *rule*, the oldest first; return how many bytes."""
        dropped = 0
        if rule.policy.drop == "latest_per_topic":
            for item in _superseded(rule):
                if dropped >= over:
                    return dropped
                self._queue.drop(item, reason)
                dropped += item.size
        while rule.items and dropped < over:
            item = next(iter(rule.items.values()))
            self._queue.drop(item, reason)
            dropped += item.size
        return dropped


def _superseded(rule: Rule) -> list[Item]:
    """Return events in memory that have a newer one of their topic, oldest first."""
    seen: set[str] = set()
    found = []
    for item in reversed(rule.items.values()):
        if item.topic in seen:
            found.append(item)
        seen.add(item.topic)
    return found[::-1]
