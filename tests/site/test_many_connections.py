"""``[router] connections``: a router that is full says so, and how many it serves is its file's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.rig import config_of
from wampedge.client import Session
from wampedge.errors import WampedgeError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.runtime.system_clock import SystemClock
from wampedge_simulator.substrate import SimulatedSubstrate

SITE = """\
wampedge = 1
[node]
name = "hub"
[router]
listen = ["unix:{socket}"]
connections = {count}
[devices.lamp]
driver = "led"
pin = 27
"""


@pytest.mark.parametrize("count", [8, 100])
async def test_so_many_join_and_one_more_is_turned_away(count: int, tmp_path: Path) -> None:
    socket = tmp_path / "hub.sock"
    config = config_of(tmp_path, SITE.format(socket=socket, count=count))
    config = config.but(router=config.router.but(listen=(f"unix:{socket}",)))
    node = Node(config, SimulatedSubstrate(wiring_of(config)), clock=SystemClock(), is_inline=True)
    await node.start()
    sessions = [await Session.connect(f"unix:{socket}", "edge") for _ in range(count)]
    with pytest.raises(WampedgeError):
        await Session.connect(f"unix:{socket}", "edge")
    for session in sessions:
        await session.leave()
    await node.stop()
