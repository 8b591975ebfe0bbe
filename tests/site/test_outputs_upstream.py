"""Output policies that depend on the link upstream, beside a real router that goes away."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

import pytest

from tests.site.rig import config_of
from tests.support.virtual import virtual
from tests.uplink.rig import UpstreamRouter
from wampedge.client import Session
from wampedge.errors import ApplicationError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import SimulatedClock
from wampedge_simulator.substrate import SimulatedSubstrate

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "{url}"
realm = "farm"
auth = {{ method = "anonymous" }}
[devices.k1]
driver = "relay"
pin = 5
{policy}
"""


class Linked:
    """A node whose link to *upstream* is up, and the edges of its relay."""

    def __init__(self, folder: Path, upstream: UpstreamRouter, policy: str) -> None:
        config = config_of(folder, SITE.format(url=upstream.url, policy=policy))
        self.realm = config.router.realm
        self.config = config.but(router=config.router.but(listen=()))
        self.board = SimulatedSubstrate(wiring_of(self.config))
        self.node = Node(self.config, self.board, clock=SimulatedClock(), is_inline=True)
        self.edges: list[tuple[float, bool]] = []

    async def __aenter__(self) -> Self:
        await self.node.start()
        self.client = await Session.over(self.node.server.attach_local("test"), self.realm)
        self.board._board().nets.net("gpio", 5).watch(
            lambda level: self.edges.append((asyncio.get_running_loop().time(), level))
        )
        uplink = self.node._upstream.watched
        assert uplink is not None
        await uplink.connection.wait_restored()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.leave()
        await self.node.stop()


@virtual
async def test_output_goes_off_so_long_after_its_router_went_away(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    policy = 'on_disconnect = { after = "30s", do = "off" }'
    async with Linked(tmp_path, upstream, policy) as site:
        await site.client.call("edge.n1.k1.on")
        await asyncio.sleep(5.0)
        await upstream.stop()
        lost_s = asyncio.get_running_loop().time()
        await asyncio.sleep(60.0)

        (_, on), (off_s, off) = site.edges
        assert (on, off) == (True, False)
        assert off_s == pytest.approx(lost_s + 30.0, abs=0.05)


@virtual
async def test_callers_from_upstream_have_its_role_and_no_other(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with Linked(tmp_path, upstream, 'access = { set = ["upstream"] }') as site:
        async with await upstream.client() as far:
            assert (await far.call("edge.n1.k1.on")).value is True
        with pytest.raises(ApplicationError) as caught:
            await site.client.call("edge.n1.k1.off")

        assert caught.value.uri == "wamp.error.not_authorized"
        assert [level for _, level in site.edges] == [True]
    await upstream.stop()
