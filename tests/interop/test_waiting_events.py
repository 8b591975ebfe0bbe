"""The line to a Crossbar breaks, and the Crossbar itself: all that a node publishes arrives there.

Crossbar knows nothing of our marks, so what it had when the line was cut may come again. But
nothing is missing, and what is new comes in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.bad_line import BadLine
from tests.faults.line_rig import (
    REALM,
    Ears,
    Site,
    Trouble,
    crawling,
    ends,
    holding,
    refusals,
    resets,
    site,
    trouble_and_after,
)
from tests.interop.crossbar import CrossbarRouter
from wampedge.client import Session

pytestmark = [pytest.mark.interop, pytest.mark.crossbar]

_SETTLED_S = 0.5
"""What Crossbar took before the line was held has reached its subscribers by then."""


@asynccontextmanager
async def listening(crossbar: CrossbarRouter, ears: Ears) -> AsyncIterator[None]:
    """Let *ears* hear what is published at *crossbar*."""
    async with await Session.connect(crossbar.url, REALM) as session:
        await ears.listen(session)
        yield


def check(ears: Ears, place: Site) -> None:
    """Each number is there, and came for the first time after those before it."""
    assert list(dict.fromkeys(ears.heard)) == list(range(1, place.published + 1))
    assert ears.gaps == 0


@pytest.mark.parametrize("scheme", ["ws", "rs"])
@pytest.mark.parametrize(
    "trouble", [resets, ends, refusals, holding, crawling], ids=lambda each: each.__name__
)
async def test_all_arrives_in_order_over_a_bad_line(
    trouble: Trouble, scheme: str, crossbar: CrossbarRouter, tmp_path: Path
) -> None:
    port = crossbar.websocket_port if scheme == "ws" else crossbar.rawsocket_port
    ears = Ears()
    async with listening(crossbar, ears), site(tmp_path, port, scheme=scheme) as place:
        await trouble_and_after(place, ears, trouble)

        check(ears, place)


async def test_all_arrives_in_order_when_the_crossbar_is_killed(
    crossbar: CrossbarRouter, tmp_path: Path
) -> None:
    """The line is held first: what a dead router had and passed on to nobody, nobody can know."""
    ears = Ears()

    async def killed(line: BadLine) -> None:
        line.hold()
        await asyncio.sleep(_SETTLED_S)
        await line.refuse()
        await asyncio.to_thread(crossbar.kill)
        line.go_on()

    async with site(tmp_path, crossbar.rawsocket_port, scheme="rs") as place:
        async with listening(crossbar, ears):
            await place.begin()
            await ears.wait_for(1)
            await killed(place.line)
        await asyncio.to_thread(crossbar.start)
        async with listening(crossbar, ears):
            await place.line.start()
            await ears.wait_for(place.published)
            await place.end()
            await ears.wait_for(place.published)

            check(ears, place)
