"""A whole node on simulated parts, in virtual time, with a client beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from wampedge.client import Session
from wampedge.config.checking import load
from wampedge.config.model import SiteConfig
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["GREENHOUSE", "Heard", "RunningSite", "config_of", "on_site"]

GREENHOUSE = Path(__file__).parents[2] / "devices.toml"
"""The example file at the root, as the README runs it."""

Result = TypeVar("Result")


@dataclass
class RunningSite:
    """One node that is up, its simulator, and a client joined to its router."""

    node: Node
    simulator: SimulatedSubstrate
    client: Session

    async def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call a procedure below the node's prefix; return its first value."""
        prefix = self.node.config.node.uri_prefix
        return (await self.client.call(f"{prefix}.{procedure}", *args, **kwargs)).value

    def edges(self, bank: str, line: int) -> list[bool]:
        """Return a list that gets the new level at each edge of a line from now on."""
        levels: list[bool] = []
        self.simulator._board().nets.net(bank, line).watch(levels.append)
        return levels

    async def hear(self, *topics: str) -> Heard:
        """Subscribe to topics below the node's prefix and keep what comes."""
        heard = Heard()
        prefix = self.node.config.node.uri_prefix
        for topic in topics:
            await self.client.subscribe(f"{prefix}.{topic}", heard.listener(topic))
        return heard


class Heard:
    """The events of some topics, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any, dict[str, Any]]] = []

    def listener(self, topic: str) -> Callable[..., None]:
        """Return what to subscribe with."""

        def listen(value: Any, **details: Any) -> None:
            self.events.append((topic, value, details))

        return listen

    def values(self, topic: str) -> list[Any]:
        """Return the values of *topic*, in order."""
        return [value for name, value, _ in self.events if name == topic]


def config_of(folder: Path, text: str) -> SiteConfig:
    """Return the configuration of a device file with *text*; *folder* is where it is written."""
    path = folder / "devices.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def on_site(
    config: SiteConfig,
    act: Callable[[RunningSite], Coroutine[Any, Any, Result]],
    *,
    wired: SiteConfig | None = None,
) -> Result:
    """Run *act* in virtual time on the node of *config*, without any listener.

    Args:
        config: the device file.
        act: what to do with the running node.
        wired: what is connected, where it is not what *config* says.
    """

    async def main() -> Result:
        async with _running(config, wired or config) as site:
            return await act(site)

    return run_virtual(main())


@asynccontextmanager
async def _running(config: SiteConfig, wired: SiteConfig) -> AsyncIterator[RunningSite]:
    config = config.but(router=config.router.but(listen=()))
    simulator = SimulatedSubstrate(wiring_of(wired))
    node = Node(config, simulator, clock=SimulatedClock(), is_inline=True)
    await node.start()
    client = await Session.over(node.server.attach_local("test"), config.router.realm)
    try:
        yield RunningSite(node, simulator, client)
        await client.leave()
    finally:
        await node.stop()
        await asyncio.sleep(0)
