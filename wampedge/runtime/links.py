"""All links of the node to routers upstream: what it offers and says goes on each of them.

Each is an ``Upstream`` of its own. One without a router, the *main* one, is there in any case and
knows what every further link has to say when it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from wampedge.config.model import UpstreamConfig
from wampedge.devices.contracts import Clock
from wampedge.runtime.upstream import MAIN_LINK, Upstream
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.client import CallDetails
    from wampedge.server import Server
    from wampedge.uplink import Uplink

__all__ = ["Links"]


class Links:
    """Owned by the node; used on its event loop.

    Args:
        status_topic: where the node says how it is.
        clock: the node's clock.
    """

    def __init__(self, status_topic: str, clock: Clock) -> None:
        self._main = Upstream(status_topic, clock)
        self._by_name: dict[str, Upstream] = {MAIN_LINK: self._main}
        self._observers: list[Callable[[], None]] = []
        self._main.on_change(self._on_change)

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call *observer* at each change of a link, from now on."""
        self._observers.append(observer)

    def follow(
        self,
        names: Iterable[str],
        links: Mapping[str, UpstreamConfig],
        make: Callable[[str, UpstreamConfig], Uplink],
    ) -> None:
        """Leave the links *names*, and link up anew where *links* of the device file have them.

        Args:
            names: what changed; other links go on untouched.
            links: what there is to be.
            make: makes a link, not started yet.
        """
        for name in names:
            link, config = self._by_name.get(name), links.get(name)
            if link is None:
                link = self._by_name[name] = self._main.twin()
                link.on_change(self._on_change)
            link.follow(config, None if config is None else make(name, config))
        for rank, name in enumerate(links):
            self._by_name[name].rank = rank

    @property
    def watched(self) -> Uplink | None:
        """The link whose loss outputs are told of: the main one, else the first there is."""
        found = (link.uplink for link in self._by_name.values())
        return next((uplink for uplink in found if uplink is not None), None)

    async def listens(self) -> None:
        """Wait until what clients of the local router publish is heard; links may be down."""
        await asyncio.gather(*(link.listens() for link in self._by_name.values()))

    async def pause(self, name: str) -> None:
        """Leave the router of a link until ``resume``, also over a reload; safe to repeat."""
        await self._by_name[name].pause()

    async def resume(self, name: str) -> None:
        """Link up again after ``pause``; does nothing else."""
        await self._by_name[name].resume()

    def pacing(self, server: Server) -> Callable[[CallDetails], Awaitable[None]]:
        """Return what waits until a caller has taken its results, here or beyond a link."""

        async def pace(details: CallDetails) -> None:
            if not await server.wait_writable(details.caller or 0):
                await asyncio.gather(*(link.wait_writable() for link in self._by_name.values()))

        return pace

    def offer(self, uris: Iterable[str]) -> None:
        """Offer exactly the local procedures *uris* on each link."""
        wanted = set(uris)
        for link in self._by_name.values():
            link.offer(wanted)

    def publish(self, topic: str, payload: Payload, *, is_state: bool) -> None:
        """Publish one event on each link."""
        for link in self._by_name.values():
            link.publish(topic, payload, is_state=is_state)

    def keep_states(self, base: str, topics: Iterable[str]) -> dict[str, Payload]:
        """Forget the states of *base* and below, but for *topics*; return what was forgotten."""
        kept = tuple(topics)
        gone: dict[str, Payload] = {}
        for link in self._by_name.values():
            gone |= link.keep_states(base, kept)
        return gone

    def describe(self) -> dict[str, Any] | None:
        """Return the state of the main link as plain values; of the first where it is not there."""
        return next(iter(self.links().values()), None)

    def links(self) -> dict[str, dict[str, Any]]:
        """Return the state of every link, by its name in the device file."""
        found = {name: link.describe() for name, link in self._by_name.items()}
        return {name: facts for name, facts in found.items() if facts is not None}

    def queues(self) -> dict[str, dict[str, Any]]:
        """Return what waits for every link, by its name in the device file."""
        found = {name: link.queue() for name, link in self._by_name.items()}
        return {name: queue for name, queue in found.items() if queue is not None}

    def boxes(self) -> list[Any]:
        """Return where events wait, for all links where they do."""
        return [box for link in self._by_name.values() if (box := link.box()) is not None]

    async def close(self) -> None:
        """Leave the routers upstream."""
        await asyncio.gather(*(link.close() for link in self._by_name.values()))

    def _on_change(self) -> None:
        for observer in self._observers:
            observer()
