"""Outputs whose node dies, whose bus fails or whose device file changes at a bad moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.site.output_rig import Lives
from tests.site.rig import RunningSite, config_of, on_site
from tests.site.test_safe_outputs import RELAY, live

EXPANDED = """
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.io]
driver = "mcp23017"
bus = "i2c1"
address = 0x20
[devices.k1]
driver = "relay"
pin = "io:0"
"""


def test_max_on_that_ended_while_the_node_was_dead_does_not_begin_anew(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        await lives.call("k1.on")
        await asyncio.sleep(1.0)
        lives.kill()
        await asyncio.sleep(30.0)
        await lives.start()
        await asyncio.sleep(5.0)
        lives.kill()
        await lives.start()
        await asyncio.sleep(5.0)

        assert [level for _, _, level in lives.edges] == [True, False]

    live(tmp_path, RELAY + 'on_start = "restore"\nmax_on = "20s"\n', act)


def test_safe_state_does_not_wait_for_min_on_when_its_first_write_fails(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("k1.on")
        await asyncio.sleep(1.0)
        await site.call("sim.fault", "io", "nack", 1)
        site.node.site.outputs.controllers.leave(
            next(iter(site.node.site.outputs.controllers._session_by_device.values()))
        )
        await asyncio.sleep(10.0)

        assert site.simulator.pin_level("io", 0) is False

    on_site(config_of(tmp_path, EXPANDED + 'min_on = "5m"\nsafety = true\n'
                      '[sessions]\nsafety = "1h"\n'), act)  # fmt: skip


def test_lost_link_is_not_forgotten_while_the_device_is_replaced(tmp_path: Path) -> None:
    async def act(lives: Lives) -> None:
        outputs = lives.node.site.outputs
        outputs.tell_link(is_up=True)
        await lives.call("k1.on")
        outputs.tell_link(is_up=False)
        runner = lives.node.site.devices.pop("k1")  # as a reload does, which may take its time
        await asyncio.sleep(2.0)
        lives.node.site.devices["k1"] = runner
        await asyncio.sleep(0.5)

        assert [level for _, _, level in lives.edges] == [True, False]

    live(tmp_path, RELAY + 'on_disconnect = { after = "1s", do = "off" }\n', act)
