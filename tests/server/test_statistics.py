"""What a server tells of its connections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.wire.rig import open_site
from wampedge.server.counters import ServerCounters
from wampedge.server.overflow import QueueFacts
from wampedge.server.statistics import transport_facts


def queue(session: int, waiting: int, dropped: int = 0, conflated: int = 0) -> QueueFacts:
    return QueueFacts(
        session=session,
        policy="drop_oldest",
        waiting_messages=waiting,
        waiting_bytes=waiting * 100,
        dropped=dropped,
        conflated=conflated,
    )


def test_what_waits_is_summed_up_and_idle_queues_are_left_out() -> None:
    counters = ServerCounters(events_overflowed=7)
    queues = [queue(1, 0), queue(2, 3), queue(3, 0, dropped=2), queue(4, 5), queue(5, 0, 0, 9)]
    facts = transport_facts(counters, connections=6, queues=queues)

    assert (facts["connections"], facts["waiting_messages"], facts["waiting_bytes"]) == (6, 8, 800)
    assert [each["session"] for each in facts["queues"]] == [4, 2, 5, 3]
    assert facts["queues"][1] == {
        "session": 2,
        "policy": "drop_oldest",
        "waiting_messages": 3,
        "waiting_bytes": 300,
        "dropped": 0,
        "conflated": 0,
    }
    assert facts["totals"]["events_overflowed"] == 7


def test_only_the_ten_longest_queues_are_told_one_by_one() -> None:
    queues = [queue(session, waiting=session) for session in range(1, 31)]
    facts = transport_facts(ServerCounters(), connections=30, queues=queues)

    assert [each["session"] for each in facts["queues"]] == list(range(30, 20, -1))
    assert facts["waiting_messages"] == 465


async def test_the_statistics_of_the_router_tell_of_the_connections(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        peers = [await site.join("ws"), await site.join("raw")]
        answer = await peers[0].ask(48, 1, {}, "wampedge.router.stats")
        (facts,) = answer[3]
        transport: dict[str, Any] = facts["transport"]

        assert facts["sessions"]["joined"] == 2
        assert (transport["connections"], transport["queues"]) == (2, [])
        assert transport["totals"]["connections_accepted"] == 2
