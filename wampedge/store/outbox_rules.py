"""What waits under each rule of the device file, counted, so that its bounds can be kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from wampedge.config.buffering_model import StorePolicy
from wampedge.store.outbox_entry import Item

__all__ = ["MAX_TOPICS", "Newest", "Rule", "Rules"]

MAX_TOPICS: Final = 4_096
"""Topics of one rule of which the newest event, or the last sample, is remembered."""


class Newest(NamedTuple):
    """The newest event of a topic.

    Attributes:
        seq: its number in lane 0.
        size: what it counts, in bytes.
        time: when it was published.
    """

    seq: int
    size: int
    time: float


class Rule:
    """The events under one rule.

    Attributes:
        number: stands for it in rows.
        name: the topic in the device file; empty for the policy of all others.
        policy: its policy, as last heard.
        items: its events in memory, in lane 0, by number.
        count: its events, wherever they are.
        size: their bytes.
        handed_size: bytes of those that were handed out and are not acknowledged yet.
        disk_count: its events on the disk, those of the group under way included.
        disk_size: their bytes.
        cold_count: those of them that are not in memory.
        cold_size: their bytes.
        searched_seq: up to here there is nothing on the disk that may be dropped.
        trim_size: bytes that are to be dropped on the disk.
        has_trim_under_way: the group under way drops some of them.
        wants_latest: on the disk all but the newest of each topic are to be dropped.
        last_seq: the number of the last one.
        next_age_s: when to look for events on the disk that are too old, on the monotonic clock.
        newest: the newest waiting event of each topic; of ``keep = latest``.
        sampled: the last period of each topic that has a sample.
    """

    __slots__ = (
        "cold_count", "cold_size", "count", "disk_count", "disk_size", "handed_size",
        "has_trim_under_way", "items", "last_seq", "name", "newest", "next_age_s", "number",
        "policy", "sampled", "searched_seq", "size", "trim_size", "wants_latest",
    )  # fmt: skip

    def __init__(self, number: int, name: str, policy: StorePolicy) -> None:
        self.number, self.name, self.policy = number, name, policy
        self.items: OrderedDict[int, Item] = OrderedDict()
        self.count = self.size = self.handed_size = 0
        self.disk_count = self.disk_size = self.cold_count = self.cold_size = 0
        self.searched_seq = self.trim_size = self.last_seq = 0
        self.next_age_s = 0.0
        self.has_trim_under_way = self.wants_latest = False
        self.newest: OrderedDict[str, Newest] = OrderedDict()
        self.sampled: OrderedDict[str, int] = OrderedDict()

    @property
    def waiting_size(self) -> int:
        """Bytes that count against the limit: of events that were not handed out."""
        return self.size - self.handed_size - self.trim_size

    def note_newest(self, topic: str, newest: Newest) -> Newest | None:
        """Remember the newest event of *topic*; return the one before it."""
        earlier = self.newest.pop(topic, None)
        self.newest[topic] = newest
        if len(self.newest) > MAX_TOPICS:
            self.newest.popitem(last=False)
        return earlier

    def is_sample(self, topic: str, time_s: float, period_s: float) -> bool:
        """Tell whether an event is the first of its period."""
        period = int(time_s // period_s)
        if self.sampled.get(topic) == period:
            return False
        self.sampled.pop(topic, None)
        self.sampled[topic] = period
        if len(self.sampled) > MAX_TOPICS:
            self.sampled.popitem(last=False)
        return True


class Rules:
    """All rules of an outbox, by name and by number; owned by it."""

    def __init__(self, policies: Iterable[StorePolicy] = ()) -> None:
        self._by_name: dict[str, Rule] = {}
        self._by_number: dict[int, Rule] = {}
        self.unwritten: set[int] = set()
        """Numbers of those that are not on the disk as they are here."""
        for policy in policies:
            self.of(policy)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._by_number.values())

    def __getitem__(self, number: int) -> Rule:
        return self._by_number[number]

    def of(self, policy: StorePolicy) -> Rule:
        """Return the rule of *policy*."""
        rule = self._by_name.get(policy.rule)
        if rule is None:
            rule = self._add(Rule(max(self._by_number, default=0) + 1, policy.rule, policy))
        elif rule.policy is not policy:
            rule.policy = policy
        return rule

    def load(self, rows: Iterable[tuple[int, str, int, int]]) -> None:
        """Take number, name, count and bytes of each rule on the disk, and renumber others.

        Called before there is any event in memory.
        """
        known = list(self._by_name.values())
        self._by_name.clear()
        self._by_number.clear()
        policies = {rule.name: rule.policy for rule in known}
        for number, name, count, size in rows:
            rule = self._add(Rule(number, name, policies.pop(name, StorePolicy(rule=name))))
            rule.count = rule.disk_count = rule.cold_count = count
            rule.size = rule.disk_size = rule.cold_size = size
            rule.wants_latest = rule.policy.keep == "latest" and count > 0
        for policy in policies.values():
            self.of(policy)

    def _add(self, rule: Rule) -> Rule:
        self._by_name[rule.name] = self._by_number[rule.number] = rule
        return rule

    def take(self) -> list[tuple[int, str, int, int]]:
        """Return number, name, count and bytes of those that have changed on the disk, once."""
        numbers, self.unwritten = sorted(self.unwritten), set()
        rules = [self._by_number[number] for number in numbers]
        return [(each.number, each.name, each.disk_count, each.disk_size) for each in rules]
