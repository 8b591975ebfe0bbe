"""A node with two routers upstream, one of which is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.site.rig import config_of
from tests.support.virtual import virtual
from tests.uplink.rig import UpstreamRouter
from wampedge.config.model import SiteConfig
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import SimulatedClock
from wampedge_simulator.substrate import SimulatedSubstrate

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = [{urls}]
realm = "farm"
[devices.lamp]
driver = "led"
pin = 27
"""


def site(folder: Path, *routers: UpstreamRouter) -> SiteConfig:
    """Return a node that knows these routers."""
    urls = ", ".join(f'"{router.url}"' for router in routers)
    config = config_of(folder, SITE.format(urls=urls))
    return config.but(router=config.router.but(listen=()))


@virtual
async def test_node_goes_on_at_the_other_router_and_says_which(tmp_path: Path) -> None:
    routers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        routers.append(UpstreamRouter(tmp_path / name))
    first, second = routers
    config = site(tmp_path, first, second)
    await second.start()
    node = Node(
        config, SimulatedSubstrate(wiring_of(config)), clock=SimulatedClock(), is_inline=True
    )
    await node.start()
    at = []
    for at_work, away in ((second, first), (first, second)):
        await asyncio.sleep(70)
        async with await at_work.client() as far:
            assert (await far.call("edge.n1.lamp.toggle")).value is (at_work is second)
        link = node.link()
        assert link is not None
        at.append(link["url"])
        await away.start()
        await at_work.stop()
    await node.stop()
    await second.stop()

    assert at == [second.url, first.url]
