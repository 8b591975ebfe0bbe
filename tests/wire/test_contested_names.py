"""Names of sessions that are gone without a word, over real sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.virtual import virtual
from tests.wire.rig import open_site

EXISTS = "wamp.error.procedure_already_exists"


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
@virtual
async def test_a_name_of_a_dead_peer_is_free_when_the_router_has_looked(
    tmp_path: Path, serializer: str
) -> None:
    """Issue 3, "Self-healing registrations"; specification, "Registering"."""
    async with open_site(tmp_path) as site:
        ghost, newcomer = await site.join("ws", serializer), await site.join("raw", serializer)
        await ghost.ask(64, 1, {}, "com.site.p")
        ghost.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport in truth

        newcomer.say([64, 5, {}, "com.site.p"])
        began_s = asyncio.get_running_loop().time()
        registered = await newcomer.hear_without_limit()

        assert registered[:2] == [65, 5]
        assert asyncio.get_running_loop().time() - began_s < 2.2
        assert len(site.router.sessions) == 1


@virtual
async def test_a_peer_that_answers_keeps_its_name(tmp_path: Path) -> None:
    """Specification, "Registering": the second REGISTER is refused, and soon."""
    async with open_site(tmp_path) as site:
        callee, newcomer = await site.join(), await site.join()
        await callee.ask(64, 1, {}, "com.site.p")
        answering = asyncio.create_task(callee.hear_without_limit())

        newcomer.say([64, 5, {}, "com.site.p"])
        began_s = asyncio.get_running_loop().time()
        error = await newcomer.hear_without_limit()

        assert error[:3] == [8, 64, 5]
        assert error[4] == EXISTS
        assert asyncio.get_running_loop().time() - began_s < 1.0
        answering.cancel()
        assert len(site.router.sessions) == 2
