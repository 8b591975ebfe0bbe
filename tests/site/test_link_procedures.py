"""``P.sys.link`` and ``P.sys.queue`` of a whole node, with its router away and there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.site.test_upstream import linked, running, site
from tests.uplink.rig import UpstreamRouter


async def test_what_a_client_switches_while_the_router_is_away_waits(tmp_path: Path) -> None:
    async with running(site(tmp_path, f"unix:{tmp_path}/nobody")) as (_, client):
        before = (await client.call("edge.n1.sys.queue")).value["links"]["upstream"]
        await client.call("edge.n1.lamp.on")
        after = (await client.call("edge.n1.sys.queue")).value["links"]["upstream"]
        link = (await client.call("edge.n1.sys.link")).value["upstream"]
        health = (await client.call("edge.n1.sys.health")).value

    assert after["depth"] - before["depth"] == 1  # the lamp is on
    assert after["bytes"] > before["bytes"]
    assert after["age"] >= 0.0
    assert not after["lasting"], "this node has no card"
    assert link["state"] in ("connecting", "waiting")
    assert "nobody" in link["last_error"]
    assert link["latency"] is None
    assert health["links"]["upstream"] in ("connecting", "waiting")


async def test_nothing_waits_once_the_router_has_it(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with running(site(tmp_path, upstream.url)) as (node, client):
        await linked(node)
        queues: dict[str, Any] = {"links": {"upstream": {"depth": 1}}}
        async with asyncio.timeout(10.0):
            while queues["links"]["upstream"]["depth"]:
                queues = (await client.call("edge.n1.sys.queue")).value
        link = (await client.call("edge.n1.sys.link")).value["upstream"]
    await upstream.stop()

    assert queues["links"]["upstream"]["oldest"] is None
    assert queues["links"]["upstream"]["sent"] > 0
    assert (link["state"], link["joins"], link["failures"]) == ("joined", 1, 0)
    assert link["procedures"] == link["procedures_registered"] > 0
