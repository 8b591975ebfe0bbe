"""Events that cross links: heard upstream only while wanted, known once, never in a circle."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.virtual import virtual
from tests.uplink.stations import heard, stations
from wampedge.client import Session
from wampedge.errors import ApplicationError


async def topics_at(session: Session) -> set[tuple[str, str]]:
    """Return what somebody listens to at a router, but for what it says of itself."""
    listed = (await session.call("wamp.subscription.list")).value
    found = set()
    for policy in ("exact", "prefix", "wildcard"):
        for id_ in listed[policy]:
            facts = (await session.call("wamp.subscription.get", id_)).value
            if not facts["uri"].startswith("wamp."):
                found.add((facts["match"], facts["uri"]))
    return found


@virtual
async def test_a_topic_is_heard_upstream_while_somebody_listens_here(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=["board."], down=["fleet.", "all..on"])
        there, here = await hub.client(), await board.client()
        assert await topics_at(there) == set()

        exact = await here.subscribe("fleet.stop", lambda *_: None)
        await here.subscribe("fleet.a", lambda *_: None, options={"match": "prefix"})
        await here.subscribe("all.x", lambda *_: None, options={"match": "prefix"})
        await here.subscribe("other.topic", lambda *_: None)
        await asyncio.sleep(0.5)
        wanted = {("exact", "fleet.stop"), ("prefix", "fleet.a"), ("wildcard", "all..on")}
        assert await topics_at(there) == wanted

        await exact.unsubscribe()
        await asyncio.sleep(0.5)
        assert await topics_at(there) == wanted - {("exact", "fleet.stop")}
        await here.leave()
        await asyncio.sleep(0.5)
        assert await topics_at(there) == set()


@virtual
async def test_what_two_subscriptions_here_want_is_published_here_once(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=["board."], down=["fleet."])
        there, here = await hub.client(), await board.client()
        one = await heard(here, "fleet.stop")
        both = await heard(here, "fleet.", match="prefix")
        await asyncio.sleep(0.5)
        await there.publish("fleet.stop", 1)
        await asyncio.sleep(0.5)

    assert (one, both) == ([("fleet.stop", 1)], [("fleet.stop", 1)])


@virtual
async def test_what_was_listened_to_before_the_link_is_heard_as_well(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        there, here = await hub.client(), await board.client()
        events = await heard(here, "fleet.stop")
        await board.join(hub.url, up=[], down=["fleet."])
        await asyncio.sleep(0.5)
        await there.publish("fleet.stop", 1)
        await asyncio.sleep(0.5)

    assert events == [("fleet.stop", 1)]


@virtual
async def test_prefixes_have_another_name_upstream_in_both_directions(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=["local."], down=["local.in."], names=[("local.", "site1.")])
        there, here = await hub.client(), await board.client()
        up = await heard(there, "site1.out.x")
        down = await heard(here, "local.in.", match="prefix")
        await here.register("local.add", lambda a, b: a + b)
        await there.register("site1.in.now", lambda: 1234)
        await asyncio.sleep(0.5)
        await here.publish("local.out.x", 1)
        await there.publish("site1.in.y", 2)
        await asyncio.sleep(0.5)

        assert (up, down) == ([("site1.out.x", 1)], [("local.in.y", 2)])
        assert (await there.call("site1.add", 2, 3)).value == 5
        assert (await here.call("local.in.now")).value == 1234


@virtual
async def test_two_hops_from_a_board_over_a_hub_to_the_centre_and_back(tmp_path: Path) -> None:
    async with stations(tmp_path, "centre", "hub", "board") as (centre, hub, board):
        await hub.join(centre.url, up=["site."], down=["fleet."])
        await board.join(hub.url, up=["site."], down=["fleet."])
        top, bottom = await centre.client(), await board.client()
        up = await heard(top, "site.", match="prefix")
        down = await heard(bottom, "fleet.stop")
        await bottom.register("site.board.add", lambda a, b: a + b)
        await top.register("fleet.time", lambda: 1234)
        await asyncio.sleep(0.5)
        await bottom.publish("site.board.x", 1)
        await top.publish("fleet.stop", 2)
        await asyncio.sleep(0.5)

        assert (up, down) == ([("site.board.x", 1)], [("fleet.stop", 2)])
        assert (await top.call("site.board.add", 2, 3)).value == 5
        assert (await bottom.call("fleet.time")).value == 1234
        with pytest.raises(ApplicationError) as caught:
            await top.call("site.board.add", 2)
        assert caught.value.uri == "wamp.error.invalid_argument"


@virtual
async def test_what_two_nodes_that_join_each_other_pass_on_comes_to_an_end(tmp_path: Path) -> None:
    """Two links are two ways there, and each of them one way back; more there are not."""
    async with stations(tmp_path, "one", "two") as (one, two):
        links = [
            await one.join(two.url, up=["all."], down=["all."]),
            await two.join(one.url, up=["all."], down=["all."]),
        ]
        here, there = await one.client(), await two.client()
        first, second = await heard(here, "all.t"), await heard(there, "all.t")
        await asyncio.sleep(0.5)
        await (await one.client()).publish("all.t", 1)
        await asyncio.sleep(5)

        assert second == [("all.t", 1)] * 2
        assert first == [("all.t", 1)] * 3
        assert sum(link.relay.loops for link in links) > 0
        with pytest.raises(ApplicationError) as caught:
            await here.call("all.nothing")
        assert caught.value.uri in {"wampedge.error.loop", "wamp.error.no_such_procedure"}


@virtual
async def test_a_chain_that_is_too_long_ends(tmp_path: Path) -> None:
    async with stations(tmp_path, "a", "b", "c") as (a, b, c):
        await b.join(a.url, up=["all."], down=[], max_hops=1)
        await c.join(b.url, up=["all."], down=[], max_hops=1)
        near, far = await b.client(), await a.client()
        two_away, one_away = await heard(far, "all.t"), await heard(near, "all.t")
        await (await c.client()).register("all.p", lambda: 1)
        await asyncio.sleep(0.5)
        await (await c.client()).publish("all.t", 1)
        await asyncio.sleep(0.5)

        assert (one_away, two_away) == ([("all.t", 1)], [])
        assert (await near.call("all.p")).value == 1
        with pytest.raises(ApplicationError) as caught:
            await far.call("all.p")
        assert caught.value.uri == "wampedge.error.loop"


@virtual
async def test_events_of_the_routers_themselves_stay_where_they_are(tmp_path: Path) -> None:
    async with stations(tmp_path, "hub", "board") as (hub, board):
        await board.join(hub.url, up=[".x", "all."], down=[".on_join", "all."])
        there, here = await hub.client(), await board.client()
        joins = await heard(here, "wamp.session.on_join")
        ours = len(joins)
        await hub.client()
        await there.publish("all.t", 1)
        await asyncio.sleep(0.5)

        assert len(joins) == ours
