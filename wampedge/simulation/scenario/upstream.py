"""The routers upstream of a simulated node: in the same process, at Unix sockets of their own."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from wampedge.config.model import SiteConfig, UpstreamAuth, UpstreamConfig
from wampedge.errors import ConnectError
from wampedge.router import RealmSettings, Router
from wampedge.runtime.upstream import MAIN_LINK, dial
from wampedge.server import Server
from wampedge.transports.base import Transport

__all__ = ["SimulatedUpstreams"]

_FIRST_ID = 2**53 - 1_000_000
"""Ids of their sessions, far from those of the node's own router."""


class SimulatedUpstreams:
    """One router for each link of a device file; nothing of a simulation goes to a real one.

    Args:
        folder: where their sockets are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids = itertools.count(_FIRST_ID)
        self._router_by_link: dict[str, _SimulatedUpstream] = {}
        self._real_by_url: dict[str, str] = {}

    async def join(self, config: SiteConfig) -> SiteConfig:
        """Return *config* with these routers in the place of those it names.

        One that was not there before is started; others stay up or away, as they are.
        """
        joined: dict[str, UpstreamConfig] = {}
        for name, link in config.links.items():
            router = self._router_by_link.get(name)
            if router is None:
                file = f"up{len(self._router_by_link)}.sock"
                router = _SimulatedUpstream(f"unix:{self._folder}/{file}", link.realm, self._ids)
                self._router_by_link[name] = router
                self._real_by_url[f"unix:{file}"] = router.url
                await router.start()
            joined[name] = router.joined_by(link)
        return config.but(upstream=joined.pop(MAIN_LINK, None), upstreams=joined)

    async def dial(self, config: UpstreamConfig) -> Transport:
        """Connect to one of these routers; raises ConnectError.

        The folder has another name in each run, which nothing that is told of a link may have.
        """
        try:
            return await dial(config.but(url=self._real_by_url[config.url]))
        except ConnectError as error:
            raise ConnectError(str(error).replace(f"{self._folder}/", "")) from error

    async def start(self, link: str | None = None) -> None:
        """Bring the router of *link* back, or all of them; does nothing where it is there."""
        for router in self._routers(link):
            await router.start()

    async def stop(self, link: str | None = None) -> None:
        """Take the router of *link* away, or all of them; does nothing where it is gone."""
        for router in self._routers(link):
            await router.stop()

    def _routers(self, link: str | None) -> list[_SimulatedUpstream]:
        named = self._router_by_link.items()
        return [router for name, router in named if link in (None, name)]


class _SimulatedUpstream:
    """Lets everybody in, and can be taken away and brought back.

    Args:
        url: where it listens.
        realm: what the node joins.
        ids: gives ids that no other router has.
    """

    def __init__(self, url: str, realm: str, ids: itertools.count[int]) -> None:
        self.url = url
        self._realm, self._ids = realm, ids
        self._server: Server | None = None

    def joined_by(self, link: UpstreamConfig) -> UpstreamConfig:
        """Return *link* with this router in the place of the one it names."""
        told = f"unix:{self.url.rpartition('/')[2]}"
        return link.but(url=told, fallbacks=(), realm=self._realm, auth=UpstreamAuth(), tls=None)

    async def start(self) -> None:
        if self._server is not None:
            return
        router = Router(
            [RealmSettings(self._realm)],
            random_id=self._ids.__next__,
            monotonic_s=asyncio.get_running_loop().time,
        )
        self._server = Server(router, [self.url])
        await self._server.start()

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()
