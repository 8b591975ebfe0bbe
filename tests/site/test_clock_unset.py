"""A board that starts without knowing the time marks what it says, until the clock is set."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.site.rig import RunningSite, config_of, on_site
from wampedge_simulator.clock import EPOCH_S

SITE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
address = 0x76
every = "10s"
"""


def test_events_are_marked_until_the_clock_is_set(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        readings: list[dict[str, Any]] = []
        clock: list[tuple[str, dict[str, Any]]] = []
        await site.client.subscribe(
            "edge.n1.air.temperature", lambda _, **details: readings.append(details)
        )
        await site.client.subscribe(
            "edge.n1.sys.clock", lambda state, **details: clock.append((state, details))
        )
        site.computer.begin("clock_unset")
        await asyncio.sleep(100)  # the node looks once a minute
        marked = readings[-1]
        site.computer.end("clock_unset")
        await asyncio.sleep(20)

        assert marked["clock"] == "unsynced"
        assert marked["time"] < 200.0  # of 1970
        assert "clock" not in readings[-1]
        assert readings[-1]["time"] > EPOCH_S
        assert [(state, details["step"]) for state, details in clock] == [
            ("unsynced", -float(EPOCH_S)),
            ("synced", float(EPOCH_S)),
        ]
        assert (await site.client.call("edge.n1.sys.health")).value["clock"] == "synced"

    on_site(config_of(tmp_path, SITE), act)
