"""The node: everything of one device file, composed; started and stopped in the right order.

Start: substrate, buses and header, router (not listening yet), local session with all procedures,
outputs, listeners, uplink, sensors. Stop: every output takes its safe state before anything else,
because nothing else matters as much; then the devices let go, then the links, then the buses.
Each step of the stop is bounded in time, and none keeps the next from its turn.

States, published on ``P.status``: ``starting`` → ``ready`` → ``stopping``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from wampedge import __version__
from wampedge.client import Registration, Session, Subscription
from wampedge.config.model import RouterConfig, SiteConfig, UpstreamConfig
from wampedge.devices.contracts import Clock, Substrate
from wampedge.devices.seams import seams_of
from wampedge.errors import ConfigError, SessionError, WampedgeError
from wampedge.router import Router
from wampedge.runtime.access import anonymous_role, protection, realm_settings, replace_rules
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.changes import SiteChanges, compare
from wampedge.runtime.ground import rewired
from wampedge.runtime.keeping import Keeping
from wampedge.runtime.link_reports import LinkReports
from wampedge.runtime.links import Links
from wampedge.runtime.mounting import Equipment
from wampedge.runtime.node_procedures import for_upstream, node_procedures
from wampedge.runtime.outboxes import Outboxes
from wampedge.runtime.outputs.watching import watch_link, watch_sessions
from wampedge.runtime.presence import Presence
from wampedge.runtime.procedures import Procedures
from wampedge.runtime.publications import Publications
from wampedge.runtime.safekeeping import introduce
from wampedge.runtime.site import Site
from wampedge.runtime.stopping import stop_step
from wampedge.runtime.upstream import Dial, dial, make_uplink
from wampedge.server import Server, random_ids
from wampedge.store.store import Store
from wampedge.transports.limits import TransportLimits

if TYPE_CHECKING:
    from wampedge.runtime.config_procedures import DeviceFile
    from wampedge.runtime.logic import Logic
    from wampedge.uplink import Uplink

__all__ = ["Node", "NodeState"]

log = logging.getLogger(__name__)
NodeState = Literal["starting", "ready", "stopping"]

RELOAD_PATIENCE_S = 0.5
"""How long a stop waits for a reload under way to end by itself, and again once it is cancelled."""

_DISCLOSED = {"disclose_caller": True}


class Node:
    """One running device file; used on one event loop, from ``start`` to ``stop``.

    Args:
        config: the checked device file.
        substrate: what lies beneath gpiozero, smbus2 and pyserial.
        clock: the node's clock.
        presence: the folder of this node, claimed already; None: it has no socket of its own.
        store: what outlives the node, not opened yet; None: all is in memory.
        is_inline: run bus workers on the event loop (virtual time needs it).
        patience: how many seconds of the clock pass in one of those who connect.
    """

    def __init__(
        self,
        config: SiteConfig,
        substrate: Substrate,
        *,
        clock: Clock,
        presence: Presence | None = None,
        store: Store | None = None,
        is_inline: bool = False,
        patience: float = 1.0,
    ) -> None:
        self.config = config
        self.state: NodeState = "starting"
        self.substrate = substrate
        self._clock, self._presence = clock, presence
        self.store = store or Store(is_inline=is_inline)
        self._keeping = Keeping(config, self.store, clock)
        self._realm = realm_settings(config.router, self._keeping.log, self._keeping.marks)
        self.server = self._make_server(config.router, patience)
        self._equipment = Equipment(substrate, clock, kept=self.store.kept, is_inline=is_inline)
        self._equipment.last_of = self._keeping.last_of
        prefix = config.node.uri_prefix
        self._upstream = Links(f"{prefix}.status", clock)
        self._said = Publications(self._upstream, clock)
        self.clock_state = self._said.clock_state
        self.outboxes = Outboxes(self.store, config, clock, self.clock_state)
        self.reports = LinkReports(prefix, self._upstream, self.store, self._said, clock)
        self._announcer = Announcer(prefix, self._said.publish)
        self.site = Site(self._equipment, self._announcer, self._offer, self._withdraw)
        self.site.commands.is_synced = lambda: self.clock_state.is_synced
        self._session: Session | None = None
        self._leavers: Subscription | None = None
        self.logic: Logic | None = None
        self.at_stop: list[Callable[[], None]] = []
        self.file: DeviceFile | None = None  # set before the start, by who knows it
        self.dial: Dial = dial  # set before the start, where the upstream router is in the process
        self._registration_by_uri: dict[str, Registration] = {}
        self._turn = asyncio.Lock()
        self._work: asyncio.Task[Any] | None = None
        self._stopped: asyncio.Future[None] | None = None

    def _make_server(self, config: RouterConfig, patience: float) -> Server:
        router = self._router = Router(
            [self._realm],
            random_id=random_ids().__next__,
            time_s=self._clock.time,
            monotonic_s=self._clock.monotonic,
            cookies_keep_s=config.cookie_lifetime or 0.0,
        )
        return Server(
            router,
            self._listen_urls(),
            anonymous_role=anonymous_role(config),
            limits=TransportLimits().serving(config.connections).stretched(patience),
            allowed_origins=config.origins,
            compression=config.compression,
            web=config.web,
            pages=config.pages,
            health=lambda: self.state,
            protection=protection(config),
        )

    def link(self) -> Mapping[str, Any] | None:
        """The state of the link upstream, or None where there is none."""
        return self._upstream.describe()

    def offered(self) -> list[str]:
        """The procedures that are offered upstream while there is a link."""
        return for_upstream(self._registration_by_uri)

    @property
    def urls(self) -> list[str]:
        """The addresses the router listens on, ports filled in."""
        return [str(url) for url in self.server.addresses]

    @property
    def exposed_urls(self) -> list[str]:
        """Those of ``urls`` where other machines need no TLS, or no proof."""
        return [str(url) for url in self.server.exposed_addresses]

    async def start(self) -> None:
        """Bring everything up; returns when every device was tried once.

        Outputs come first; then the router listens, so that calls are served while sensors are
        sampled for the first time.

        Raises:
            HardwareError: a bus or the header cannot be opened; nothing was driven.
            ConfigError: the router cannot listen where the file says.
            WampedgeError: the node was stopped meanwhile.
        """
        try:
            self.substrate.start()
            await self._do(self._start())
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Put outputs into their safe state and let go of everything; raises nothing.

        A start or reload under way ends with an error. Who stops the node a second time waits for
        the end of the first.
        """
        if self._stopped is not None:
            await asyncio.shield(self._stopped)
            return
        self._stopped = asyncio.get_running_loop().create_future()
        try:
            await self._stop()
        finally:
            self._stopped.set_result(None)

    async def reload(self, new: SiteConfig) -> SiteChanges:
        """Go over to *new*: replace what changed, leave all else alone; return what changed.

        Raises:
            ConfigError: a table changed that only a restart can change, or the certificate cannot
                be used; nothing was touched.
            HardwareError: a new bus cannot be opened; nothing was touched.
            WampedgeError: the node does not run.
        """
        async with self._turn:
            changes: SiteChanges = await self._do(self._reload(new))
            return changes

    async def wait_broken(self) -> None:
        """Wait until the node cannot do its work any more, which only a bug can bring about."""
        assert self._session is not None, "the node was started"
        await self._session.wait_closed()
        log.error("the node lost its own session: %s", self._session.error or "closed")

    def announce_file(self, outcome: Literal["applied", "refused"], text: str) -> None:
        """Publish on ``P.sys.config`` what became of a device file that was read again."""
        details = {"time": self._clock.time(), "text": text}
        topic = f"{self.config.node.uri_prefix}.sys.config"
        self._said.publish(topic, outcome, details, is_state=False)

    async def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Start or reload as a task of its own, so that ``stop`` can end it."""
        if self._stopped is not None:
            work.close()
            raise SessionError("the node is stopped")
        task = self._work = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            if self._stopped is None:
                task.cancel()  # it was the one who waits that was cancelled
                await asyncio.wait({task})
                raise
            raise SessionError("the node was stopped meanwhile") from None
        finally:
            self._work = None

    async def _start(self) -> None:
        config = self.config
        pace = self._upstream.pacing(self.server)
        self._keeping.open(self._router, self._announcer, self._said.clock_state, pace)
        if (seams := seams_of(self.substrate)) is not None:
            seams.begin(self.store.kept.all())
            self.at_stop.append(seams.stopping)
        self._equipment.open(config)
        self._session = await Session.over(self.server.attach_local(), config.router.realm)
        self._said.session = self._session
        self.site.outputs.own_session = self._session.session_id
        self._enter("starting")
        await self._offer(node_procedures(self))
        await self.site.add(config, config.devices)
        await self.site.bring_up_outputs(config.devices)
        self._keeping.announce(self.site, self._announcer)
        self._leavers = await watch_sessions(self.site.outputs, self._session)
        await self._follow_logic(config)
        self._upstream.offer(self.offered())
        self._follow_upstream(config.links)
        await self._upstream.listens()  # before any client can publish what has to be stored
        await self.server.start()
        if self._presence is not None:
            self._presence.announce(self._facts())
        self.reports.begin()
        await self.site.bring_up_others(config.devices)
        self._enter("ready")

    async def _stop(self) -> None:
        if self._work is not None:
            if self.state == "ready":  # a reload: it leaves outputs in order when it can end
                await asyncio.wait({self._work}, timeout=RELOAD_PATIENCE_S)
            if self._work is not None:
                self._work.cancel()
                await asyncio.wait({self._work}, timeout=RELOAD_PATIENCE_S)
        self._enter("stopping")
        for close in self.at_stop:
            close()
        if self.logic is not None:
            self.logic.close()
        await stop_step("devices", self.site.stop, limit_s=None)
        await stop_step("upstream", self._upstream.close)
        await stop_step("buses", self._equipment.close)
        self.outboxes.finish()
        await stop_step("store", self._keeping.close)
        if self._session is not None:
            await stop_step("session", self._session.leave)
        await stop_step("router", self.server.stop)
        if self._presence is not None:
            with contextlib.suppress(OSError):
                self._presence.withdraw()
        self.substrate.stop()

    async def _reload(self, new: SiteConfig) -> SiteChanges:
        changes = compare(self.config, new)
        if changes.needs_restart:
            tables = " and ".join(f"[{table}]" for table in changes.needs_restart)
            raise ConfigError(f"{tables} changed: restart the node to use the new file")
        self.server.renew_certificate()
        if changes.rules_changed:
            replace_rules(self._realm, new.router)
            self.server.recheck()
        await self._keeping.follow(new, self._announcer)
        old, before, self.config = self.config, dict(self.site.devices), new
        try:
            with rewired(self.substrate, new):
                await self.site.change(new, changes)
            await self._follow_logic(new)
            if self.logic is not None:
                self.logic.replaced(set(changes.starting))
        except BaseException:
            running = self.site.devices
            devices = {name: runner.config for name, runner in running.items()}
            self.config = old if running == before else new.but(devices=devices)
            if changes.rules_changed:
                replace_rules(self._realm, self.config.router)
                self.server.recheck()
            raise
        finally:
            self._upstream.offer(self.offered())
        self._said.follow(new, changes.removed + changes.changed)
        if self._leavers is None and self._session is not None:
            self._leavers = await watch_sessions(self.site.outputs, self._session)
        if changes.links_changed:
            await self.outboxes.follow(new)
            self._follow_upstream(changes.links_changed)
        return changes

    def _follow_upstream(self, names: Iterable[str]) -> None:
        """Link up with the routers of the device file, as far as *names* go."""
        self._upstream.follow(names, self.config.links, self._linked)
        watch_link(self.site.outputs, self._upstream.watched)

    def _linked(self, name: str, config: UpstreamConfig) -> Uplink:
        assert self._session is not None, "links start after the local session"
        sending = self.outboxes.sending(name, config)
        uplink = make_uplink(config, self._session, self._clock, self.dial, sending=sending)
        introduce(uplink, self.server, self._router, self._realm.name, self._session)
        return uplink

    async def _follow_logic(self, config: SiteConfig) -> None:
        """Compute and decide what *config* says; nothing is imported for a file without it."""
        if self.logic is None:
            if not (config.derived or config.rules):
                return
            from wampedge.runtime.logic import Logic  # noqa: PLC0415 # only files that need it

            self.logic = Logic(self.site, self._announcer, self._said, self._clock)
        before = self.logic.procedures()
        self.logic.configure(config)
        after = self.logic.procedures()
        await self._withdraw(before.keys() - after.keys())
        await self._offer({uri: after[uri] for uri in after.keys() - before.keys()})

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
        """Register *procedures* on the local router; raises the first refusal."""
        session = self._session
        assert session is not None, "procedures are offered while the node runs"
        if (seams := seams_of(self.substrate)) is not None:
            procedures = seams.offered(procedures, self.config.node.uri_prefix)
        answers = await asyncio.gather(
            *(
                session.register(uri, endpoint, options=_DISCLOSED, wants_details=True)
                if hasattr(endpoint, "wants_caller")
                else session.register(uri, endpoint)
                for uri, endpoint in procedures.items()
            ),
            return_exceptions=True,
        )
        for uri, answer in zip(procedures, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            self._registration_by_uri[uri] = answer

    async def _withdraw(self, uris: Iterable[str]) -> None:
        """Take procedures back from the local router."""
        registrations = [self._registration_by_uri.pop(uri, None) for uri in uris]
        answers = await asyncio.gather(
            *(each.unregister() for each in registrations if each is not None),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, WampedgeError):
                log.warning("a procedure could not be taken back: %s", answer)

    def _enter(self, state: NodeState) -> None:
        self.state, topic = state, f"{self.config.node.uri_prefix}.status"
        self._said.publish(topic, state, {"time": self._clock.time()}, is_state=True)

    def _facts(self) -> dict[str, Any]:
        return {
            "name": self.config.node.name,
            "realm": self.config.router.realm,
            "uri_prefix": self.config.node.uri_prefix,
            "pid": os.getpid(),
            "version": __version__,
            "urls": self.urls,
        }
