"""Our router and listeners with nothing behind them, as a process for load generators.

``python -m tests.bench.bare_router PORT REALM [--pure]`` serves until SIGTERM; with ``--pure`` no
C extension of another package is used, as on boards for which there are none.
The bounds on connections are lifted, because a load of a thousand sessions is what is measured;
every other limit is the one the product serves with. Roles have rules, and patterns are
registered and subscribed to, as on a site.
"""

from __future__ import annotations

import asyncio
import signal
import sys

__all__ = ["main"]

_C_EXTENSIONS = ("msgpack._cmsgpack", "websockets.speedups")
_PATTERNS = 100


async def main(port: int, realm: str) -> None:
    """Serve *realm* on *port* of 127.0.0.1 until SIGTERM."""
    from wampedge.client import Session
    from wampedge.router import RealmSettings, RoleRules, Router, RuleAuthorizer, Rules
    from wampedge.server import Server, random_ids
    from wampedge.transports.limits import TransportLimits

    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    limits = TransportLimits(max_connections=10_000, max_unjoined_connections=10_000)
    everything = Rules(["edge.", "com."])
    rules = RoleRules(
        call=everything, register=everything, subscribe=everything, publish=everything
    )
    settings = RealmSettings(realm, authorizer=RuleAuthorizer({"local": rules}))
    router = Router([settings], random_id=random_ids().__next__, monotonic_s=loop.time)
    server = Server(router, [f"ws://127.0.0.1:{port}/ws"], limits=limits)
    session = await Session.over(server.attach_local(), realm)
    for number in range(_PATTERNS):
        for match, name in (("prefix", f"edge.n{number}"), ("wildcard", f"edge..d{number}")):
            await session.register(name, lambda: None, options={"match": match})
            await session.subscribe(name, lambda: None, options={"match": match})
    await server.start()
    await over.wait()
    await server.stop()


if __name__ == "__main__":
    if "--pure" in sys.argv:
        for extension in _C_EXTENSIONS:
            sys.modules[extension] = None  # type: ignore[assignment] # how an import is made to fail
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
