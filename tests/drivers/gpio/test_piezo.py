"""Piezo in a node: tones, beeps at a pitch, orders that end them, and what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

HORN = """
wampedge = 1
node.name = "n"
[devices.horn]
driver = "piezo"
pin = 18
frequency = "2kHz"
"""


def tones(site: RunningSite) -> list[float]:
    """Return what was heard since the last call, in hertz."""
    heard: Any = site.simulator.part("horn").tones
    found = [hertz for _, hertz in heard]
    heard.clear()
    return found


def test_a_tone_sounds_at_its_frequency_and_ends(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("horn.tone", 440, "300ms") == 440
        assert await site.call("sim.shown", "horn") == 440
        assert await site.call("horn.state.get") is True
        await asyncio.sleep(0.31)
        assert await site.call("sim.shown", "horn") == 0
        assert await site.call("horn.state.get") is False
        await site.call("horn.on")
        assert await site.call("sim.shown", "horn") == 2000

    on_site(config_of(tmp_path, HORN), act)


def test_a_tone_in_place_of_another_changes_the_pitch_only(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("horn.tone", 440, "1s")
        await asyncio.sleep(0.5)
        await site.call("horn.tone", 880, "1s")
        await asyncio.sleep(2.0)
        assert tones(site) == [440, 880, 0]

    on_site(config_of(tmp_path, HORN), act)


def test_beeps_have_the_pitch_of_the_file_or_of_the_call(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("horn.beep", 2, "100ms", "50ms")
        await asyncio.sleep(1.0)
        assert tones(site) == [2000, 0] * 2
        await site.call("horn.beep", 3, "100ms", "50ms", 1500)
        await asyncio.sleep(1.0)
        assert tones(site) == [1500, 0] * 3

    on_site(config_of(tmp_path, HORN), act)


@pytest.mark.parametrize("order", ["off", "on", "tone"])
def test_another_order_ends_the_beeps(tmp_path: Path, order: str) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("horn.beep", 50)
        await asyncio.sleep(0.25)
        await site.call(f"horn.{order}", *([500, "10ms"] if order == "tone" else []))
        await asyncio.sleep(0.05)
        tones(site)
        await asyncio.sleep(5.0)
        assert tones(site) == []

    on_site(config_of(tmp_path, HORN), act)


def test_a_low_active_one_rests_high(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert site.simulator.pin_level("gpio", 18)
        await site.call("horn.tone", 440, "100ms")
        assert await site.call("sim.shown", "horn") == 440
        await asyncio.sleep(0.2)
        assert site.simulator.pin_level("gpio", 18)

    on_site(config_of(tmp_path, HORN + 'active = "low"\n'), act)


def test_a_tone_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(11.0)
        await site.call("horn.tone", 440, "100ms")
        await asyncio.sleep(0.2)
        tones(site)
        with pytest.raises(ApplicationError) as caught:
            await site.call("horn.tone", 880, "100ms")
        assert caught.value.uri == "wampedge.error.limit"
        await asyncio.sleep(20.0)
        await site.call("horn.on")
        assert tones(site) == [2000]

    on_site(config_of(tmp_path, HORN + 'min_off = "10s"\n'), act)


def test_on_a_chip_with_one_frequency_other_tones_are_refused(tmp_path: Path) -> None:
    chip = (
        '[buses.i2c1]\ntype = "i2c"\nbus = 1\n[devices.board]\ndriver = "pca9685"\nbus = "i2c1"\n'
    )
    text = HORN.replace("pin = 18", 'pin = "board:3"').replace("2kHz", "1kHz")

    async def act(site: RunningSite) -> None:
        assert await site.call("horn.tone", 1000, "100ms") == 1000
        with pytest.raises(ApplicationError, match="cannot give 500 Hz") as caught:
            await site.call("horn.tone", 500, "100ms")
        assert caught.value.uri == "wampedge.error.unsupported"
        assert await site.call("horn.off") is False
        assert await site.call("horn.tone", 1000, "100ms") == 1000

    on_site(config_of(tmp_path, text + chip + 'frequency = "1kHz"\n'), act)
