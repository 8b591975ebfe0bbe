"""The node is killed at any moment: what a client was told is safe reaches the router upstream.

A client publishes with ``acknowledge``, without a pause, while the node is killed and started
again; in the first half of the rounds there is no router upstream. ``KILL_ROUNDS`` says how many,
30 unless it is set. What was acknowledged arrives once, in order.
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
from wampedge.errors import WampedgeError

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("KILL_ROUNDS", "30"))
TOPIC = "edge.t.lan.count"
SITE = """\
wampedge = 1
[node]
name = "t"
[upstream]
url = "unix:{socket}"
realm = "farm"
reconnect = {{ min = "50ms", max = "1s" }}
  [upstream.forward]
  up = ["edge.t."]
  [upstream.buffer]
  commit = "20ms"
[devices.lamp]
driver = "led"
pin = 17
"""


async def publish_until_killed(
    node: NodeProcess, numbers: itertools.count[int], acknowledged: list[int], kill_after_s: float
) -> None:
    """Publish one number after the other until the node is dead."""
    session = await Session.connect(node.url("unix"), "edge")
    asyncio.get_running_loop().call_later(kill_after_s, node.kill)
    try:
        for number in numbers:
            await session.publish(TOPIC, number, acknowledge=True)
            acknowledged.append(number)
    except WampedgeError:
        pass
    await session.leave()


async def test_what_was_acknowledged_arrives_once_and_in_order(tmp_path: Path) -> None:
    socket = tmp_path / "hub.sock"
    file = tmp_path / "devices.toml"
    file.write_text(SITE.format(socket=socket), encoding="utf-8")
    numbers, luck, acknowledged = itertools.count(1), random.Random(1), list[int]()
    hub = Hub(f"unix:{socket}", TOPIC)
    with contextlib.closing(NodeProcess(file, listen=("unix:",))) as node:
        for round_ in range(ROUNDS):
            if round_ == ROUNDS // 2:
                await hub.start()
            await asyncio.to_thread(node.start)
            await publish_until_killed(node, numbers, acknowledged, luck.uniform(0.0, 0.4))
        await asyncio.to_thread(node.start)
        await hub.wait_for(acknowledged[-1])
        log = node.log()
    await hub.stop()

    assert len(acknowledged) > 2 * ROUNDS, "too few to prove anything"
    check(hub.heard, acknowledged)
    assert "Traceback" not in log


def check(heard: list[int], acknowledged: list[int]) -> None:
    """Compare what arrived with what had to."""
    assert heard == sorted(set(heard)), "twice, or out of order"
    assert set(acknowledged) <= set(heard), sorted(set(acknowledged) - set(heard))[:10]
