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
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.server import Server
    from wampedge.transports.limits import TransportLimits

__all__ = ["bare_server", "main", "without_extensions"]

_C_EXTENSIONS = ("msgpack._cmsgpack", "websockets.speedups")
_PATTERNS = 100


async def bare_server(port: int, realm: str) -> tuple[Server, TransportLimits]:
    """Return a server of *realm* for *port* of 127.0.0.1, not started, and its limits."""
    from wampedge.client import Session
    from wampedge.router import RealmSettings, RoleRules, Router, RuleAuthorizer, Rules
    from wampedge.server import Server, random_ids
    from wampedge.transports.limits import TransportLimits

    limits = TransportLimits(max_connections=10_000, max_unjoined_connections=10_000)
    everything = Rules(["edge.", "com."])
    rules = RoleRules(
        call=everything, register=everything, subscribe=everything, publish=everything
    )
    settings = RealmSettings(realm, authorizer=RuleAuthorizer({"local": rules}))
    monotonic_s = asyncio.get_running_loop().time
    router = Router([settings], random_id=random_ids().__next__, monotonic_s=monotonic_s)
    server = Server(router, [f"ws://127.0.0.1:{port}/ws"], limits=limits)
    session = await Session.over(server.attach_local(), realm)
    for number in range(_PATTERNS):
        for match, name in (("prefix", f"edge.n{number}"), ("wildcard", f"edge..d{number}")):
            await session.register(name, lambda: None, options={"match": match})
            await session.subscribe(name, lambda: None, options={"match": match})
    return server, limits


def without_extensions(modules: MutableMapping[str, Any]) -> None:
    """Make imports of the C extensions fail in *modules*, as where there are none."""
    for extension in _C_EXTENSIONS:
        modules[extension] = None


async def main(port: int, realm: str) -> None:
    """Serve *realm* on *port* of 127.0.0.1 until SIGTERM."""
    from wampedge.runtime.garbage import settle

    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    server, _limits = await bare_server(port, realm)
    await server.start()
    settle()
    await over.wait()
    await server.stop()


if __name__ == "__main__":
    if "--pure" in sys.argv:
        without_extensions(sys.modules)
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
