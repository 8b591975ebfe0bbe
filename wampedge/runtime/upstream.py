"""What the node offers and says upstream, on one link of the device file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from wampedge.client import Backoff, Connection, ConnectionState, Session
from wampedge.config.kinds import RESERVED_NAMES
from wampedge.config.model import Forwarding, UpstreamConfig
from wampedge.devices.contracts import Clock
from wampedge.runtime.link_facts import link_facts, queue_of
from wampedge.runtime.logins import identity_of
from wampedge.transports.base import Transport
from wampedge.transports.connect import connect
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.uplink import Uplink
    from wampedge.uplink.calling import DownCalls
    from wampedge.uplink.forwarding import Forwarder
    from wampedge.uplink.presence import Presence
    from wampedge.uplink.sending import Sending

__all__ = ["MAIN_LINK", "Dial", "Upstream", "dial", "make_uplink"]

log = logging.getLogger(__name__)

Dial = Callable[[UpstreamConfig], Awaitable[Transport]]
"""Opens a connection to the upstream router; raises ConfigError and ConnectError."""

MAIN_LINK = "upstream"
"""What the link of ``[upstream]`` is called."""
LEAVE_LIMIT_S = 1.0
"""How long an upstream router may take to say goodbye; a half-open one never does."""


class _Shared:
    """What the links of a node have together, from the first on that has rules."""

    def __init__(self) -> None:
        self._calls: DownCalls | None = None

    def calls(self) -> DownCalls:
        """Return what is called upstream."""
        if self._calls is None:
            from wampedge.uplink.calling import DownCalls  # noqa: PLC0415 # few files need it

            self._calls = DownCalls()
        return self._calls


class Upstream:
    """Procedures and states of the node, mirrored on the present link; owned by the node.

    Nothing here waits for the upstream router but ``close``, and that within ``LEAVE_LIMIT_S``.

    Args:
        status_topic: where the node says how it is.
        clock: the node's clock.
        shared: of the links of the node; None for the first.
    """

    def __init__(self, status_topic: str, clock: Clock, shared: _Shared | None = None) -> None:
        self._status_topic, self._clock = status_topic, clock
        self._shared = shared or _Shared()
        self._rank = 0
        self._started = clock.time()
        self._presence: Presence | None = None
        self._is_closing = self._is_paused = False
        self._switching = asyncio.Lock()
        self._config: UpstreamConfig | None = None
        self._uplink: Uplink | None = None
        self._offered: set[str] = set()
        self._state_by_topic: dict[str, Payload] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self._passes: Callable[[str], bool] = _always
        self._forwarder: Forwarder | None = None
        self._forwarding: asyncio.Task[None] | None = None
        self._observers: list[Callable[[], None]] = []

    @property
    def uplink(self) -> Uplink | None:
        """The present link; None where there is none."""
        return self._uplink

    @property
    def rank(self) -> int:
        """Place among the links of the device file; the first is asked first."""
        return self._rank

    @rank.setter
    def rank(self, rank: int) -> None:
        self._rank = rank
        if self._forwarder is not None:
            self._forwarder.rank = rank

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call *observer* at each change of a link, from now on."""
        self._observers.append(observer)

    def follow(self, config: UpstreamConfig | None, uplink: Uplink | None) -> None:
        """Mirror on *uplink*, not started yet, from now on; the link before is left."""
        before, self._uplink, self._config = self._uplink, uplink, config
        forwarder, self._forwarder, self._passes = self._forwarder, None, _always
        presence, self._presence = self._presence, None
        if forwarder is not None:
            forwarder.release_publishers()
        if before is not None:
            self._say_farewell(before, forwarder, presence)
        if uplink is None or config is None:
            self._on_change()
            return
        uplink.connection.on_status(lambda _: self._on_change())
        if config.forward is not None:
            self._forward(uplink, config.forward)
        for uri in filter(self._passes, self._offered):
            uplink.offer(uri)
        if self._passes(self._status_topic):
            self._presence = self._present(uplink)
        for topic, payload in self._state_by_topic.items():
            self._tell(topic, payload, is_state=True)
        if self._is_paused:
            self._on_change()
        else:
            uplink.start()

    async def pause(self) -> None:
        """Leave the upstream router until ``resume``, also over a reload; safe to repeat."""
        self._is_paused = True
        async with self._switching:
            uplink, presence = self._uplink, self._presence
            if uplink is None or not self._is_paused:
                return
            if presence is not None:
                await presence.say_last("unlinked", within_s=LEAVE_LIMIT_S / 2)
            await uplink.connection.pause()

    async def resume(self) -> None:
        """Link up again after ``pause``; does nothing else."""
        self._is_paused = False
        async with self._switching:
            if self._uplink is None or self._is_paused:
                return
            if self._presence is not None:
                self._presence.open()
            self._uplink.start()
            await asyncio.sleep(0)  # so that the state is that of a link that was started

    async def listens(self) -> None:
        """Wait until what clients of the local router publish is heard; the link may be down."""
        if self._forwarding is not None:
            await asyncio.wait({self._forwarding})

    async def wait_writable(self) -> None:
        """Wait while the upstream router is slow to take what was sent, if the link is up."""
        uplink = self._uplink
        if uplink is not None and uplink.connection.status.state is ConnectionState.JOINED:
            await uplink.connection.session.publications.wait_writable()

    def offer(self, uris: Iterable[str]) -> None:
        """Offer exactly the local procedures *uris*; those offered before stay untouched."""
        wanted = set(uris)
        gone, self._offered = self._offered - wanted, wanted
        if self._uplink is None:
            return
        for uri in gone:
            self._in_background(self._uplink.withdraw(uri))
        for uri in filter(self._passes, wanted):
            self._uplink.offer(uri)

    def publish(self, topic: str, payload: Payload, *, is_state: bool) -> None:
        """Publish one event; the newest one of a state topic is kept for every later link."""
        if is_state:
            self._state_by_topic[topic] = payload
        self._tell(topic, payload, is_state=is_state)

    def keep_states(self, base: str, topics: Iterable[str]) -> dict[str, Payload]:
        """Forget the states of *base* and below, but for *topics*: nobody says them any more.

        Returns:
            The topics that were forgotten, and what was said on them last.
        """
        kept, below = set(topics), f"{base}."
        gone = {
            topic: payload
            for topic, payload in self._state_by_topic.items()
            if (topic == base or topic.startswith(below)) and topic not in kept
        }
        for topic in gone:
            del self._state_by_topic[topic]
            if self._uplink is not None:
                self._uplink.forget(topic)
        return gone

    def describe(self) -> dict[str, Any] | None:
        """Return the state of the link as plain values, or None where there is none."""
        if self._uplink is None or self._config is None:
            return None
        return link_facts(self._uplink, self._config)

    def queue(self) -> dict[str, Any] | None:
        """Return what waits for the link, or None where there is none."""
        return None if self._uplink is None else queue_of(self._uplink)

    def box(self) -> Any:
        """Return where events wait, or None where they do not."""
        return None if self._uplink is None else self._uplink.sending.outbox

    def twin(self) -> Upstream:
        """Return another link that has to say all that this one has."""
        twin = Upstream(self._status_topic, self._clock, self._shared)
        twin._started = self._started
        twin._offered = set(self._offered)
        twin._state_by_topic = dict(self._state_by_topic)
        return twin

    async def close(self) -> None:
        """Leave the upstream router."""
        self._is_closing = True
        self.follow(None, None)
        if self._farewells:
            await asyncio.wait(self._farewells, timeout=2 * LEAVE_LIMIT_S)

    def _tell(self, topic: str, payload: Payload, *, is_state: bool) -> None:
        """Say something on the present link, if it passes there."""
        if self._uplink is None or not self._passes(topic):
            return
        if topic == self._status_topic and self._presence is not None:
            self._presence.say(payload)
        else:
            self._uplink.publish(topic, payload, is_state=is_state)

    def _present(self, uplink: Uplink) -> Presence:
        from wampedge.uplink.presence import Presence  # noqa: PLC0415 # only where there is a link

        topic = uplink.names.to_upstream(self._status_topic)
        clock = self._clock
        return Presence(uplink.connection, topic, started=self._started, wall_clock=clock.time)

    def _on_change(self) -> None:
        for observer in self._observers:
            observer()

    def _forward(self, uplink: Uplink, forward: Forwarding) -> None:
        """Let pass what the file says, both ways."""
        from wampedge.router.rules import Rules  # noqa: PLC0415 # few files need it
        from wampedge.uplink.forwarding import Forwarder  # noqa: PLC0415 # as above

        start = len(forward.prefix)

        def is_own(uri: str) -> bool:
            name = uri[start:].partition(".")[0]
            return uri.startswith(forward.prefix) and (
                name in RESERVED_NAMES
                or any(own[start:].startswith(f"{name}.") for own in self._offered)
            )

        self._passes = Rules(forward.up).cover
        forwarder = self._forwarder = Forwarder(
            uplink,
            up=forward.up,
            down=forward.down,
            is_own=is_own,
            prefix=forward.prefix,
            calls=self._shared.calls(),
            rank=self.rank,
        )
        forwarder.hold_publishers()
        starting = self._forwarding

        async def take_over() -> None:
            if starting is not None:
                await asyncio.wait({starting})
            await forwarder.start()

        self._forwarding = self._in_background(take_over())

    def _say_farewell(
        self, uplink: Uplink, forwarder: Forwarder | None, presence: Presence | None
    ) -> None:
        last = "stopped" if self._is_closing else "unlinked"

        async def leave() -> None:
            if last == "stopped":
                await uplink.sending.flush(LEAVE_LIMIT_S / 2)
            await self.listens()  # the next link takes over before this one lets go
            uplink.sending.close()
            if presence is not None:
                await presence.say_last(last, within_s=LEAVE_LIMIT_S / 2)
            try:
                async with asyncio.timeout(LEAVE_LIMIT_S):
                    if forwarder is not None:
                        await forwarder.stop()
                    await uplink.stop()
            except TimeoutError:
                log.debug("the upstream router did not say goodbye")

        self._in_background(leave())

    def _in_background(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)
        return task


