"""What a server tells of its connections, for ``wampedge.router.stats``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from wampedge.server.counters import ServerCounters
from wampedge.server.overflow import QueueFacts

__all__ = ["transport_facts"]

_MOST_QUEUES = 10
"""How many queues are told one by one: those where most waits, then those that lost most."""


def transport_facts(
    counters: ServerCounters, *, connections: int, queues: Sequence[QueueFacts]
) -> dict[str, Any]:
    """Return the figures of all connections, in types that every serializer can carry.

    Args:
        counters: the totals of the server.
        connections: how many are open.
        queues: what waits for each session.
    """
    telling = [each for each in queues if each.waiting_bytes or each.dropped or each.conflated]
    telling.sort(key=_weight, reverse=True)
    return {
        "connections": connections,
        "waiting_messages": sum(each.waiting_messages for each in queues),
        "waiting_bytes": sum(each.waiting_bytes for each in queues),
        "queues": [dict(vars(each)) for each in telling[:_MOST_QUEUES]],
        "totals": asdict(counters),
    }


def _weight(queue: QueueFacts) -> tuple[int, int]:
    return queue.waiting_bytes, queue.dropped + queue.conflated
