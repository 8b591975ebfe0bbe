"""What a checked device file says of events that wait for the upstream router."""

from __future__ import annotations

from typing import Final, Literal

from wampedge.records import Record

__all__ = ["BufferConfig", "StorePolicy", "TopicPolicy", "is_covered"]

_DAY_S: Final = 86_400.0


class StorePolicy(Record):
    """What becomes of events that cannot go up at once.

    Attributes:
        store: where they wait: nowhere (``none``), in memory, or on the disk.
        keep: which of them: ``all``, the ``latest`` of each topic, or one each *sample_s*.
        sample_s: seconds between two that are kept of one topic; only with ``sample``.
        max_age_s: how long they may wait.
        max_bytes: how much may wait under this policy.
        drop: what goes when that is full: the ``oldest``, the ``newest``, all but the
            ``latest_per_topic``, or none, and the publisher is refused (``refuse``).
        commit_s: when they are safe on the disk at the latest.
        overtake: live values may go up before older ones that wait.
        rule: the topic it stands for in the file; empty for the policy of all others.
    """

    store: Literal["none", "memory", "disk"] = "disk"
    keep: Literal["all", "latest", "sample"] = "all"
    sample_s: float | None = None
    max_age_s: float = 7 * _DAY_S
    max_bytes: int = 67_108_864
    drop: Literal["oldest", "newest", "latest_per_topic", "refuse"] = "oldest"
    commit_s: float = 1.0
    overtake: bool = False
    rule: str = ""


class TopicPolicy(Record):
    """The policy of some topics.

    Attributes:
        topic: a topic, a prefix that ends in a dot, or a pattern with gaps for any component.
        policy: what becomes of their events.
    """

    topic: str
    policy: StorePolicy


class BufferConfig(Record):
    """``buffer`` of a link: the policy of each event that goes up.

    Attributes:
        policy: of topics that no rule covers.
        topics: rules, the first that covers a topic decides.
    """

    policy: StorePolicy = StorePolicy()
    topics: tuple[TopicPolicy, ...] = ()

    def policy_of(self, topic: str) -> StorePolicy:
        """Return the policy of events of *topic*, as clients of the local router call it."""
        for each in self.topics:
            if is_covered(topic, each.topic):
                return each.policy
        return self.policy

    @property
    def stores_anything(self) -> bool:
        """Whether any event may wait at all."""
        policies = (self.policy, *(each.policy for each in self.topics))
        return any(policy.store != "none" for policy in policies)


def is_covered(topic: str, rule: str) -> bool:
    """Tell whether *rule* stands for *topic*: equal, below its last dot, or equal but for gaps."""
    if ".." not in rule and not rule.startswith("."):
        return topic == rule or (rule.endswith(".") and topic.startswith(rule))
    wanted, parts = rule.split("."), topic.split(".")
    return len(wanted) == len(parts) and all(
        want in ("", part) for want, part in zip(wanted, parts, strict=True)
    )
