"""Where a scenario plays: the node on its simulated board, and the sessions that use it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from wampedge.client import CallResult, EventDetails, Session
from wampedge.config.model import SiteConfig
from wampedge.devices.readings import Reading
from wampedge.errors import DeviceError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.simulation.computer import SimulatedComputer
from wampedge.simulation.scenario.model import Scenario
from wampedge.simulation.scenario.names import is_whole_uri
from wampedge.simulation.scenario.standing_board import StandingBoard
from wampedge.simulation.scenario.upstream import SimulatedUpstreams
from wampedge.transports.base import Transport
from wampedge.wamp.payload import Payload
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["Event", "NodeDownError", "Stage"]

_STATE: Final = "state.sqlite"


class Event(NamedTuple):
    """One event as a subscriber got it."""

    at_s: float
    topic: str
    """Below the prefix of the node where it begins with it."""
    value: Any
    kwargs: Mapping[str, Any]


class NodeDownError(DeviceError):
    """The node is switched off, or on its way down or up."""


OnEvent = Callable[[Event], None]


class Stage:
    """The board, and whatever node runs on it; used in one event loop, in virtual time.

    Args:
        scenario: what is wired and run.
        seed: makes the noise.
        folder: an empty folder for what the node keeps and for sockets.
    """

    def __init__(self, scenario: Scenario, *, seed: int, folder: Path) -> None:
        self._scenario = scenario
        self._folder = folder
        self._config = scenario.config
        self.board = SimulatedSubstrate(wiring_of(scenario.wired or scenario.config), seed=seed)
        self.computer = SimulatedComputer()
        self.node: Node | None = None
        self.ready = asyncio.Event()
        """Set when the node has started for the first time."""
        self.is_up = False
        self._view: StandingBoard | None = None
        self._upstreams = SimulatedUpstreams(folder)
        self._sessions: dict[str, tuple[Session, Transport]] = {}
        self._turn = asyncio.Lock()
        self._channel_listeners: list[tuple[str, str, Callable[[Reading], None]]] = []
        self._event_listeners: list[OnEvent] = []
        self._state_listeners: list[Callable[[], None]] = []

    @property
    def prefix(self) -> str:
        """What the URIs of the node begin with, with the dot."""
        return f"{self._config.node.uri_prefix}."

    def now(self) -> float:
        """Return the virtual time since the power was switched on, in seconds."""
        return asyncio.get_running_loop().time()

    async def switch_on(self) -> None:
        """Power up the board, without a node; raises HardwareError."""
        if self._scenario.world is not None:
            self._scenario.world.install(self.board)
        self.board.start()
        await self._upstreams.join(self._scenario.config)

    async def start_node(self) -> None:
        """Start a node; raises WampedgeError."""
        config = await self._upstreams.join(self._config)
        config = config.but(router=config.router.but(listen=()))
        self._view = StandingBoard(self.board)
        store, clock = self.computer.store(self._folder / _STATE), self.computer.clock()
        view: Any = self._view
        node = self.node = Node(config, view, clock=clock, store=store, is_inline=True)
        node.dial = self._upstreams.dial
        if self._event_listeners:
            await self._listen(node)
        for device, channel, hear in self._channel_listeners:
            node.site.watch(device, channel, hear)
        await node.start()
        self.is_up = True
        self.ready.set()
        self._tell_state()

    async def close(self) -> None:
        """Stop everything; raises nothing."""
        try:
            await self._stop_node()
        finally:
            self.computer.close()
        await self._upstreams.stop()
        self.board.stop()
        await asyncio.sleep(0)

    async def restart(self, away_s: float) -> None:
        """Stop the node in order, and start another after *away_s* seconds."""
        async with self._turn:
            await self._stop_node()
            self.computer.end("no_descriptors")  # they were those of the process
            await asyncio.sleep(away_s)
            await self.start_node()

    async def cut_power(self, dark_s: float) -> None:
        """Cut the power of the node and of all parts for *dark_s* seconds.

        What the node had not written yet is lost; outputs and parts fall back at once.
        """
        async with self._turn:
            self.computer.end("no_descriptors")  # they were those of the process
            findings = self.board.bench.nets.findings
            findings.is_dark = True
            saved = self._save_state()
            if self._view is not None:
                self._view.lose_power()
            await self._stop_node()
            self._restore_state(saved)
            self.board.power_up_parts()
            await asyncio.sleep(dark_s)
            findings.is_dark = False
            await self.start_node()

    async def reload(self, config: SiteConfig) -> None:
        """Let the node take another device file; raises WampedgeError."""
        config = config.but(router=config.router.but(listen=()))
        await self._up_node().reload(await self._upstreams.join(config))
        self._config = config

    async def link(self, state: str, name: str | None) -> None:
        """Take the router upstream of a link away (``down``) or bring it back (``up``).

        Args:
            state: what becomes of it.
            name: the link, as the device file has it; None: all of them.
        """
        upstreams = self._upstreams
        await (upstreams.start(name) if state == "up" else upstreams.stop(name))

    async def call(
        self,
        session: str,
        procedure: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        timeout_s: float,
    ) -> CallResult:
        """Call a procedure, below the prefix unless it is a whole URI; raises WampedgeError."""
        async with asyncio.timeout(timeout_s):
            joined = await self._session(session)
            return await joined.call(self._uri(procedure), *args, **kwargs)

    async def publish(
        self, session: str, topic: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        """Publish an event, below the prefix unless it is a whole URI; raises WampedgeError."""
        joined = await self._session(session)
        joined.publish_payload(self._uri(topic), Payload(tuple(args), dict(kwargs)))

    def hang_up(self, session: str) -> None:
        """End a session without goodbye; one that was never opened is none."""
        opened = self._sessions.pop(session, None)
        if opened is not None:
            opened[1].abort()

    def reading(self, device: str, channel: str) -> Reading | None:
        """Return the newest reading of a channel or, for ``derived``, of a derived value."""
        if not self.is_up or self.node is None:
            return None
        if device == "derived":
            logic = self.node.logic
            return None if logic is None else logic.derived.reading_of(channel)
        runner = self.node.site.devices.get(device)
        config = None if runner is None else runner.config.channels.get(channel)
        return None if runner is None or config is None else runner.reading_of(config)

    def status(self, device: str) -> str | None:
        """Return the state of a device; None while the node is not up."""
        runner = self.node.site.devices.get(device) if self.is_up and self.node else None
        return None if runner is None else runner.health.state

    def troubles(self) -> tuple[str, ...]:
        """Return what is wrong with devices now, one a line: state and reason."""
        if not self.is_up or self.node is None:
            return ()
        devices = self.node.site.devices.values()
        return tuple(
            f"{device.name} is {device.health.state}: {device.health.reason or 'no reason known'}"
            for device in devices
            if device.health.state != "ok"
        )

    def node_fact(self, item: str) -> str | None:
        """Return ``state`` of the node, or that of its ``link`` upstream, or of ``link.NAME``."""
        node = self.node if self.is_up else None
        if item == "state":
            return "off" if node is None else node.state
        if node is None:
            return None
        name = item.partition(".")[2]
        link = node.reports.links().get(name) if name else node.link()
        return None if link is None else str(link["state"])

    def watch_channel(self, device: str, channel: str, hear: Callable[[Reading], None]) -> None:
        """Call *hear* at each reading of a channel; before the node starts."""
        self._channel_listeners.append((device, channel, hear))

    def watch_events(self, hear: OnEvent) -> None:
        """Call *hear* at each event of the node; the first listener comes before its start."""
        self._event_listeners.append(hear)

    def unwatch_events(self, hear: OnEvent) -> None:
        """Call *hear* no more; unknown ones are ignored."""
        self._event_listeners = [each for each in self._event_listeners if each != hear]

    def watch_state(self, hear: Callable[[], None]) -> None:
        """Call *hear* whenever the node has come or gone."""
        self._state_listeners.append(hear)

    def _uri(self, name: str) -> str:
        return name if is_whole_uri(name, self._config) else f"{self.prefix}{name}"

    async def _session(self, name: str) -> Session:
        node = self._up_node()
        opened = self._sessions.get(name)
        if opened is not None and opened[0].is_joined:
            return opened[0]
        user = node.config.router.users.get(name)
        transport = node.server.attach_local(name, None if user is None else user.role)
        session = await Session.over(transport, node.config.router.realm)
        self._sessions[name] = session, transport
        return session

    def _up_node(self) -> Node:
        if self.node is None or not self.is_up:
            raise NodeDownError("the node is not up")
        return self.node

    async def _listen(self, node: Node) -> None:
        """Hear every event of *node*, from its first one on."""
        ears = await Session.over(node.server.attach_local("listener"), node.config.router.realm)
        prefix = self.prefix

        def hear(payload: Payload, details: EventDetails) -> None:
            topic = details.topic.removeprefix(prefix)
            event = Event(self.now(), topic, payload.value, payload.kwargs)
            for listener in self._event_listeners:
                listener(event)

        await ears.subscribe(prefix, hear, options={"match": "prefix"}, takes_payload=True)

    async def _stop_node(self) -> None:
        self.is_up = False
        self._tell_state()
        sessions, self._sessions = self._sessions, {}
        for _, transport in sessions.values():
            transport.abort()
        if self.node is not None:
            await self.node.stop()

    def _tell_state(self) -> None:
        for hear in self._state_listeners:
            hear()

    def _save_state(self) -> Path | None:
        """Return a copy of what is on disk now, which is all that a power cut leaves."""
        saved = self._folder / "at-power-cut"
        shutil.rmtree(saved, ignore_errors=True)
        saved.mkdir()
        for file in self._folder.glob(f"{_STATE}*"):
            shutil.copyfile(file, saved / file.name)
        return saved

    def _restore_state(self, saved: Path | None) -> None:
        for file in self._folder.glob(f"{_STATE}*"):
            file.unlink()
        for file in saved.iterdir() if saved is not None else ():
            shutil.copyfile(file, self._folder / file.name)
