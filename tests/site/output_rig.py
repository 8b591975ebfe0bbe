"""A board that outlives its nodes, so that a node can be killed and another take its place."""

from __future__ import annotations

import asyncio
import copy
from functools import partial
from typing import Any

from wampedge.client import Session
from wampedge.config.model import SiteConfig
from wampedge.devices.kept import KeptValue
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.store.store import Store
from wampedge_simulator.clock import SimulatedClock
from wampedge_simulator.seams.gpio import SimulatedFactory, SimulatedPin
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["Lives", "MortalKept"]

WRITE_S = 0.02
"""How long the disk takes for what nobody waits for."""


class _MortalPin(SimulatedPin):
    """A pin that does nothing any more once its process was killed."""

    def _drive(self, signal: Any) -> None:
        if not self.factory.is_dead:
            super()._drive(signal)


class _MortalFactory(SimulatedFactory):
    def __init__(self, bench: Any) -> None:
        super().__init__(bench, keeps_outputs=True)
        self.pin_class = _MortalPin
        self.is_dead = False


class _MortalSubstrate(SimulatedSubstrate):
    """One process' view of a board that stays."""

    def __init__(self, board: SimulatedSubstrate) -> None:
        self._lasting = board
        self.factory = _MortalFactory(board._board())

    def __getattribute__(self, name: str) -> Any:
        if name in ("start", "stop", "pin_factory", "factory", "_lasting", "__class__"):
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "_lasting"), name)

    def start(self) -> None:
        """Do nothing: the board is there."""

    def stop(self) -> None:
        """Do nothing: the board stays."""

    def pin_factory(self) -> Any:
        """Return the pins of this process."""
        return self.factory


class MortalKept:
    """Kept values whose process can be killed: what was not on disk yet is lost."""

    def __init__(self, disk: dict[tuple[str, str], KeptValue]) -> None:
        self.disk = disk
        self._values = dict(disk)
        self._due_s: dict[tuple[str, str], tuple[float, KeptValue]] = {}

    def of(self, scope: str) -> _Scope:
        """Return what one device keeps."""
        return _Scope(self, scope)

    def get(self, scope: str, key: str, default: KeptValue = None) -> KeptValue:
        """Return one value."""
        return copy.deepcopy(self._values.get((scope, key), default))

    def put(self, scope: str, key: str, value: KeptValue, within_s: float) -> None:
        """Keep one value."""
        self._write_due()
        self._values[scope, key] = value
        due_s = asyncio.get_running_loop().time() + max(within_s, WRITE_S)
        self._due_s[scope, key] = (due_s, copy.deepcopy(value))

    async def flush(self) -> bool:
        """Write everything."""
        self.disk.update({place: value for place, (_, value) in self._due_s.items()})
        self._due_s.clear()
        return True

    async def close(self) -> None:
        """Write everything."""
        await self.flush()

    def kill(self) -> None:
        """Lose what is not on disk yet."""
        self._write_due()
        self.disk = {}

    def _write_due(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for place, (due_s, value) in list(self._due_s.items()):
            if due_s <= now_s:
                self.disk[place] = value
                del self._due_s[place]


class _Scope:
    def __init__(self, values: MortalKept, scope: str) -> None:
        self._values, self._scope = values, scope

    def get(self, key: str, default: KeptValue = None) -> KeptValue:
        return self._values.get(self._scope, key, default)

    def put(self, key: str, value: KeptValue, *, within_s: float = 10.0) -> None:
        self._values.put(self._scope, key, value, within_s)

    async def flush(self) -> bool:
        return await self._values.flush()


class _MortalStore(Store):
    """A store that keeps nothing but the values of devices."""

    def __init__(self, kept: Any) -> None:
        super().__init__(is_inline=True)
        self.kept = self._mortal = kept

    async def close(self) -> None:
        """Write everything."""
        await self._mortal.close()
        await super().close()


class Lives:
    """One board, and the nodes that run on it one after another, in virtual time.

    Attributes:
        edges: (time, line, level) of every edge of the watched lines since the board is on.
        node: the one that runs now.
    """

    def __init__(self, config: SiteConfig, lines: tuple[int, ...]) -> None:
        self.config = config.but(router=config.router.but(listen=()), upstream=None)
        self.clock = SimulatedClock()
        self.board = SimulatedSubstrate(wiring_of(self.config))
        self.board.start()
        self.edges: list[tuple[float, int, bool]] = []
        self.node: Node
        self.client: Session
        self._disk: dict[tuple[str, str], KeptValue] = {}
        self._zombies: list[Node] = []
        for line in lines:
            self.board._board().nets.net("gpio", line).watch(partial(self._on_edge, line))

    def now(self) -> float:
        """Return the time of the loop."""
        return asyncio.get_running_loop().time()

    def _on_edge(self, line: int, level: bool) -> None:
        self.edges.append((self.now(), line, level))

    async def start(self) -> None:
        """Begin a new life."""
        self._substrate = _MortalSubstrate(self.board)
        self._kept = MortalKept(self._disk)
        store = _MortalStore(self._kept)
        self.node = Node(
            self.config, self._substrate, clock=self.clock, store=store, is_inline=True
        )
        await self.node.start()
        self.client = await self.join()

    async def join(self) -> Session:
        """Return a new session at the router of the node."""
        return await Session.over(self.node.server.attach_local("test"), self.config.router.realm)

    async def stop(self) -> None:
        """Stop the node in order."""
        await self.client.leave()
        await self.node.stop()

    def kill(self) -> None:
        """End the process of the node at once; its lines stay as they are."""
        self._substrate.factory.is_dead = True
        self._kept.kill()
        self._zombies.append(self.node)

    async def bury(self) -> None:
        """Let go of what killed nodes left in this process."""
        for node in self._zombies:
            await node.stop()
        self.board.stop()
        await asyncio.sleep(0)

    async def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call a procedure of the node."""
        prefix = self.config.node.uri_prefix
        return (await self.client.call(f"{prefix}.{procedure}", *args, **kwargs)).value
