"""Sensors and meters on pins of the simulator, through a whole node."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.site.rig import RunningSite, config_of, on_site

HEAD = """
wampedge = 1
[node]
name = "t"
"""


def test_an_encoder_follows_its_shaft_however_fast(tmp_path: Path) -> None:
    text = f"""{HEAD}
[devices.wheel]
driver = "quadrature"
pins = [20, 21]
ticks_per_turn = 1440
every = "50ms"
"""

    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1)
        site.simulator.set("wheel", "position", 1.0)
        await asyncio.sleep(0.2)
        forward = await site.call("wheel.position.get")
        site.simulator.set("wheel", "ticks", -1)
        await asyncio.sleep(0.2)

        assert forward == 1.0
        assert await site.call("wheel.ticks.get") == -1
        assert await site.call("wheel.invalid.get") == 0
        assert (await site.call("wheel.health"))["lost_edges"] == 0

    on_site(config_of(tmp_path, text), act)
