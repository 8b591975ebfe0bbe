"""The router upstream of a simulated node: in the same process, at a Unix socket of its own."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from wampedge.config.model import SiteConfig, UpstreamAuth
from wampedge.router import RealmSettings, Router
from wampedge.server import Server

__all__ = ["SimulatedUpstream"]

_FIRST_ID = 2**53 - 1_000_000
"""Ids of its sessions, far from those of the node's own router."""


class SimulatedUpstream:
    """Lets everybody in, and can be taken away and brought back.

    Args:
        folder: where its socket is.
        realm: what the node joins.
    """

    def __init__(self, folder: Path, realm: str) -> None:
        self._url = f"unix:{folder}/upstream.sock"
        self._realm = realm
        self._ids = itertools.count(_FIRST_ID)
        self._server: Server | None = None

    def joined_by(self, config: SiteConfig) -> SiteConfig:
        """Return *config* with this router in the place of the one it names."""
        upstream = config.upstream
        if upstream is None:
            return config
        here = {"url": self._url, "realm": self._realm, "auth": UpstreamAuth(), "tls": None}
        return config.but(upstream=upstream.but(**here))

    async def start(self) -> None:
        """Listen; does nothing when it does."""
        if self._server is not None:
            return
        router = Router(
            [RealmSettings(self._realm)],
            random_id=self._ids.__next__,
            monotonic_s=asyncio.get_running_loop().time,
        )
        self._server = Server(router, [self._url])
        await self._server.start()

    async def stop(self) -> None:
        """Be gone; does nothing when it is."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()
