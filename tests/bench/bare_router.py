"""Our router and listeners with nothing behind them, as a process for load generators.

``python -m tests.bench.bare_router PORT REALM`` serves until SIGTERM.
The bounds on connections are lifted, because a load of a thousand sessions is what is measured;
every other limit is the one the product serves with.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from wampedge.router import RealmSettings, Router
from wampedge.server import Server, random_ids
from wampedge.transports.limits import TransportLimits

__all__ = ["main"]


async def main(port: int, realm: str) -> None:
    """Serve *realm* on *port* of 127.0.0.1 until SIGTERM."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    limits = TransportLimits(max_connections=10_000, max_unjoined_connections=10_000)
    router = Router([RealmSettings(realm)], random_id=random_ids().__next__)
    server = Server(router, [f"ws://127.0.0.1:{port}/ws"], limits=limits)
    await server.start()
    await over.wait()
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
