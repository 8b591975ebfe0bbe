"""A router for many nodes as a process of its own, to be killed: ``crowded_hub PORT``.

It says in a line of JSON where it listens (port 0 takes a free one). It takes more sessions, and
more connections on their way to one, than a router for one site.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from wampedge.router import RealmSettings, Router
from wampedge.server import Server, random_ids
from wampedge.transports.limits import TransportLimits

__all__ = ["REALM"]

REALM = "fleet"


async def _serve(port: int) -> None:
    ids = random_ids()
    router = Router([RealmSettings(REALM)], random_id=ids.__next__, monotonic_s=time.monotonic)
    limits = TransportLimits(max_connections=1000, max_unjoined_connections=64)
    server = Server(router, [f"ws://127.0.0.1:{port}/ws"], limits=limits)
    await server.start()
    sys.stdout.write(json.dumps({"url": str(server.addresses[0])}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
