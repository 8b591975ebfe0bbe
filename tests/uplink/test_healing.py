"""A link that was down: what changed meanwhile is right soon after."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.virtual import virtual
from tests.uplink.rig import Node, UpstreamRouter, node_with
from wampedge.client import Session
from wampedge.errors import ApplicationError
from wampedge.uplink.forwarding import Forwarder

BACK_S = 1.0


async def offered(upstream: UpstreamRouter) -> set[str]:
    """Return the procedures the upstream router has."""
    async with await upstream.client() as far:
        ids = (await far.call("wamp.registration.list")).value["exact"]
        return {(await far.call("wamp.registration.get", each)).value["uri"] for each in ids}


async def back_after_s(node: Node) -> float:
    """Wait until the link is up with all it has; returns how long that took after the join."""
    loop = asyncio.get_running_loop()
    await node.uplink.connection.wait_joined()
    joined_s = loop.time()
    await node.uplink.connection.wait_restored()
    return loop.time() - joined_s


@virtual
async def test_procedures_that_came_and_went_while_away_are_right_within_a_second(
    tmp_path: Path,
) -> None:
    """Issue 6, healing: of the node, and of a client of its router that is bridged."""
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url, {"n.kept": "n.kept", "n.gone": "n.gone"}) as node:
        own = {"n.kept", "n.gone", "n.new"}
        forwarder = Forwarder(node.uplink, up=["n."], down=[], is_own=own.__contains__, prefix="n.")
        client = await Session.over(node.server.attach_local("client"), "edge")
        gone = await client.register("n.client.gone", lambda: 1)
        await client.register("n.client.kept", lambda: 2)
        await forwarder.start()
        node.uplink.start()
        await back_after_s(node)
        assert await offered(upstream) == {"n.kept", "n.gone", "n.client.gone", "n.client.kept"}

        await upstream.stop()
        await asyncio.sleep(1)
        await node.uplink.withdraw("n.gone")
        node.uplink.offer("n.new")
        await gone.unregister()
        await client.register("n.client.new", lambda: 3)
        brief = await client.register("n.client.brief", lambda: 4)
        await asyncio.sleep(1)
        await brief.unregister()
        await asyncio.sleep(1)
        await upstream.start()

        assert await back_after_s(node) <= BACK_S
        assert await offered(upstream) == {"n.kept", "n.new", "n.client.kept", "n.client.new"}
        async with await upstream.client() as far:
            assert (await far.call("n.client.new")).value == 3
        await forwarder.stop()
        await client.leave()
    await upstream.stop()


@virtual
async def test_calls_on_their_way_fail_with_the_link_on_both_sides(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    hang = asyncio.Event()
    async with node_with(upstream.url, {"n.hang": "n.hang"}) as node:
        forwarder = Forwarder(
            node.uplink, up=["n."], down=["fleet."], is_own=lambda uri: uri == "n.hang", prefix="n."
        )
        await node.devices.register("n.hang", hang.wait)
        await forwarder.start()
        node.uplink.start()
        await back_after_s(node)
        far = await upstream.client()
        await far.register("fleet.hang", hang.wait)
        client = await Session.over(node.server.attach_local("client"), "edge")
        up = asyncio.ensure_future(client.call("fleet.hang"))
        down = asyncio.ensure_future(far.call("n.hang"))
        await asyncio.sleep(1)
        began_s = asyncio.get_running_loop().time()

        node.uplink.connection.session._conversation.transport.abort()
        outcomes = await asyncio.gather(up, down, return_exceptions=True)

        assert asyncio.get_running_loop().time() - began_s < 0.1
        assert [getattr(each, "uri", each) for each in outcomes] == [
            "wampedge.error.offline",
            "wamp.error.canceled",
        ]
        await client.leave()
        await far.leave()
        await forwarder.stop()
    await upstream.stop()


@virtual
async def test_first_retry_comes_within_a_second_and_the_pauses_have_a_cap(tmp_path: Path) -> None:
    """With the numbers of the product: full jitter, from 1 s to 30 s."""
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url) as node:
        loop = asyncio.get_running_loop()
        tries: list[float] = []
        node.uplink.connection.on_status(
            lambda status: tries.append(loop.time()) if status.state.value == "connecting" else None
        )
        node.uplink.start()
        await back_after_s(node)
        await asyncio.sleep(60)
        lost_s = loop.time()
        await upstream.stop()
        await asyncio.sleep(600)

    pauses = [after - before for before, after in pairwise(tries[1:])]
    assert tries[1] - lost_s <= 1.0
    assert max(pauses) <= 30.01
    # Refused connects are tried quickly for a minute, then the pauses grow: 25 ends of them fit
    # into the rest at the least, as half of 30 s is drawn each time.
    assert len([pause for pause in pauses if pause > 10]) >= 25


@virtual
async def test_link_that_is_down_refuses_at_once(tmp_path: Path) -> None:
    async with node_with(f"unix:{tmp_path}/nobody.sock") as node:
        forwarder = Forwarder(
            node.uplink, up=[], down=["fleet."], is_own=lambda _: False, prefix="n."
        )
        await forwarder.start()
        node.uplink.start()
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(ApplicationError, match=r"wampedge\.error\.offline"):
            await node.devices.call("fleet.time")

        assert asyncio.get_running_loop().time() == began_s
        await forwarder.stop()
