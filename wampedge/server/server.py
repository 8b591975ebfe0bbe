"""The server: listeners and the peers they let in, around one router."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wampedge.router.router import Router
from wampedge.router.settings import Admission
from wampedge.server.alarm import Alarm
from wampedge.server.counters import ServerCounters
from wampedge.server.delivery import Delivery
from wampedge.server.listeners import Listener, Protection, check_listen_url, is_exposed
from wampedge.server.overflow import QueueFacts
from wampedge.server.peer import Peer, Surroundings
from wampedge.server.peer_log import PeerLog
from wampedge.server.statistics import transport_facts
from wampedge.transports.base import Transport
from wampedge.transports.cookies import CookieMint
from wampedge.transports.front import Front, PlainRequest
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.limits import TransportLimits
from wampedge.transports.memory import linked_pair
from wampedge.transports.stream import StreamTransport
from wampedge.transports.tls import ServerTls
from wampedge.transports.url import TransportUrl, parse_url
from wampedge.wamp.evidence import NO_EVIDENCE

if TYPE_CHECKING:
    from wampedge.server.web import Web

__all__ = ["Server"]

log = logging.getLogger(__name__)

# Turned-away connections that may linger to hear why; above this they are cut without a word.
_MAX_REFUSED = 8


class Server:
    """Lets clients reach a router, over listeners and in the process.

    Made and used in one event loop: ``start``, then ``stop`` once. Its ``attach_local`` works
    without ``start``, too.

    Args:
        router: routes the messages of all peers.
        listeners: where to listen; WebSocket and RawSocket are taken on each.
        limits: bounds.
        anonymous_role: role of peers of listeners that prove nothing; None turns them away.
        allowed_origins: web pages that may connect besides those this machine serves.
        compression: whether WebSocket clients that offer to compress messages may.
        web: folder whose files are served on each listener, if any.
        pages: further folders, by the path below which they are served, such as ``/board``.
        health: returns the state of the node for ``/healthz``; ``ready`` is well.
        protection: certificate and rules, without which other machines are kept out.

    Raises:
        ConfigError: a listener could be reached from another machine, and is not protected; or
            the certificate cannot be used.
    """

    _web: Web | None = None

    def __init__(  # noqa: PLR0913 - each is a fact of its own, and given by its name
        self,
        router: Router,
        listeners: Sequence[TransportUrl | str] = (),
        *,
        limits: TransportLimits | None = None,
        anonymous_role: str | None = "local",
        allowed_origins: Collection[str] = (),
        compression: bool = False,
        web: Path | None = None,
        pages: Mapping[str, Path] = MappingProxyType({}),
        health: Callable[[], str] = lambda: "ready",
        protection: Protection = Protection(),  # noqa: B008 - it is frozen
    ) -> None:
        self.counters = ServerCounters()
        self._router, self._protection, self._compression = router, protection, compression
        self._limits = limits or TransportLimits()
        self._admission, self._cookies = Admission(anonymous_role=anonymous_role), _mint_for(router)
        self._delivery = Delivery(router, self.counters)
        self._alarm = Alarm(router, self._delivery)
        self._log = PeerLog(log)
        self._surroundings = Surroundings(
            router=router,
            delivery=self._delivery,
            counters=self.counters,
            log=self._log,
            limits=self._limits,
        )
        urls = _checked(listeners, protection, anonymous_role)
        self._tls = ServerTls(protection.tls) if protection.tls is not None else None
        self._origins = OriginRule(allowed_origins, own_names={url.host for url in urls} - {""})
        self._begin_web = partial(_begin_web, web=web, pages=pages, health=health)
        self._listeners = [Listener(url, self._front_maker(url)) for url in urls]
        self._fronts: set[Front] = set()
        self._refused: set[Front] = set()
        self._network_peers: set[Peer] = set()
        self._unjoined_peers: set[Peer] = set()
        self._local_peers: set[Peer] = set()
        self._is_stopping, self._all_gone = False, asyncio.Event()
        router.report_transport(self._transport_facts)

    @property
    def addresses(self) -> tuple[TransportUrl, ...]:
        """Where the server listens, with the real ports once it has started."""
        return tuple(listener.url for listener in self._listeners)

    @property
    def exposed_addresses(self) -> tuple[TransportUrl, ...]:
        """Where other machines can reach the server without TLS or proof, at the user's risk."""
        role = self._admission.anonymous_role
        return tuple(
            url for url in self.addresses if is_exposed(url, self._protection, anonymous_role=role)
        )

    def renew_certificate(self) -> None:
        """Read the certificate again; connections made before keep the one they began with.

        Raises:
            ConfigError: it cannot be used; the old one stays.
        """
        if self._tls is not None:
            self._tls.renew()

    @property
    def connection_count(self) -> int:
        """How many connections are open, joined or not; local sessions do not count."""
        return len(self._fronts) + len(self._network_peers)

    def queues(self) -> tuple[QueueFacts, ...]:
        """Tell what waits for each session that joined over a listener, and what it has lost."""
        return tuple(
            peer.overflow.facts
            for peer in self._network_peers
            if peer.overflow is not None and peer.is_joined
        )

    async def start(self) -> None:
        """Open all listeners, or none.

        Raises:
            ConfigError: an address cannot be used.
        """
        try:
            for listener in self._listeners:
                await listener.open()
                log.debug("listening on %s", listener.url)
        except BaseException:
            for listener in self._listeners:
                await listener.close()
            raise

    async def stop(self) -> None:
        """Say goodbye to all peers and close everything; takes at most twice the close time-out."""
        self._is_stopping = True
        for listener in self._listeners:
            await listener.close()
        for front in [*self._fronts, *self._refused]:
            front.abort()
        if self._web is not None:
            self._web.abort()
        self._delivery.deliver(self._router.close_all())
        self._delivery.flush()
        patience_s = self._limits.close_timeout_s / 2
        await self._wait_all_gone(patience_s)
        for peer in self._peers():
            peer.transport.close(1001, "the router stops")
        await self._wait_all_gone(patience_s)
        for peer in self._peers():
            peer.transport.abort()
        await self._wait_all_gone(patience_s)
        self._alarm.stop()
        self._log.close()

    def recheck(self) -> None:
        """Take from sessions what they may have no more, after the rules have changed."""
        self._delivery.deliver(self._router.recheck())
        self._delivery.flush()

    def settle(self, realm: str, publication_id: int, *, is_safe: bool) -> None:
        """Tell who published an event, and waits for it, whether it is stored."""
        holding = self._router.holding(realm)
        self._delivery.deliver(holding.settle(publication_id, is_safe=is_safe))
        self._delivery.flush()

    async def wait_writable(self, session_id: int) -> bool:
        """Wait until a session has taken what it was sent, as far as it reads from a connection.

        Returns:
            Whether it is one that joined over a listener; any other has no need to be waited for.
        """
        for peer in self._network_peers:
            if peer.is_joined and peer.session.id == session_id:
                await peer.wait_writable()
                return True
        return False

    def attach_local(self, name: str = "local", role: str | None = None) -> Transport:
        """Make a connection in the process; its session needs no listener and no proof.

        Messages pass as objects: neither side changes the values of a message it has sent, or
        was given.

        Args:
            name: tells this connection from others in session details.
            role: what its session may do; None: it is trusted and may do everything.
        """
        admission = Admission(role or "trusted", name, is_trusted=role is None)
        router_end, client_end = linked_pair(name)
        peer = Peer(
            router_end,
            admission=admission,
            surroundings=self._surroundings,
            owner=self,
        )
        self._local_peers.add(peer)
        return client_end

    def admit(self, front: Front) -> str:
        """Count a new connection; returns why it is refused, or empty."""
        refusal = self._refusal()
        if not refusal:
            self._fronts.add(front)
            return ""
        self.counters.connections_refused += 1
        if len(self._refused) >= _MAX_REFUSED:
            front.abort()
        self._refused.add(front)
        return refusal

    def on_plain_request(self, front: Front, wire: asyncio.Transport, request: PlainRequest) -> str:
        """Take over the connection of *front*, which asks for something else than a WebSocket."""
        if self._web is None:
            self._web = self._begin_web(self, self._origins, limits=self._limits)
        refusal = self._web.take(front, wire, request)
        if not refusal:
            self._fronts.discard(front)
            self._refused.discard(front)
        return refusal

    def open_longpoll(self, front: Front, transport: StreamTransport) -> str:
        """Take over a long-poll session; returns why it is refused, or empty."""
        refusal = self._refusal()
        if refusal:
            self.counters.connections_refused += 1
        else:
            self.on_open(front, transport)
        return refusal

    def on_web_refusal(self, peer: str, text: str) -> None:
        """Hear that an HTTP request was refused, and why."""
        self._log.write(logging.WARNING, peer, text)

    def on_web_closed(self) -> None:
        """Hear that an HTTP connection is gone."""
        self._check_all_gone()

    def on_open(self, front: Front, transport: StreamTransport) -> None:
        """Take over the connection of *front*, whose handshake is done."""
        self._fronts.discard(front)
        self.counters.connections_accepted += 1
        peer = Peer(
            transport,
            admission=self._admission_of(transport),
            surroundings=self._surroundings,
            owner=self,
        )
        self._network_peers.add(peer)
        self._unjoined_peers.add(peer)

    def on_front_closed(self, front: Front, reason: str) -> None:
        """Hear that the connection ended before its handshake was done."""
        if front in self._fronts:
            self._fronts.discard(front)
            self.counters.handshakes_failed += 1 if reason else 0
        self._refused.discard(front)
        if reason and not self._is_stopping:
            self._log.write(logging.WARNING, front.peer, reason)
        self._check_all_gone()

    def on_joined(self, peer: Peer) -> None:
        """Hear that the session of *peer* was welcomed."""
        self._unjoined_peers.discard(peer)

    def on_gone(self, peer: Peer) -> None:
        """Hear that the connection of *peer* is gone."""
        self._network_peers.discard(peer)
        self._unjoined_peers.discard(peer)
        self._local_peers.discard(peer)
        self._check_all_gone()

    def _front_maker(self, url: TransportUrl) -> Callable[[], Front]:
        def make_front() -> Front:
            return Front(
                self,
                self._limits,
                origins=self._origins,
                tls=self._tls,
                demands_tls=url.is_tls,
                cookies=self._cookies,
                compression=self._compression,
            )

        return make_front

    def _admission_of(self, transport: StreamTransport) -> Admission:
        evidence = transport.evidence
        if evidence is NO_EVIDENCE:
            return self._admission
        return self._admission.but(evidence=evidence)

    def _refusal(self) -> str:
        if self._is_stopping:
            return "the router stops"
        limits = self._limits
        if self.connection_count >= limits.max_connections:
            return f"too many connections (at most {limits.max_connections} are served)"
        unjoined = len(self._fronts) + len(self._unjoined_peers)
        if unjoined >= limits.max_unjoined_connections:
            return (
                f"too many connections are being opened (at most"
                f" {limits.max_unjoined_connections} at once; try again)"
            )
        return ""

    def _transport_facts(self) -> dict[str, Any]:
        return transport_facts(
            self.counters, connections=self.connection_count, queues=self.queues()
        )

    def _peers(self) -> list[Peer]:
        return [*self._network_peers, *self._local_peers]

    def _check_all_gone(self) -> None:
        pages = self._web.connection_count if self._web is not None else 0
        fronts = self._fronts or self._refused or pages
        if self._is_stopping and not (self._peers() or fronts):
            self._all_gone.set()

    async def _wait_all_gone(self, timeout_s: float) -> None:
        self._check_all_gone()
        try:
            async with asyncio.timeout(timeout_s):
                await self._all_gone.wait()
        except TimeoutError:
            return


def _mint_for(router: Router) -> CookieMint | None:
    """Return what makes the cookies that *router* remembers; None where it remembers none."""
    cookies = router.cookies
    if not cookies.is_on:
        return None
    return CookieMint(cookies.keep_s, os.urandom, is_known=cookies.is_known)


def _begin_web(
    server: Server,
    origins: OriginRule,
    *,
    limits: TransportLimits,
    web: Path | None,
    pages: Mapping[str, Path],
    health: Callable[[], str],
) -> Web:
    """Return the HTTP side of *server*, made for its first request: many never have one."""
    from wampedge.server.web import Web  # noqa: PLC0415 # takes half a megabyte with all it needs

    return Web(server, origins, limits, web=web, pages=pages, health=health)


def _checked(
    listeners: Sequence[TransportUrl | str], protection: Protection, anonymous_role: str | None
) -> list[TransportUrl]:
    """Return the addresses to listen on; raises ConfigError for one that is not to be used."""
    urls = [parse_url(url) if isinstance(url, str) else url for url in listeners]
    for url in urls:
        check_listen_url(url, protection, anonymous_role=anonymous_role)
    return urls
