"""A whole node on simulated parts, with a client joined to its router."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from wampedge.client import EventDetails, Session
from wampedge.config.model import SiteConfig
from wampedge.devices.driver import Driver
from wampedge.runtime.changes import SiteChanges
from wampedge.runtime.config_procedures import DeviceFile
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.simulation.computer import SimulatedComputer
from wampedge.wamp.payload import Payload
from wampedge_simulator.part import Part
from wampedge_simulator.substrate import PartMaker, SimulatedSubstrate

__all__ = ["Heard", "HeardEvent", "SimulatedSite"]


class HeardEvent(NamedTuple):
    """One event as a subscriber got it."""

    topic: str
    """Below the prefix of the node."""
    value: Any
    """Its first argument; None without."""
    details: Mapping[str, Any]
    """Its keyword arguments."""
    at_s: float
    """When it came, on the clock of the event loop, in seconds."""


class Heard:
    """The events of some topics, in order; all of them are kept."""

    def __init__(self) -> None:
        self.events: list[HeardEvent] = []

    def listener(self, topic: str) -> Callable[..., None]:
        """Return what to subscribe to *topic* with."""

        def listen(value: Any = None, *_: Any, **details: Any) -> None:
            now_s = asyncio.get_running_loop().time()
            self.events.append(HeardEvent(topic, value, details, now_s))

        return listen

    def pattern_listener(self, prefix: str) -> Callable[..., None]:
        """Return what to subscribe to all topics below *prefix* with."""

        def listen(payload: Payload, event: EventDetails) -> None:
            now_s = asyncio.get_running_loop().time()
            topic = event.topic.removeprefix(f"{prefix}.")
            self.events.append(HeardEvent(topic, payload.value, payload.kwargs, now_s))

        return listen

    def values(self, topic: str) -> list[Any]:
        """Return the values of *topic*, in order."""
        return [event.value for event in self.events if event.topic == topic]


class SimulatedSite:
    """One node, its simulated board and a client; ``async with`` starts and stops it.

    The node listens nowhere: its client is joined within the process, so that all of it runs in
    virtual time as well.

    Args:
        config: the device file.
        wired: what is connected, where it is not what *config* says.
        parts: makes the part of a device in place of its simulated one, by name of the device.
        seed: makes the noise of what parts measure.
        file: where the device file is, for the procedures that read and replace it.
        state: where the node keeps what is to outlive it; None: in memory.

    Attributes:
        board: what the node is wired to.
        computer: what it runs on: its card, its clock, its CPU.
    """

    def __init__(
        self,
        config: SiteConfig,
        *,
        wired: SiteConfig | None = None,
        parts: Mapping[str, PartMaker] | None = None,
        seed: int = 0,
        file: Path | None = None,
        state: Path | None = None,
    ) -> None:
        self._file = file
        self._state = state
        self.computer = SimulatedComputer()
        self._config = _listening_nowhere(config)
        wiring = wiring_of(wired or config)
        self.board = SimulatedSubstrate(wiring, parts=parts, seed=seed)
        self._node: Node | None = None
        self._client: Session | None = None

    @property
    def node(self) -> Node:
        """The node, once it was started."""
        if self._node is None:
            raise RuntimeError("the simulated site has not been started")
        return self._node

    @property
    def client(self) -> Session:
        """The client, while the site is up."""
        if self._client is None:
            raise RuntimeError("the simulated site is not up")
        return self._client

    @property
    def prefix(self) -> str:
        """What the URIs of the node begin with, without the dot."""
        return self.node.config.node.uri_prefix

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bring the node up and join the client; raises HardwareError."""
        store = None if self._state is None else self.computer.store(self._state)
        clock = self.computer.clock()
        self._node = Node(self._config, self.board, clock=clock, store=store, is_inline=True)
        if self._file is not None:
            self._node.file = DeviceFile(
                self._file, self._node, adjusted=_listening_nowhere, is_inline=True
            )
        await self._node.start()
        transport = self._node.server.attach_local("test")
        self._client = await Session.over(transport, self._config.router.realm)

    async def stop(self) -> None:
        """Stop the node: outputs take their safe states. Twice is once."""
        client, self._client = self._client, None
        try:
            if client is not None and client.is_joined:
                await client.leave()
        finally:
            if self._node is not None:
                await self._node.stop()
            self.computer.close()
            await asyncio.sleep(0)

    async def reload(self, config: SiteConfig) -> SiteChanges:
        """Let the node take another device file; raises ConfigError."""
        return await self.node.reload(_listening_nowhere(config))

    async def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call a procedure below the prefix of the node; return its first value."""
        return (await self.client.call(f"{self.prefix}.{procedure}", *args, **kwargs)).value

    async def hear(self, *topics: str) -> Heard:
        """Subscribe to topics below the prefix of the node and keep what comes; none: to all."""
        heard = Heard()
        for topic in topics:
            await self.client.subscribe(f"{self.prefix}.{topic}", heard.listener(topic))
        if not topics:
            listener = heard.pattern_listener(self.prefix)
            await self.client.subscribe(
                f"{self.prefix}.", listener, options={"match": "prefix"}, takes_payload=True
            )
        return heard

    def edges(self, bank: str, line: int) -> list[bool]:
        """Return a list that gets the new level at each edge of a line from now on."""
        levels: list[bool] = []
        self.board.net(bank, line).watch(levels.append)
        return levels

    def runner(self, device: str) -> DeviceRunner:
        """Return the runner of a device; raises KeyError."""
        return self.node.site.devices[device]

    def driver(self, device: str) -> Driver:
        """Return the driver of a device; raises KeyError."""
        return self.runner(device).driver

    def part(self, device: str) -> Part:
        """Return the simulated part of a device; raises InvalidValueError."""
        part: Part = self.board.part(device)
        return part


def _listening_nowhere(config: SiteConfig) -> SiteConfig:
    return config.but(router=config.router.but(listen=()))
