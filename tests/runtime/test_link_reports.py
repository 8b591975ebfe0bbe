"""What the node tells of links, queues and its card: the topics, their pauses, the alarm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from wampedge.runtime.clock_state import ClockState
from wampedge.runtime.link_reports import LinkReports
from wampedge_simulator.clock import EPOCH_S, SimulatedClock, run_virtual


class Box:
    """What an ``Outbox`` tells of its changes."""

    def __init__(self) -> None:
        self.observers: list[Callable[[], None]] = []

    def on_change(self, observer: Callable[[], None]) -> None:
        self.observers.append(observer)


class Links:
    """What an ``Upstream`` tells of its links."""

    def __init__(self) -> None:
        self.state, self.failures, self.depth = "joined", 0, 0
        self.oldest: float | None = None
        self.names = ["upstream"]
        self.tell: Callable[[], None] = lambda: None
        self.box = Box()

    def boxes(self) -> list[Box]:
        return [self.box]

    def on_change(self, observer: Callable[[], None]) -> None:
        self.tell = observer

    def links(self) -> dict[str, Any]:
        link = {"state": self.state, "failures": self.failures, "latency": 0.01}
        return {name: dict(link) for name in self.names}

    def queues(self) -> dict[str, Any]:
        return {name: {"depth": self.depth, "oldest": self.oldest} for name in self.names}


class Card:
    """What a ``Store`` tells of itself."""

    def __init__(self) -> None:
        self.is_lasting, self.commits, self.path = True, 3, None
        self.bytes_written: int | None = 4096
        self.trouble: str | None = None
        self.hear: Callable[[str | None], None] = lambda _: None

    def on_trouble(self, observer: Callable[[str | None], None]) -> None:
        self.hear = observer


class Said:
    """Takes the events, with the virtual time of each."""

    def __init__(self) -> None:
        self.clock_state = ClockState(SimulatedClock())
        self.here: list[tuple[float, str, Any]] = []
        self.everywhere: list[tuple[str, Any, Mapping[str, Any]]] = []

    def publish_here(self, topic: str, value: Any, details: Mapping[str, Any]) -> None:
        self.here.append((asyncio.get_running_loop().time(), topic, value))

    def publish(
        self, topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool
    ) -> None:
        assert is_state
        self.everywhere.append((topic, value, details))

    def times(self, topic: str) -> list[float]:
        """Return when something was said on *topic*."""
        return [at for at, name, _ in self.here if name == topic]


class Desk:
    """Reports with what is around them."""

    def __init__(self) -> None:
        self.links, self.card, self.said = Links(), Card(), Said()
        links: Any = self.links
        card: Any = self.card
        said: Any = self.said
        self.reports = LinkReports("edge.n1", links, card, said, SimulatedClock())


def test_a_link_is_told_at_the_start_and_at_each_change() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.reports.begin()
        await asyncio.sleep(30)
        desk.links.tell()  # nothing is new
        await asyncio.sleep(30)
        desk.links.state = "waiting"
        desk.links.tell()
        await asyncio.sleep(30)
        return desk

    desk = run_virtual(act())

    assert desk.said.times("edge.n1.sys.link") == [0.0, 60.0]
    assert [value["upstream"]["state"] for _, topic, value in desk.said.here
            if topic == "edge.n1.sys.link"] == ["joined", "waiting"]  # fmt: skip


def test_a_flapping_link_is_told_once_a_second_and_as_it_is_then() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.reports.begin()
        for count in range(1, 30):
            await asyncio.sleep(0.1)
            desk.links.failures = count
            desk.links.tell()
        await asyncio.sleep(10)
        return desk

    desk = run_virtual(act())

    told = [value["upstream"]["failures"] for _, topic, value in desk.said.here
            if topic == "edge.n1.sys.link"]  # fmt: skip
    assert [round(at) for at in desk.said.times("edge.n1.sys.link")] == [0, 1, 2, 3]
    assert told[-1] == 29


def test_since_says_when_the_link_came_up_or_went_down() -> None:
    async def act() -> list[float]:
        desk = Desk()
        seen = [desk.reports.links()["upstream"]["since"]]
        await asyncio.sleep(20)
        for state in ("waiting", "connecting", "waiting"):
            desk.links.state = state
            desk.links.tell()
            await asyncio.sleep(5)
        seen.append(desk.reports.links()["upstream"]["since"])
        desk.reports.close()
        return seen

    assert run_virtual(act()) == [EPOCH_S, EPOCH_S + 20.0]


def test_a_growing_queue_is_told_every_five_seconds_but_its_beginning_soon() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.reports.begin()
        await asyncio.sleep(2.5)
        for count in range(1, 21):
            desk.links.depth = count
            desk.links.tell()
            await asyncio.sleep(0.5)
        await asyncio.sleep(20)
        return desk

    desk = run_virtual(act())

    assert [round(at, 3) for at in desk.said.times("edge.n1.sys.queue")] == [0.0, 2.5, 7.5, 12.5]
    assert desk.said.here[-1][2]["links"]["upstream"]["depth"] == 20


def test_a_queue_that_grows_while_the_link_is_up_is_told() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.reports.begin()
        await asyncio.sleep(10)
        desk.links.tell()  # watches the same box once
        for _ in range(100):
            desk.links.depth += 1
            for observer in desk.links.box.observers:
                observer()
        await asyncio.sleep(10)
        return desk

    desk = run_virtual(act())

    assert len(desk.links.box.observers) == 1
    assert [(at, value["links"]["upstream"]["depth"]) for at, topic, value in desk.said.here
            if topic == "edge.n1.sys.queue"] == [(0.0, 0), (11.0, 100)]  # fmt: skip


def test_the_age_of_the_oldest_event_is_that_of_now() -> None:
    async def act() -> Any:
        desk = Desk()
        desk.links.depth, desk.links.oldest = 1, EPOCH_S - 60.0
        await asyncio.sleep(15)
        return desk.reports.queues()

    queues = run_virtual(act())

    assert queues["links"]["upstream"]["age"] == 75.0
    assert queues["store"] == {
        "lasting": True,
        "trouble": None,
        "commits": 3,
        "written": 4096,
        "written_a_day": None,
    }


def test_store_trouble_is_an_alarm_until_it_is_over() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.reports.begin()
        desk.card.hear(None)  # was never in trouble
        desk.card.trouble = "disk I/O error"
        desk.card.hear("disk I/O error")
        desk.card.trouble = None
        desk.card.hear(None)
        desk.reports.close()
        desk.card.hear("disk I/O error")
        return desk

    topic, at = "edge.n1.sys.store.alarm", {"time": EPOCH_S}

    assert run_virtual(act()).said.everywhere == [
        (topic, "raised", at | {"reason": "disk I/O error"}),
        (topic, "cleared", at),
    ]


def test_trouble_of_the_start_is_told_once_the_node_begins() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.card.trouble = "database or disk is full"
        desk.reports.begin()
        desk.reports.close()
        return desk

    assert [word for _, word, _ in run_virtual(act()).said.everywhere] == ["raised"]


def test_a_node_without_links_says_nothing_of_them() -> None:
    async def act() -> Desk:
        desk = Desk()
        desk.links.names = []
        desk.reports.begin()
        await asyncio.sleep(10)
        return desk

    assert run_virtual(act()).said.here == []