async def dial(config: UpstreamConfig) -> Transport:
    """Open a connection to the router *config* names; raises ConfigError and ConnectError."""
    return await connect(config.url, tls=config.tls, compression=config.compression)


def make_uplink(
    config: UpstreamConfig,
    local: Session,
    clock: Clock,
    connects_with: Dial = dial,
    *,
    sending: Callable[[Connection], Sending] | None = None,
) -> Uplink:
    """Return the link *config* asks for, not started; it offers nothing yet.

    Args:
        config: the ``[upstream]`` table.
        local: session at the local router that calls from upstream are passed to.
        clock: the node's clock.
        connects_with: opens its connections.
        sending: makes what its events go through; without it none of them waits.

    Raises:
        ConfigError: the address, the credentials or the pauses cannot be used.
    """
    from wampedge.uplink import Uplink  # noqa: PLC0415 # only where there is a router upstream
    from wampedge.uplink.names import NameMap  # noqa: PLC0415 # as above
    from wampedge.uplink.relaying import Relay  # noqa: PLC0415 # as above
    from wampedge.wamp.hops import MAX_HOPS  # noqa: PLC0415 # as above

    backoff = Backoff(
        first_s=config.reconnect_min_s,
        cap_s=config.reconnect_max_s,
        jitter=config.reconnect_jitter,
    )

    openers = {
        url: partial(connects_with, config.but(url=url, fallbacks=())) for url in config.urls
    }
    connection = Connection(openers, config.realm, identity_of(config.auth), backoff=backoff)
    forward = config.forward
    return Uplink(
        connection,
        local,
        wall_clock=clock.time,
        sending=sending(connection) if sending is not None else None,
        names=NameMap(forward.names if forward else ()),
        relay=Relay(token_hex(4), forward.max_hops if forward else MAX_HOPS),
    )


def _always(_: str) -> bool:
    return True
