"""The timer that wakes a router."""

from __future__ import annotations

import asyncio
import itertools

from tests.support.virtual import virtual
from wampedge.router import RealmSettings, Router
from wampedge.router.sends import NOTHING, Sends
from wampedge.server import Server


@virtual
async def test_the_server_wakes_its_router_when_something_is_due() -> None:
    done: list[float] = []
    loop = asyncio.get_running_loop()
    ids = itertools.count(1)
    router = Router([RealmSettings("edge")], random_id=lambda: next(ids), monotonic_s=loop.time)
    began_s = loop.time()

    def note() -> Sends:
        done.append(round(loop.time() - began_s, 3))
        return NOTHING

    router.deadlines.after(9.0, note)
    server = Server(router)
    router.deadlines.after(5.0, note)
    router.deadlines.after(2.0, note).cancel()
    router.deadlines.after(3.0, note)
    await asyncio.sleep(10.0)
    router.deadlines.after(1.0, note)
    await server.stop()
    await asyncio.sleep(10.0)

    assert done == [3.0, 5.0, 9.0]
