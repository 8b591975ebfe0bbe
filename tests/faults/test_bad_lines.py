"""A real node behind a line that breaks in every way: all it publishes arrives, in order.

What the line does, and who uses the node meanwhile, is in ``line_rig``. Then the line is good
again, and everything has to have arrived, or to be accounted for by a gap.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.bad_line import BadLine
from tests.faults.line_rig import (
    Trouble,
    black_hole,
    crawling,
    ends,
    flapping,
    holding,
    hub,
    latency,
    refusals,
    resets,
    site,
    slices,
    trouble_and_after,
)

pytestmark = pytest.mark.slow

TROUBLES = [resets, ends, refusals, flapping, holding, black_hole, slices, latency, crawling]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.__name__)
async def test_all_arrives_once_and_in_order_at_a_wampedge(
    trouble: Trouble, tmp_path: Path
) -> None:
    async with hub() as (port, ears), site(tmp_path, port) as place:
        await trouble_and_after(place, ears, trouble)

        assert ears.heard == sorted(set(ears.heard)), "twice, or out of order"
        assert len(ears.heard) + ears.gaps == place.published
        assert ears.gaps == 0


async def test_a_line_that_garbles_breaks_nothing_but_what_it_garbles(tmp_path: Path) -> None:
    async def garble(line: BadLine) -> None:
        line.flip_share = 0.05
        await asyncio.sleep(4.0)
        line.flip_share = 0.0
        line.reset()

    async with hub() as (port, ears), site(tmp_path, port) as place:
        await place.begin()
        await ears.wait_for(1)
        await garble(place.line)
        after = place.published + 1
        await asyncio.sleep(1.0)
        await place.end()
        await ears.wait_for(place.published)

        numbers = [number for number in ears.heard if type(number) is int]
        assert [n for n in numbers if n >= after] == list(range(after, place.published + 1))
