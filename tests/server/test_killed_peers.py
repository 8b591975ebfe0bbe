"""What becomes of the connection of a session that the router ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.support.virtual import virtual
from tests.wire.rig import Site, WirePeer, open_site

ROUTES = ["ws", "raw"]


async def killed(site: Site, transport: str) -> WirePeer:
    """Return a peer that was sent a GOODBYE."""
    caller, peer = await site.join("raw"), await site.connect(transport)
    session_id = await peer.join()
    assert await caller.ask(48, 1, {}, "wamp.session.kill", [session_id]) == [50, 1, {}]
    assert await peer.hear() == [6, {}, "wamp.close.normal"]
    return peer


@pytest.mark.parametrize("transport", ROUTES)
@virtual
async def test_a_killed_peer_that_does_not_answer_is_closed_after_a_while(
    tmp_path: Path, transport: str
) -> None:
    """Specification, "Session Closing": the answer is owed, but not waited for for ever."""
    async with open_site(tmp_path, close_timeout_s=2.0) as site:
        peer = await killed(site, transport)
        await asyncio.sleep(1.9)
        assert site.server.connection_count == 2
        await asyncio.sleep(0.2)

        assert await peer.hear_end() in (None, 1000)
        await peer.close()
        await until(lambda: site.server.connection_count == 1)


@pytest.mark.parametrize("transport", ROUTES)
@virtual
async def test_a_killed_peer_that_answers_is_closed_at_once(tmp_path: Path, transport: str) -> None:
    async with open_site(tmp_path, close_timeout_s=2.0) as site:
        peer = await killed(site, transport)
        peer.say([6, {}, "wamp.close.goodbye_and_out"])

        assert await peer.hear_end() in (None, 1000)
        await peer.close()
        await until(lambda: site.server.connection_count == 1)
