"""A node with ``[upstream]`` beside another wampedge router: offered, published, kept, restored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import config_of
from tests.uplink.rig import UpstreamRouter
from wampedge.client import Session
from wampedge.config.model import SiteConfig
from wampedge.errors import ApplicationError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.runtime.system_clock import SystemClock
from wampedge_simulator.substrate import SimulatedSubstrate

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "{url}"
realm = "farm"
auth = {{ method = "anonymous" }}
[devices.valve]
driver = "relay"
pin = 17
[devices.lamp]
driver = "led"
pin = 27
"""


def site(folder: Path, url: str, *, without: str = "") -> SiteConfig:
    """Return a node of which the upstream router is at *url*."""
    config = config_of(folder, SITE.format(url=url).replace(without, ""))
    return config.but(router=config.router.but(listen=()))


@asynccontextmanager
async def running(config: SiteConfig) -> AsyncIterator[tuple[Node, Session]]:
    """Run the node, with a client of its own router."""
    simulator = SimulatedSubstrate(wiring_of(config))
    node = Node(config, simulator, clock=SystemClock(), is_inline=True)
    await node.start()
    client = await Session.over(node.server.attach_local("test"), config.router.realm)
    try:
        yield node, client
    finally:
        await node.stop()


async def linked(node: Node) -> None:
    """Wait until the node is at its upstream router with all it has to offer."""
    uplink = node._upstream.watched
    assert uplink is not None
    async with asyncio.timeout(10.0):
        await uplink.connection.wait_joined()
        await uplink.connection.wait_restored()


class Next:
    """The events of a topic, one after another."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[tuple[Any, dict[str, Any]]] = asyncio.Queue()

    def __call__(self, value: Any, **details: Any) -> None:
        self._events.put_nowait((value, details))

    async def event(self) -> tuple[Any, dict[str, Any]]:
        """Return the next event."""
        return await asyncio.wait_for(self._events.get(), 10.0)


@pytest.fixture
async def upstream(tmp_path: Path) -> AsyncIterator[UpstreamRouter]:
    """An upstream router that is up."""
    router = UpstreamRouter(tmp_path)
    await router.start()
    yield router
    await router.stop()


async def test_client_upstream_switches_an_output_and_sees_it(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    async with running(site(tmp_path, upstream.url)) as (node, client):
        await linked(node)
        far = await upstream.client()
        state = Next()
        await far.subscribe("edge.n1.valve.state", state)

        result = await far.call("edge.n1.valve.on")
        value, details = await state.event()
        with pytest.raises(ApplicationError) as caught:
            await far.call("edge.n1.valve.set", "open")
        level = await client.call("edge.n1.sim.pin", "gpio", 17)
        await far.leave()

    assert (result.value, value, level.value) == (True, True, True)
    assert details["quality"] == "good"
    assert {"unit", "time", "seq"} <= set(details)
    assert caught.value.uri == "wamp.error.invalid_argument"
    assert caught.value.keywords == {
        "device": "valve",
        "field": "value",
        "reason": caught.value.keywords["reason"],
    }


async def test_node_serves_locally_while_its_upstream_is_away_and_tells_all_when_it_is_back(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    async with running(site(tmp_path, upstream.url)) as (node, client):
        for round_ in range(2):
            await linked(node)
            await upstream.stop()
            for is_on in (True, False, not round_):
                assert (await client.call("edge.n1.valve.set", is_on)).value is is_on
            await upstream.start()
            far = await upstream.client()
            state, status = Next(), Next()
            await far.subscribe("edge.n1.valve.state", state)
            await far.subscribe("edge.n1.status", status)

            assert (await state.event())[0] is (not round_)
            assert (await status.event())[0] == "ready"
            await linked(node)
            assert (await far.call("edge.n1.lamp.toggle")).value is (not round_)
            assert node.link()["joins"] == round_ + 2  # type: ignore[index] # there is a link


async def test_node_starts_and_works_without_its_upstream(tmp_path: Path) -> None:
    async with running(site(tmp_path, f"unix:{tmp_path}/nobody.sock")) as (node, client):
        assert (await client.call("edge.n1.valve.on")).value is True
        link = (await client.call("edge.n1.sys.health")).value["link"]

    assert link["state"] in {"connecting", "waiting"}
    assert node.state == "stopping"


async def test_reload_changes_what_is_offered_upstream_and_nothing_else(
    upstream: UpstreamRouter, tmp_path: Path
) -> None:
    lamp = '[devices.lamp]\ndriver = "led"\npin = 27\n'
    async with running(site(tmp_path, upstream.url, without=lamp)) as (node, _):
        await linked(node)
        far = await upstream.client()
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await far.call("edge.n1.lamp.on")
        joins = node.link()["joins"]  # type: ignore[index] # there is a link

        await node.reload(site(tmp_path, upstream.url))
        await linked(node)
        assert (await far.call("edge.n1.lamp.on")).value is True
        status = Next()
        await far.subscribe("edge.n1.lamp.status", status)
        await node.reload(site(tmp_path, upstream.url, without=lamp))
        assert (await status.event())[0] == "disabled"
        await asyncio.gather(*node._upstream._main._farewells)

        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await far.call("edge.n1.lamp.on")
        assert node.link()["joins"] == joins  # type: ignore[index] # there is a link
        await far.leave()


async def test_reload_without_upstream_leaves_it(upstream: UpstreamRouter, tmp_path: Path) -> None:
    table = SITE[SITE.index("[upstream]") : SITE.index("[devices.valve]")]
    async with running(site(tmp_path, upstream.url)) as (node, client):
        await linked(node)
        await node.reload(site(tmp_path, upstream.url, without=table.format(url=upstream.url)))
        await asyncio.gather(*node._upstream._main._farewells)
        far = await upstream.client()
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await far.call("edge.n1.valve.on")
        await far.leave()

        assert (await client.call("edge.n1.sys.health")).value["link"] is None


async def test_upstream_that_never_answers_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    held: list[asyncio.StreamWriter] = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    mute = await asyncio.start_unix_server(hold, tmp_path / "mute.sock")
    loop = asyncio.get_running_loop()
    async with running(site(tmp_path, f"unix:{tmp_path}/mute.sock")) as (node, client):
        await client.call("edge.n1.valve.on")
        started = loop.time()
        await node.stop()
        took_s = loop.time() - started
    mute.close()
    for writer in held:
        writer.close()

    assert took_s < 3.0


async def test_upstream_that_hangs_after_the_join_does_not_hold_up_the_stop(
    upstream: UpstreamRouter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    async with running(site(tmp_path, upstream.url)) as (node, _):
        await linked(node)
        assert upstream._server is not None
        for peer in upstream._server._network_peers:
            peer.transport.pause_reading()
        started = loop.time()
        await node.stop()
        took_s = loop.time() - started

    assert took_s < 3.0
