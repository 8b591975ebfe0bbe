"""How an event comes to wait: thinned out, refused, or put at the end of its lane."""

from __future__ import annotations

from typing import Final

from wampedge.store.outbox_bounds import Bounds
from wampedge.store.outbox_entry import Item, Place
from wampedge.store.outbox_gaps import Reason
from wampedge.store.outbox_lane import Handed
from wampedge.store.outbox_queue import Queue
from wampedge.store.outbox_rules import Newest, Rule

__all__ = ["Intake"]

_MAX_OVERTAKING: Final = 1_024
"""Events of lane 1 that may be on their way: who sends has a window far below that."""


class Intake:
    """Puts events into the queue of an outbox.

    Args:
        queue: where they wait.
        bounds: make room for them.
    """

    def __init__(self, queue: Queue, bounds: Bounds) -> None:
        self._queue, self._bounds = queue, bounds

    def take(self, item: Item, rule: Rule, *, waited: bool) -> bool:
        """Let *item* wait, or count it as on its way; return whether it may. Counts it if not."""
        reason = self._refusal(item, rule, waited=waited)
        if reason is not None:
            self._queue.refuse(rule, item.topic, size=item.size, time=item.time, reason=reason)
            return False
        item.seq = self._queue.lanes[item.lane].new_seq()
        if rule.policy.store == "disk":
            item.place = Place.PENDING
        self._queue.add(item, rule)
        if not waited:
            self._queue.hand_out(item.lane, item.seq, Handed(rule.number, item.size, item.time))
        elif rule.policy.keep == "latest":
            newest = Newest(item.seq, item.size, item.time)
            self._supersede(rule, item.topic, rule.note_newest(item.topic, newest))
        return True

    def _refusal(self, item: Item, rule: Rule, *, waited: bool) -> Reason | None:
        policy = rule.policy
        if item.lane == 1 and len(self._queue.lanes[1].handed) >= _MAX_OVERTAKING:
            return "full"
        if not waited:
            return self._bounds.admit_to_memory(rule, item.size)
        period_s = policy.sample_s if policy.keep == "sample" else None
        if period_s and not rule.is_sample(item.topic, item.monotonic, period_s):
            return "sample"
        credit = 0
        if policy.keep == "latest":
            earlier = rule.newest.get(item.topic)
            credit = earlier.size if self._still_waits(rule, earlier) and earlier else 0
        reason = self._bounds.admit(rule, item.size, credit=credit)
        return reason or self._bounds.admit_to_memory(rule, item.size)

    def _supersede(self, rule: Rule, topic: str, earlier: Newest | None) -> None:
        """Drop the event of *topic* that was the newest until now."""
        if earlier is None or not self._still_waits(rule, earlier):
            return
        item = self._queue.lanes[0].items.get(earlier.seq)
        if item is not None:
            self._queue.drop(item, "latest")
        elif rule.has_trim_under_way:
            rule.wants_latest = True  # the group under way may drop it for another reason
        else:
            self._queue.drop_cold(rule, topic, earlier, "latest")

    def _still_waits(self, rule: Rule, newest: Newest | None) -> bool:
        lane = self._queue.lanes[0]
        return newest is not None and newest.seq > max(lane.handed_until, rule.searched_seq)
