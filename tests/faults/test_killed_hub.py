"""The hub between a node and its centre is killed at any moment: nothing the node let go is lost.

A client of the node publishes with ``acknowledge``, without a pause, while the hub is killed and
started again; in the first half of the rounds there is no centre. What was acknowledged arrives
there in order. Some of it comes twice: a hub that is killed may have stored what its node never
heard of. ``KILL_ROUNDS`` says how many rounds, 30 unless it is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
from pathlib import Path

import pytest

from tests.faults.hub import Hub
from tests.support.node_process import NodeProcess
from wampedge.client import Session

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("KILL_ROUNDS", "30"))
TOPIC = "edge.t.lan.count"
NODE = """\
wampedge = 1
[node]
name = "{name}"
[upstream]
url = "unix:{socket}"
realm = "{realm}"
reconnect = {{ min = "50ms", max = "1s" }}
  [upstream.forward]
  up = ["edge.t."]
  [upstream.buffer]
  commit = "{commit}"
[devices.lamp]
driver = "led"
pin = 17
"""
_PAUSE_S = 0.002


async def publish(node: NodeProcess, acknowledged: list[int]) -> None:
    """Publish one number after the other, some of them while the hub is away."""
    async with await Session.connect(node.url("unix"), "edge") as session:
        for number in itertools.count(1):
            await session.publish(TOPIC, number, acknowledge=True)
            acknowledged.append(number)
            await asyncio.sleep(_PAUSE_S)


async def test_what_was_acknowledged_passes_a_hub_that_is_killed(tmp_path: Path) -> None:
    luck, acknowledged = random.Random(1), list[int]()
    files = [tmp_path / "hub.toml", tmp_path / "node.toml"]
    centre = Hub(f"unix:{tmp_path}/centre.sock", TOPIC)
    files[0].write_text(
        NODE.format(name="h", socket=tmp_path / "centre.sock", realm="farm", commit="1s")
    )
    with contextlib.closing(NodeProcess(files[0], listen=("unix:",))) as hub:
        files[1].write_text(
            NODE.format(name="t", socket=hub.socket_path, realm="edge", commit="10ms")
        )
        with NodeProcess(files[1], listen=("unix:",)) as node:
            publishing = asyncio.create_task(publish(node, acknowledged))
            for round_ in range(ROUNDS):
                if round_ == ROUNDS // 2:
                    await centre.start()
                await asyncio.to_thread(hub.start)
                await asyncio.sleep(luck.uniform(0.0, 1.0))
                hub.kill()
            publishing.cancel()
            await asyncio.wait({publishing})
            await asyncio.to_thread(hub.start)
            await centre.wait_for(acknowledged[-1])
            logs = hub.log() + node.log()
    await centre.stop()

    heard = list(dict.fromkeys(centre.heard))
    assert len(acknowledged) > 10 * ROUNDS, "too few to prove anything"
    assert heard == sorted(heard), "out of order"
    assert set(acknowledged) <= set(heard), sorted(set(acknowledged) - set(heard))[:10]
    assert "Traceback" not in logs
