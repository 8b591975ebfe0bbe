"""A node behind a bad line to a real Crossbar: all it publishes arrives, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.line_rig import (
    REALM,
    Ears,
    Trouble,
    black_hole,
    refusals,
    resets,
    site,
    trouble_and_after,
)
from tests.interop.crossbar import CrossbarRouter
from wampedge.client import Session

pytestmark = [pytest.mark.interop, pytest.mark.crossbar]


@pytest.mark.parametrize("trouble", [resets, refusals, black_hole], ids=lambda each: each.__name__)
async def test_all_arrives_in_order_at_a_crossbar(
    trouble: Trouble, crossbar: CrossbarRouter, tmp_path: Path
) -> None:
    """At least once: what was not acknowledged is sent again, and Crossbar knows no marks."""
    ears = Ears()
    async with await Session.connect(crossbar.url, REALM) as session:
        await ears.listen(session)
        async with site(tmp_path, crossbar.websocket_port) as place:
            await trouble_and_after(place, ears, trouble)

        firsts = list(dict.fromkeys(ears.heard))
        assert firsts == list(range(1, place.published + 1))
        assert ears.gaps == 0
