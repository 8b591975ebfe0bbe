"""A node whose router is away, over restarts and power cuts: what it publishes gets there."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.site.lives import Life, life, power_cut_of
from tests.uplink.sending_rig import Hub
from wampedge.config.checking import load
from wampedge.config.model import UpstreamConfig
from wampedge.errors import ApplicationError, ConnectError
from wampedge.transports.base import Transport
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import EPOCH_S, SimulatedClock

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "ws://127.0.0.1:1/ws"
realm = "farm"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "10s"
"""
BRIDGE = SITE.replace('realm = "farm"\n', 'realm = "farm"\nforward = { up = ["edge.n1."] }\n')


class Way:
    """The way to the router, which is not there at first."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def prepare(self, one: Life) -> None:
        """Let the node connect by it."""
        one.node.dial = self.dial

    async def dial(self, _: UpstreamConfig) -> Transport:
        """Connect."""
        if self.hub is None:
            raise ConnectError("nobody is there")
        return self.hub.server.attach_local("n1", "node")

    async def open(self) -> Hub:
        """Let the router be there, and wait until it has everything."""
        hub = Hub()
        await hub.start()
        self.hub = hub
        await asyncio.sleep(60.0)
        return hub


async def work_for_a_minute(one: Life) -> None:
    await asyncio.sleep(60.0)


def heard(hub: Hub, topic: str) -> list[tuple[Any, bool]]:
    return [(each.value, each.is_historical) for each in hub.heard if each.topic == topic]


def test_what_was_published_before_a_restart_goes_up_first_and_with_its_time(
    tmp_path: Path,
) -> None:
    way = Way()
    life(tmp_path, SITE, work_for_a_minute, prepare=way.prepare)

    async def second(_: Life) -> None:
        hub = await way.open()
        air = [each for each in hub.heard if each.topic == "edge.n1.air.temperature"]
        times = [each.kwargs["time"] for each in air if each.value is not None]
        assert times == sorted(times)
        assert times[0] < EPOCH_S + 60.0
        assert times[-1] > EPOCH_S + 3_600.0
        assert len(set(times)) == len(times)
        states = [value for value, _ in heard(hub, "edge.n1.air.status")]
        assert states.count("ok") == 2
        assert all(each.is_historical for each in hub.heard[:3])
        await hub.stop()

    def an_hour_later() -> SimulatedClock:
        return SimulatedClock(epoch_s=EPOCH_S + 3_600.0)

    life(tmp_path, SITE, second, prepare=way.prepare, clock=an_hour_later)


def test_an_event_of_a_client_outlives_a_power_cut_once_it_is_committed(tmp_path: Path) -> None:
    way = Way()
    copies: list[Path] = []

    async def first(one: Life) -> None:
        one.client.publish_payload("edge.n1.note", Payload(("safe",), {"a": 1}))
        await asyncio.sleep(2.0)
        copies.append(power_cut_of(one.state))

    life(tmp_path, BRIDGE, first, prepare=way.prepare)

    async def second(_: Life) -> None:
        hub = await way.open()
        (note,) = [each for each in hub.heard if each.topic == "edge.n1.note"]
        assert (note.value, note.kwargs, note.is_historical) == ("safe", {"a": 1}, True)
        await hub.stop()

    life(tmp_path, BRIDGE, second, prepare=way.prepare, state=copies[0])


def test_what_goes_up_at_once_is_never_written_to_the_card(tmp_path: Path) -> None:
    way = Way()

    async def only(one: Life) -> None:
        hub = await way.open()
        assert len(heard(hub, "edge.n1.air.temperature")) >= 1
        outbox = one.node.outboxes.of("upstream")
        assert outbox is not None
        assert (outbox.status.depth, outbox.status.written) == (0, 0)
        await hub.stop()

    life(tmp_path, SITE, only, prepare=way.prepare)


def test_a_client_is_told_that_its_event_was_taken_when_it_is_on_the_card(tmp_path: Path) -> None:
    way = Way()

    async def only(one: Life) -> None:
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        await one.client.publish("edge.n1.note", "kept", acknowledge=True)
        assert 0.5 <= loop.time() - started_s <= 1.5
        copy = power_cut_of(one.state)
        with closing(sqlite3.connect(copy)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            dumps = "".join(connection.iterdump())
            assert tables.fetchall()
        assert "edge.n1.note" in dumps

    life(tmp_path, BRIDGE, only, prepare=way.prepare)


def test_a_client_is_told_at_once_where_nothing_is_stored(tmp_path: Path) -> None:
    way = Way()
    none = BRIDGE.replace('realm = "farm"\n', 'realm = "farm"\nbuffer = { store = "none" }\n')

    async def only(one: Life) -> None:
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        await one.client.publish("edge.n1.note", "lost", acknowledge=True)
        await one.client.publish("site.note", "of no link", acknowledge=True)
        assert loop.time() - started_s < 0.1

    life(tmp_path, none, only, prepare=way.prepare)


def test_a_client_is_told_when_the_router_upstream_has_its_event(tmp_path: Path) -> None:
    way = Way()

    async def only(one: Life) -> None:
        hub = await way.open()
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        await one.client.publish("edge.n1.note", "up", acknowledge=True)
        assert loop.time() - started_s < 0.1
        assert heard(hub, "edge.n1.note") == [("up", False)]
        await hub.stop()

    life(tmp_path, BRIDGE, only, prepare=way.prepare)


def test_a_client_whose_event_finds_no_place_is_refused(tmp_path: Path) -> None:
    way = Way()
    policy = 'buffer = { max_bytes = 4096, drop = "refuse" }'
    small = BRIDGE.replace('realm = "farm"\n', f'realm = "farm"\n{policy}\n')

    async def only(one: Life) -> None:
        await one.client.publish("edge.n1.note", "x" * 3_000, acknowledge=True)
        with pytest.raises(ApplicationError) as refused:
            await one.client.publish("edge.n1.note", "x" * 3_000, acknowledge=True)
        assert refused.value.uri == "wampedge.error.not_stored"

    life(tmp_path, small, only, prepare=way.prepare)


def test_what_waits_goes_to_another_router_when_a_reload_says_so(tmp_path: Path) -> None:
    way = Way()

    async def only(one: Life) -> None:
        one.client.publish_payload("edge.n1.note", Payload((1,)))
        await asyncio.sleep(5.0)
        other = BRIDGE.replace("ws://127.0.0.1:1/ws", "ws://127.0.0.1:2/ws")
        device_file = tmp_path / "other.toml"
        device_file.write_text(other, encoding="utf-8")
        new = load(device_file)
        await one.node.reload(new.but(router=one.node.config.router))
        one.client.publish_payload("edge.n1.note", Payload((2,)))
        hub = await way.open()

        notes = [value for value, _ in heard(hub, "edge.n1.note")]
        assert notes == [1, 2]
        await hub.stop()

    life(tmp_path, BRIDGE, only, prepare=way.prepare)
