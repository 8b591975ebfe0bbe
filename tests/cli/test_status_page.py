"""The lines of ``wampedge status``, from the answers of a node."""

from __future__ import annotations

from typing import Any

from wampedge.cli.drain import Drain
from wampedge.cli.status_facts import NodeFacts
from wampedge.cli.status_page import page

NOW = 1_000_000.0


def facts(**changes: Any) -> NodeFacts:
    """Return what a node tells where all is well; *changes* by path, with ``__`` for dots."""
    health: dict[str, Any] = {
        "state": "ready",
        "node": "n1",
        "uptime": 273_600.0,
        "time": NOW,
        "simulated": False,
        "devices": {"air": {"state": "ok"}, "drip": {"state": "ok"}},
        "buses": {"i2c1": {"state": "ok"}},
        "listening": ["unix:/run/n.sock", "ws://0.0.0.0:80/ws"],
        "insecure": ["ws://0.0.0.0:80/ws"],
    }
    link: dict[str, Any] = {
        "state": "joined", "since": NOW - 7_260.0, "latency": 0.0341, "url": "wss://a/ws",
        "realm": "farm", "failures": 0, "last_error": "",
    }  # fmt: skip
    queue: dict[str, Any] = {
        "depth": 0, "bytes": 0, "age": None, "sent": 10, "dropped": {}, "gaps": 0,
        "lasting": True, "trouble": None,
    }  # fmt: skip
    store: dict[str, Any] = {
        "lasting": True,
        "trouble": None,
        "written": 10,
        "written_a_day": 2_700_000,
    }
    tables = {"health": health, "link": link, "queue": queue, "store": store}
    for path, value in changes.items():
        table, key = path.split("__")
        tables[table][key] = value
    queues = {"links": {"upstream": queue}, "store": store}
    return NodeFacts("edge.n1", health, {"upstream": link}, queues)


def test_a_healthy_node_has_a_line_for_each_matter() -> None:
    assert page(facts(), {}) == [
        "n1               ready, up 3 d 4 h",
        "devices          2 ok",
        "listening        unix:/run/n.sock",
        "                 ws://0.0.0.0:80/ws  (insecure)",
        "link upstream    up for 2 h 1 min, answers in 34 ms: wss://a/ws, realm farm",
        "queue upstream   empty",
        "card             2.7 MB written a day",
    ]
    assert facts().problems == []


def test_a_device_that_does_not_work_is_named_with_its_reason() -> None:
    devices = {"air": {"state": "down", "reason": "no answer"}, "drip": {"state": "ok"}}
    ill = facts(health__devices=devices)

    assert page(ill, {})[1:3] == [
        "devices          1 down, 1 ok",
        "                 air: down  no answer",
    ]
    assert ill.problems == ["device air is down: no answer"]


def test_a_link_that_is_down_says_why() -> None:
    ill = facts(
        link__state="waiting", link__failures=3, link__last_error="refused", link__since=NOW - 59
    )

    assert page(ill, {})[4] == (
        "link upstream    DOWN for 59 s, 3 tries: wss://a/ws, realm farm: refused"
    )
    assert ill.problems == ["link upstream is down: refused"]


def test_what_waits_and_what_was_lost_is_counted() -> None:
    waiting = facts(
        queue__depth=1_203,
        queue__bytes=240_000,
        queue__age=720.0,
        queue__dropped={"full": 5, "age": 0},
        queue__lasting=False,
    )

    assert page(waiting, {})[5] == (
        "queue upstream   1,203 events, 240.0 kB, the oldest 12 min old, in memory; lost: 5 full"
    )
    assert waiting.problems == []


def test_a_backlog_that_drains_has_a_bar_with_rate_and_time_left() -> None:
    drain = Drain()
    drain.take(0.0, 20_000, 0)
    drain.take(1.0, 15_000, 5_000)

    lines = page(facts(queue__depth=15_000), {"upstream": drain})

    assert lines[6] == f"{'':16} [########......................]  25%  5,000/s, 3 s left"


def test_a_card_that_takes_nothing_is_a_problem() -> None:
    ill = facts(store__trouble="disk full")

    assert page(ill, {})[-1] == "card             NOT SAFE: disk full"
    assert ill.problems == ["nothing is safe on the card: disk full"]


def test_a_card_that_nothing_is_kept_on_says_so() -> None:
    assert page(facts(store__lasting=False), {})[-1] == (
        "card             nothing is kept: all is in memory"
    )


def test_passing_time_is_no_news_but_a_change_of_state_is() -> None:
    assert facts(health__uptime=1.0, link__latency=0.5).news == facts().news
    assert facts(link__state="waiting").news != facts().news
    assert facts(queue__depth=1).news != facts().news
