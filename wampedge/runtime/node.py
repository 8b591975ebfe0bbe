"""The node: everything of one device file, composed; started and stopped in the right order.

Start: substrate, buses and header, router (not listening yet), local session with all procedures,
outputs and sensors, listeners, uplink. Stop is the other way round: first nobody new comes in, then
every output takes its safe state, then buses close.

States, published on ``P.status``: ``starting`` → ``ready`` → ``stopping``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from wampedge import __version__
from wampedge.client import Registration, Session
from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Clock, Substrate
from wampedge.errors import ConfigError
from wampedge.router import RealmSettings, Router
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.changes import SiteChanges, compare
from wampedge.runtime.mounting import Equipment
from wampedge.runtime.node_procedures import node_procedures
from wampedge.runtime.presence import Presence
from wampedge.runtime.procedures import Procedures
from wampedge.runtime.site import Site
from wampedge.runtime.upstream import describe_link, make_uplink
from wampedge.server import Server
from wampedge.uplink import Uplink
from wampedge.wamp.ids import random_id
from wampedge.wamp.payload import Payload

__all__ = ["Node", "NodeState"]

log = logging.getLogger(__name__)

NodeState = Literal["starting", "ready", "stopping"]


class Node:
    """One running device file; used on one event loop, from ``start`` to ``stop``.

    Args:
        config: the checked device file.
        substrate: what lies beneath gpiozero, smbus2 and pyserial.
        clock: the node's clock.
        presence: the folder with socket and facts of this node, already claimed; None: no socket
            of its own (tests, fleets).
        is_inline: run bus workers on the event loop (virtual time needs it).
    """

    def __init__(
        self,
        config: SiteConfig,
        substrate: Substrate,
        *,
        clock: Clock,
        presence: Presence | None = None,
        is_inline: bool = False,
    ) -> None:
        self.config = config
        self.state: NodeState = "starting"
        self.substrate = substrate
        self._clock = clock
        self._presence = presence
        router = Router([RealmSettings(config.router.realm)], random_id=_random_id)
        self.server = Server(router, self._listen_urls())
        self._equipment = Equipment(substrate, clock, is_inline=is_inline)
        self._announcer = Announcer(config.node.uri_prefix, self._publish)
        self.site = Site(self._equipment, self._announcer, self._offer, self._withdraw)
        self._session: Session | None = None
        self._uplink: Uplink | None = None
        self._registration_by_uri: dict[str, Registration] = {}
        self._endpoints: Procedures = {}
        self._state_by_topic: dict[str, Payload] = {}
        self._reload_lock = asyncio.Lock()

    def link(self) -> Mapping[str, Any] | None:
        """The state of the link upstream, or None where there is none."""
        if self._uplink is None or self.config.upstream is None:
            return None
        return describe_link(self._uplink, self.config.upstream)

    @property
    def urls(self) -> list[str]:
        """The addresses the router listens on, ports filled in."""
        return [str(url) for url in self.server.addresses]

    async def start(self) -> None:
        """Bring everything up; returns when every device was tried once and the router listens.

        Raises:
            HardwareError: a bus or the header cannot be opened; nothing was driven.
            ConfigError: the router cannot listen where the file says.
        """
        self.substrate.start()
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Put outputs into their safe state and let go of everything; may be called twice."""
        if self.state == "stopping":
            return
        self._enter("stopping")
        if self._uplink is not None:
            await self._uplink.stop()
        await self.site.stop()
        await self._equipment.close()
        if self._session is not None:
            await self._session.leave()
        await self.server.stop()
        if self._presence is not None:
            self._presence.withdraw()
        self.substrate.stop()

    async def reload(self, new: SiteConfig) -> SiteChanges:
        """Go over to *new*: replace what changed, leave all else alone; return what changed.

        Raises:
            ConfigError: a table changed that only a restart can change; nothing was touched.
            HardwareError: a new bus cannot be opened.
        """
        async with self._reload_lock:
            changes = compare(self.config, new)
            if changes.needs_restart:
                tables = " and ".join(f"[{table}]" for table in changes.needs_restart)
                raise ConfigError(f"{tables} changed: restart the node to use the new file")
            old, self.config = self.config, new
            try:
                await self.site.change(new, changes)
            except BaseException:
                self.config = new.but(devices=self._devices_that_run(old, new))
                raise
            self._forget_states(changes.removed)
            if changes.upstream_changed:
                await self._restart_uplink()
            return changes

    def announce_file(self, outcome: Literal["applied", "refused"], text: str) -> None:
        """Publish on ``P.sys.config`` what became of a device file that was read again."""
        details = {"time": self._clock.time(), "text": text}
        topic = f"{self.config.node.uri_prefix}.sys.config"
        self._publish(topic, outcome, details, is_state=False)

    async def _start(self) -> None:
        config = self.config
        self._equipment.open(config)
        self._session = await Session.over(self.server.attach_local(), config.router.realm)
        self._enter("starting")
        await self._offer(node_procedures(self))
        await self.site.add(config, config.devices)
        await self.site.bring_up(config.devices)
        await self.server.start()
        if self._presence is not None:
            self._presence.announce(self._facts())
        await self._restart_uplink()
        self._enter("ready")

    async def _restart_uplink(self) -> None:
        if self._uplink is not None:
            await self._uplink.stop()
            self._uplink = None
        if self.config.upstream is None:
            return
        assert self._session is not None, "the uplink starts after the local session"
        self._uplink = make_uplink(self.config.upstream, self._session, self._clock)
        for uri in self._endpoints:
            self._uplink.offer(uri)
        for topic, payload in self._state_by_topic.items():
            self._uplink.publish(topic, payload, is_state=True)
        self._uplink.start()

    def _listen_urls(self) -> list[str]:
        """Return where to listen, with the path of the default socket filled in."""
        urls = []
        for url in self.config.router.listen:
            if url != "unix:":
                urls.append(url)
            elif self._presence is not None:
                urls.append(f"unix:{self._presence.socket_path}")
        return urls

    async def _offer(self, procedures: Procedures) -> None:
        """Register *procedures* locally, and offer them upstream where there is one."""
        session = self._session
        assert session is not None, "procedures are offered while the node runs"
        registrations = await asyncio.gather(
            *(session.register(uri, endpoint) for uri, endpoint in procedures.items())
        )
        self._registration_by_uri.update(zip(procedures, registrations, strict=True))
        self._endpoints.update(procedures)
        if self._uplink is not None:
            for uri in procedures:
                self._uplink.offer(uri)

    async def _withdraw(self, uris: Iterable[str]) -> None:
        """Take procedures back, locally and upstream."""
        gone = list(uris)
        for uri in gone:
            if self._uplink is not None:
                await self._uplink.withdraw(uri)
            self._endpoints.pop(uri, None)
            registration = self._registration_by_uri.pop(uri, None)
            if registration is not None:
                await registration.unregister()

    def _publish(
        self, topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool
    ) -> None:
        """Publish one event on the local router, and upstream where there is one."""
        if self._session is None or not self._session.is_joined:
            return
        payload = Payload((value,), details)
        if is_state:
            self._state_by_topic[topic] = payload
        self._session.publish_payload(topic, payload)
        if self._uplink is not None:
            self._uplink.publish(topic, payload, is_state=is_state)

    def _enter(self, state: NodeState) -> None:
        self.state = state
        topic = f"{self.config.node.uri_prefix}.status"
        self._publish(topic, state, {"time": self._clock.time()}, is_state=True)

    def _facts(self) -> dict[str, Any]:
        return {
            "name": self.config.node.name,
            "realm": self.config.router.realm,
            "uri_prefix": self.config.node.uri_prefix,
            "pid": os.getpid(),
            "version": __version__,
            "urls": self.urls,
        }

    def _forget_states(self, devices: Iterable[str]) -> None:
        """Keep no value of devices that are gone: nobody should hear of them after a reconnect."""
        starts = tuple(f"{self.config.node.uri_prefix}.{name}." for name in devices)
        for topic in [topic for topic in self._state_by_topic if topic.startswith(starts)]:
            del self._state_by_topic[topic]
            if self._uplink is not None:
                self._uplink.forget(topic)

    def _devices_that_run(self, old: SiteConfig, new: SiteConfig) -> dict[str, Any]:
        """Return the devices that are up after a reload that failed half-way."""
        known = {**old.devices, **new.devices}
        return {name: known[name] for name in self.site.devices}


def _random_id() -> int:
    return random_id(secrets.randbits)
