"""Retained events cross links: those upstream for who asks here, those of clients here upstream."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.support.virtual import virtual
from tests.uplink.rig import UpstreamRouter, node_with
from tests.uplink.stations import stations
from wampedge.client import Session
from wampedge.uplink.forwarding import Forwarder

Heard = list[tuple[str, Any, bool]]


async def asking(session: Session, topic: str, **options: Any) -> Heard:
    """Subscribe, asking for what is retained; return what comes, and whether it was retained."""
    events: Heard = []
    await session.subscribe(
        topic,
        lambda value, details: events.append((details.topic, value, details.is_retained)),
        options={"get_retained": True, **options},
        wants_details=True,
    )
    return events


@virtual
async def test_who_asks_here_gets_what_is_retained_upstream_and_nobody_else(
    tmp_path: Path,
) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=[], down=["fleet."])
        there, first, second = await hub.client(), await board.client(), await board.client()
        await there.publish("fleet.mode", "eco", options={"retain": True})
        before = await asking(first, "fleet.mode")
        await asyncio.sleep(1)
        assert before == [("fleet.mode", "eco", True)]

        after = await asking(second, "fleet.mode")
        await asyncio.sleep(1)
        assert after == [("fleet.mode", "eco", True)]
        await there.publish("fleet.mode", "full")
        await asyncio.sleep(1)

    assert before == after == [("fleet.mode", "eco", True), ("fleet.mode", "full", False)]


@virtual
async def test_patterns_bring_each_retained_topic_once_by_the_name_it_has_here(
    tmp_path: Path,
) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        names = (("fleet.", "world."),)
        await board.join(hub.url, up=[], down=["fleet.", "fleet.a.", "other."], names=names)
        there, here = await hub.client(), await board.client()
        for topic in ("world.a.mode", "world.b.mode", "world.b.c.mode", "fleet.a.mode"):
            await there.publish(topic, topic, options={"retain": True})
        prefix = await asking(here, "fleet.", match="prefix")
        gaps = await asking(here, "fleet..mode", match="wildcard")
        elsewhere = await asking(here, "fleet.b.c.none")
        await asyncio.sleep(1)

    one, two = ("fleet.a.mode", "world.a.mode", True), ("fleet.b.mode", "world.b.mode", True)
    assert sorted(prefix) == [one, ("fleet.b.c.mode", "world.b.c.mode", True), two]
    assert sorted(gaps) == [one, two]
    assert elsewhere == []


@virtual
async def test_what_is_retained_here_comes_first_and_asking_again_is_answered_again(
    tmp_path: Path,
) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=[], down=["fleet."])
        there, here, other = await hub.client(), await board.client(), await board.client()
        await other.publish("fleet.mode", "mine", options={"retain": True})
        await there.publish("fleet.mode", "theirs", options={"retain": True})
        events = await asking(here, "fleet.mode")
        await asyncio.sleep(1)
        assert events == [("fleet.mode", "mine", True), ("fleet.mode", "theirs", True)]

        again = await asking(here, "fleet.mode")
        await asyncio.sleep(1)

    assert again == [("fleet.mode", "mine", True), ("fleet.mode", "theirs", True)]


@virtual
async def test_who_asked_while_the_link_was_down_is_answered_when_it_is_back(
    tmp_path: Path,
) -> None:
    upstream = UpstreamRouter(tmp_path)
    async with node_with(upstream.url) as node:
        forwarder = Forwarder(
            node.uplink, up=(), down=("fleet.",), is_own=lambda _: False, prefix="n."
        )
        await forwarder.start()
        node.uplink.start()
        staying = await Session.over(node.server.attach_local("staying"), "edge")
        leaving = await Session.over(node.server.attach_local("leaving"), "edge")
        events, others = await asking(staying, "fleet.mode"), await asking(leaving, "fleet.plan")
        await leaving.leave()
        await upstream.start()
        far = await upstream.client()
        for topic in ("fleet.mode", "fleet.plan"):
            await far.publish(topic, 1, options={"retain": True})
        await asyncio.sleep(60)

        assert node.uplink.status.state == "joined"
        await far.leave()
        await staying.leave()
        await forwarder.stop()
    await upstream.stop()

    assert events == [("fleet.mode", 1, True)]
    assert others == []


@virtual
async def test_what_is_retained_crosses_two_routers(tmp_path: Path) -> None:
    async with stations(tmp_path, "cloud", "hub", "board") as (cloud, hub, board):
        await hub.join(cloud.url, up=[], down=["fleet."])
        await board.join(hub.url, up=[], down=["fleet."])
        there, between, here = await cloud.client(), await hub.client(), await board.client()
        await there.publish("fleet.mode", "eco", options={"retain": True})
        silent: Heard = []
        await between.subscribe("fleet.mode", lambda value: silent.append(("", value, False)))
        events = await asking(here, "fleet.mode")
        await asyncio.sleep(1)
        assert events == [("fleet.mode", "eco", True)]

        again = await asking(await board.client(), "fleet.", match="prefix")
        await asyncio.sleep(1)

    assert again == [("fleet.mode", "eco", True)]
    assert (len(events), silent) == (1, [])


@virtual
async def test_a_question_does_not_go_in_a_circle(tmp_path: Path) -> None:
    async with stations(tmp_path, "east", "west") as (east, west):
        to_west = await east.join(west.url, up=["lan."], down=["lan."])
        to_east = await west.join(east.url, up=["lan."], down=["lan."])
        here, there = await east.client(), await west.client()
        await there.publish("lan.mode", "eco", options={"retain": True})
        await asyncio.sleep(1)
        events = await asking(here, "lan.mode")
        await asyncio.sleep(30)
        asked_by_then = to_west.relay.loops + to_east.relay.loops
        await asyncio.sleep(30)

        assert to_west.relay.loops + to_east.relay.loops == asked_by_then
    assert set(events) == {("lan.mode", "eco", True)}


@virtual
async def test_events_that_clients_here_retain_are_retained_upstream(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=["lan."], down=[])
        here = await board.client()
        for value in (1, 2):
            await here.publish("lan.level", value, options={"retain": True})
        await here.publish("lan.level", 3)
        await here.publish("lan.count", 1)
        await here.publish("lan.gone", 1, options={"retain": True})
        await here.publish("lan.gone", 2, options={"x_clear_retained": True})
        await asyncio.sleep(1)
        events = await asking(await hub.client(), "lan.", match="prefix")
        await asyncio.sleep(1)

    assert events == [("lan.level", 2, True)]


@virtual
async def test_what_was_said_here_and_comes_back_from_upstream_is_not_told(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        uplink = await board.join(hub.url, up=["lan."], down=["lan."])
        here = await board.client()
        await here.publish("lan.level", 1, options={"retain": True})
        await asyncio.sleep(1)
        await uplink.connection.pause()
        uplink.start()
        await uplink.connection.wait_joined()
        events = await asking(await board.client(), "lan.level")
        await asyncio.sleep(1)

    assert events == [("lan.level", 1, True)]
