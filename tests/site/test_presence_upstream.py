"""What the upstream router tells of a node that starts, stops, crashes, and leaves for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.test_upstream import SITE, Next, linked, running, site
from tests.uplink.rig import UpstreamRouter
from wampedge.errors import ApplicationError

STATUS = "edge.n1.status"


@pytest.fixture
async def upstream(tmp_path: Path) -> AsyncIterator[UpstreamRouter]:
    """An upstream router that is up."""
    router = UpstreamRouter(tmp_path)
    await router.start()
    yield router
    await router.stop()


async def retained(upstream: UpstreamRouter) -> tuple[Any, dict[str, Any]]:
    """Return the state that the router keeps."""
    status = Next()
    async with await upstream.client() as late:
        await late.subscribe(STATUS, status, options={"get_retained": True})
        return await status.event()


async def test_end_in_order_is_told_from_a_crash(upstream: UpstreamRouter, tmp_path: Path) -> None:
    async with await upstream.client() as far:
        status = Next()
        await far.subscribe(STATUS, status)
        async with running(site(tmp_path, upstream.url)) as (node, _):
            await linked(node)
            events = [await status.event()]
            while events[-1][0] != "ready":
                events.append(await status.event())
            # As if the process had died: the connection ends, and nobody says a word.
            assert node._upstream.watched is not None
            node._upstream.watched.connection.session._conversation.transport.abort()
            events += [await status.event(), await status.event()]
            await linked(node)
        events += [await status.event(), await status.event()]

    states = [state for state, _ in events if state != "starting"]
    assert states == ["ready", "lost", "ready", "stopping", "stopped"]
    by_state = dict(events)
    assert len({facts["started"] for _, facts in events}) == 1
    assert by_state["lost"]["session"] != by_state["stopped"]["session"]
    assert (await retained(upstream))[0] == "stopped"


async def test_reload_that_names_no_upstream_unlinks(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    table = SITE[SITE.index("[upstream]") : SITE.index("[devices.valve]")]
    async with running(site(tmp_path, upstream.url)) as (node, _):
        await linked(node)
        await node.reload(site(tmp_path, upstream.url, without=table.format(url=upstream.url)))
        await asyncio.gather(*node._upstream._main._farewells)

        assert (await retained(upstream))[0] == "unlinked"


async def test_link_is_stopped_and_started_while_the_node_runs(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    async with running(site(tmp_path, upstream.url)) as (node, client):
        await linked(node)
        for _ in range(2):
            assert (await client.call("edge.n1.sys.link.stop")).value == "stopped"
        far = await upstream.client()
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await far.call("edge.n1.lamp.on")
        assert (await retained(upstream))[0] == "unlinked"
        assert (await client.call("edge.n1.lamp.on")).value is True
        assert (await client.call("edge.n1.sys.link")).value["upstream"]["state"] == "stopped"

        for _ in range(2):
            state = (await client.call("edge.n1.sys.link.start")).value
            assert state in {"connecting", "joined"}
        await linked(node)
        assert (await far.call("edge.n1.lamp.get")).value["state"]["value"] is True
        assert (await retained(upstream))[0] == "ready"
        lamp = Next()
        await far.subscribe("edge.n1.lamp.state", lamp, options={"get_retained": True})
        assert (await lamp.event())[0] is True
        await far.leave()


async def test_link_that_was_stopped_stays_so_over_a_reload(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    async with running(site(tmp_path, upstream.url)) as (node, client):
        await linked(node)
        await client.call("edge.n1.sys.link.stop", link="upstream")
        changed = site(tmp_path, upstream.url)
        assert changed.upstream is not None
        await node.reload(changed.but(upstream=changed.upstream.but(reconnect_max_s=5.0)))
        assert node.link()["state"] == "stopped"  # type: ignore[index] # there is a link

        await client.call("edge.n1.sys.link.start")
        await linked(node)
        assert node.link()["state"] == "joined"  # type: ignore[index] # as above


async def test_links_are_switched_by_their_names_and_not_from_upstream(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    async with running(site(tmp_path, upstream.url)) as (node, client):
        await linked(node)
        with pytest.raises(ApplicationError, match="there is no cloud") as caught:
            await client.call("edge.n1.sys.link.stop", "cloud")
        assert caught.value.keywords["field"] == "link"
        async with await upstream.client() as far:
            with pytest.raises(ApplicationError, match="no_such_procedure"):
                await far.call("edge.n1.sys.link.stop")
