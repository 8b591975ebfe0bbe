"""N pulses in, N counted: bounces, glitches, storms, reload and the end of the process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from tests.site.rig import RunningSite, config_of, on_site

SITE = """
wampedge = 1
[node]
name = "t"
[devices.meter]
driver = "pulse"
pin = 17
edge = "rising"
pull = "none"
every = "1s"
{more}
"""


def phases(pulses: int, seed: int) -> list[tuple[bool, float]]:
    """Return levels and how long each lasts, in seconds: *pulses* of 5 kHz, bouncing and glitchy.

    A true phase lasts 100 us, cut by bounces of at most 4 us at its beginning and by a glitch of at
    most 15 us in its middle: no piece of it that counts is shorter than 30 us.
    """
    random, found = Random(seed), []
    for _ in range(pulses):
        for level in (True, False):
            for _ in range(random.randrange(4)):
                found += [
                    (level, random.uniform(1e-6, 4e-6)),
                    (not level, random.uniform(1e-6, 4e-6)),
                ]
            if random.random() < 0.3:
                found += [(level, 40e-6), (not level, random.uniform(1e-6, 15e-6)), (level, 40e-6)]
            else:
                found.append((level, 90e-6))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_five_thousand_pulses_a_second_with_bounces_and_glitches_are_counted_exactly(
    tmp_path: Path, seed: int
) -> None:
    text = SITE.format(more='debounce = "5us"\nmin_width = "20us"')

    async def act(site: RunningSite) -> None:
        net = site.simulator.net("gpio", 17)
        net.drive("meter", False)
        await asyncio.sleep(1)
        begins_s = asyncio.get_running_loop().time()
        for level, lasts_s in phases(1000, seed):
            net.drive("meter", level)
            await asyncio.sleep(lasts_s)
        took_s = asyncio.get_running_loop().time() - begins_s
        await asyncio.sleep(2)

        assert 0.15 < took_s < 0.3
        assert await site.call("meter.count.get") == 1000
        assert (await site.call("meter.health"))["lost_edges"] == 0

    on_site(config_of(tmp_path, text), act)


def test_a_storm_of_edges_leaves_the_node_responsive_and_is_counted(tmp_path: Path) -> None:
    """ROBUSTNESS.md B3: 100 kHz; what was dropped is told, and counting goes on after it."""

    async def act(site: RunningSite) -> None:
        net = site.simulator.net("gpio", 17)
        net.drive("meter", False)
        await asyncio.sleep(1)
        for number in range(20_000):
            net.drive("meter", number % 2 == 0)
        net.drive("meter", False)
        await asyncio.sleep(1)
        before = await site.call("meter.count.get")
        for level in (True, False, True, False):
            net.drive("meter", level)
            await asyncio.sleep(0.01)
        await asyncio.sleep(2)

        assert await site.call("meter.count.get") == before + 2
        assert (await site.call("meter.health"))["lost_edges"] > 10_000
        assert (await site.call("meter.health"))["state"] == "ok"

    on_site(config_of(tmp_path, SITE.format(more="")), act)
