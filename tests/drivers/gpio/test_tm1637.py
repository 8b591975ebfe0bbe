"""TM1637 in a node, bit by bit: texts, colon, numbers, brightness, and a display that is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

CLOCK = """
wampedge = 1
node.name = "n"
[devices.clock]
driver = "tm1637"
pins = { clk = 5, dio = 6 }
"""


def test_a_time_is_shown_with_its_colon(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("clock.text.set", "1234567") == "1234"
        assert await site.call("clock.colon.set", True) is True
        assert await site.call("sim.shown", "clock") == "12:34"
        assert await site.call("clock.text.set", "0942") == "0942"
        assert await site.call("sim.shown", "clock") == "09:42"
        await site.call("clock.clear")
        assert await site.call("sim.shown", "clock") == "    "
        assert await site.call("clock.colon.get") is False

    on_site(config_of(tmp_path, CLOCK), act)


def test_numbers_and_brightness(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("clock.number", -3.5, 1) == "-3.5"
        assert await site.call("sim.shown", "clock") == " -3.5"
        assert await site.call("clock.brightness.set", 100) == 100
        assert site.simulator.part("clock").brightness == 14 / 16
        assert await site.call("clock.brightness.set", 1) == 12.5
        assert site.simulator.part("clock").brightness == 1 / 16
        edges = site.edges("gpio", 5)
        with pytest.raises(ApplicationError, match="does not fit") as caught:
            await site.call("clock.number", 12345)
        assert (caught.value.keywords["field"], edges) == ("value", [])

    on_site(config_of(tmp_path, CLOCK), act)


@pytest.mark.parametrize("fault", ["absent", "deaf"])
def test_a_display_that_does_not_acknowledge_is_told(tmp_path: Path, fault: str) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("clock.text.set", "1234")
        site.simulator.fault("clock", fault, None)
        with pytest.raises(ApplicationError, match="no acknowledge"):
            await site.call("clock.text.set", "5678")
        site.simulator.clear("clock")
        await asyncio.sleep(30.0)
        assert await site.call("sim.shown", "clock") == "1234"

    on_site(config_of(tmp_path, CLOCK), act)


def test_what_lost_its_settings_shows_them_again(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("clock.text.set", "12.34")
        site.simulator.fault("clock", "brown_out", 1)
        assert await site.call("sim.shown", "clock") == "    "
        await asyncio.sleep(6.0)
        assert await site.call("sim.shown", "clock") == "12:34"

    on_site(config_of(tmp_path, CLOCK), act)
