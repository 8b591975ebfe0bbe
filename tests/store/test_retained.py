"""Retained events of clients: on disk soon after they came, and back as they were."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from wampedge.router.publication import Publication
from wampedge.router.retention import Retention, RetentionLimits
from wampedge.store.retained import RetainedEvents
from wampedge.store.store import Store
from wampedge.wamp.messages import Event, Publish
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import SERIALIZERS
from wampedge_simulator.clock import run_virtual

JSON = SERIALIZERS["json"]


def virtually(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


class Router:
    """The retention of a router and its log."""

    def __init__(self, path: Path | None, *, topics: int = 100, within_s: float = 1.0) -> None:
        self.store = Store(path, is_inline=True)
        self.log = RetainedEvents(self.store, within_s)
        self.store.join(self.log)
        self.store.open()
        self.retention = Retention(RetentionLimits(topics=topics), self.log)
        self.log.everything = lambda: self.retention.matching("prefix", "")
        self.retention.restore(self.log.restored())

    def publish(
        self,
        number: int,
        topic: str = "site.door",
        payload: Payload | None = None,
        *,
        is_own: bool = False,
        details: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        publish = Publish(1, options, topic, payload or Payload([number]))
        self.retention.keep(
            Publication(
                number,
                publish,
                details=details or {},
                time_ms=1_700_000_000_500,
                publisher_id=77,
                is_own=is_own,
            )
        )

    def retained(self, topic: str = "site.door") -> list[Publication]:
        return [each for row in self.retention.matching("exact", topic) for each in row]

    def topics(self) -> list[str]:
        return [row[0].topic for row in self.retention.matching("prefix", "")]


def received(text: bytes) -> Payload:
    """Return the payload of an EVENT that came in as JSON, with *text* after its details."""
    event = JSON.decode(b"[36,1,1,{}" + text + b"]")
    assert isinstance(event, Event)
    return event.payload


def rows(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT topic, id FROM retained").fetchall()
    finally:
        connection.close()


def remove_all(folder: Path) -> None:
    for part in folder.iterdir():
        part.unlink()


def test_an_event_comes_back_with_payload_publisher_and_time(tmp_path: Path) -> None:
    async def first() -> None:
        router = Router(tmp_path / "n.db")
        payload = received(b', [ 1.50 ], {"unit" : "lx"}')
        router.publish(5, payload=payload, details={"publisher_authid": "ada"})
        await router.store.close()

    async def second() -> None:
        router = Router(tmp_path / "n.db")
        (event,) = router.retained()
        assert event.id == 5
        assert event.time_ms == 1_700_000_000_500
        assert event.payload.restore().tail(JSON) == b', [ 1.50 ], {"unit" : "lx"}'
        assert event.details == {
            "publisher_authid": "ada",
            "x_time": 1_700_000_000.5,
            "x_restored": True,
        }
        assert event.excluded_id == 0
        assert not event.is_own
        await router.store.close()

    virtually(first())
    virtually(second())


@pytest.mark.parametrize(
    "payload", [Payload.sealed(b"\x00\x01"), Payload.sealed("AAE="), Payload()]
)
def test_payloads_without_values_come_back(tmp_path: Path, payload: Payload) -> None:
    async def first() -> None:
        router = Router(tmp_path / "n.db")
        router.publish(5, payload=payload)
        router.retention.keep(
            Publication(6, Publish(1, {}, "site.b", payload), details={}, time_ms=1)
        )
        await router.store.close()

    async def second() -> None:
        router = Router(tmp_path / "n.db")
        (event,) = router.retained("site.b")
        assert event.payload.restore() == payload
        await router.store.close()

    virtually(first())
    virtually(second())


def test_lists_of_names_come_back_and_events_for_sessions_do_not(tmp_path: Path) -> None:
    async def first() -> None:
        router = Router(tmp_path / "n.db")
        router.publish(1)
        router.publish(2, eligible_authrole=["owner"])
        router.publish(3, exclude=[4711])
        assert [each.id for each in router.retained()] == [1, 2, 3]
        await router.store.close()

    async def second() -> None:
        router = Router(tmp_path / "n.db")
        assert [each.id for each in router.retained()] == [1, 2]
        assert router.retained()[1].lists == {"eligible_authrole": ["owner"]}
        await router.store.close()

    virtually(first())
    virtually(second())


def test_what_the_node_says_is_not_written(tmp_path: Path) -> None:
    async def work() -> None:
        router = Router(tmp_path / "n.db")
        router.publish(1, "edge.n.air", is_own=True)
        await router.store.close()
        assert router.store.commits == 0

    virtually(work())

    assert not (tmp_path / "n.db").exists()


def test_an_event_is_on_disk_within_the_time_that_is_set(tmp_path: Path) -> None:
    async def work() -> None:
        router = Router(tmp_path / "n.db", within_s=5.0)
        router.publish(1)
        router.publish(2, "site.window")
        await asyncio.sleep(4.9)
        assert router.store.commits == 0
        await asyncio.sleep(0.2)
        assert router.store.commits == 1
        await router.store.close()

    virtually(work())

    assert rows(tmp_path / "n.db") == [("site.door", 1), ("site.window", 2)]


def test_a_topic_that_is_cleared_is_gone_from_the_disk(tmp_path: Path) -> None:
    async def work() -> None:
        router = Router(tmp_path / "n.db")
        router.publish(1)
        router.publish(2, "site.window")
        assert await router.store.flush()
        router.retention.clear("site.door")
        await router.store.close()

    virtually(work())

    assert rows(tmp_path / "n.db") == [("site.window", 2)]


def test_a_topic_cleared_before_it_was_written_costs_no_write(tmp_path: Path) -> None:
    async def work() -> None:
        router = Router(tmp_path / "n.db")
        router.publish(1)
        router.retention.clear("site.door")
        await router.store.close()
        assert router.store.commits == 0

    virtually(work())


def test_only_what_the_limits_allow_comes_back(tmp_path: Path) -> None:
    async def first() -> None:
        router = Router(tmp_path / "n.db")
        for number in range(3):
            router.publish(number, f"site.t{number}")
        await router.store.close()

    async def second() -> None:
        router = Router(tmp_path / "n.db", topics=2)
        assert router.topics() == ["site.t0", "site.t1"]
        await router.store.close()

    virtually(first())
    virtually(second())


def test_an_event_of_another_making_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def first() -> None:
        router = Router(tmp_path / "n.db")
        router.publish(1, "site.a")
        router.publish(2, "site.b")
        await router.store.close()

    async def second() -> None:
        router = Router(tmp_path / "n.db")
        assert router.topics() == ["site.b"]
        await router.store.close()

    virtually(first())
    connection = sqlite3.connect(tmp_path / "n.db")
    connection.execute("UPDATE retained SET serializer = 'pickle' WHERE topic = 'site.a'")
    connection.commit()
    connection.close()
    virtually(second())

    assert "the retained event of 'site.a' cannot be read" in caplog.text


def test_what_was_not_written_is_tried_again(tmp_path: Path) -> None:
    async def work() -> None:
        folder = tmp_path / "not-yet"
        folder.write_text("a file where a folder should be")
        router = Router(folder / "n.db")
        router.publish(1)
        router.publish(2, "site.window")
        await asyncio.sleep(1.1)
        assert router.store.trouble is not None
        router.publish(3)
        folder.unlink()
        assert await router.store.flush()
        await router.store.close()

    virtually(work())

    assert rows(tmp_path / "not-yet" / "n.db") == [("site.door", 3), ("site.window", 2)]


def test_a_file_that_was_removed_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "n.db"

    async def work() -> None:
        router = Router(path)
        router.publish(1)
        assert await router.store.flush()
        remove_all(tmp_path)
        router.publish(2, "site.window")
        await asyncio.sleep(10)
        await router.store.close()

    virtually(work())

    assert rows(path) == [("site.door", 1), ("site.window", 2)]


def test_without_a_file_nothing_is_promised_and_nothing_piles_up() -> None:
    async def work() -> None:
        router = Router(None)
        for number in range(50):
            router.publish(number, f"site.t{number}")
            router.retention.clear(f"site.t{number}")
        assert router.log.take() is None
        await router.store.close()

    virtually(work())
