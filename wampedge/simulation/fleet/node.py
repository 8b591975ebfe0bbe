"""One node of a fleet: its board, its link, its disk, and what a witness knows of it."""

from __future__ import annotations

import asyncio
import contextvars
import random
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from wampedge.config.model import SiteConfig, UpstreamConfig
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.simulation.fleet.books import NodeBook
from wampedge.simulation.fleet.link import FarOpener, FleetLink
from wampedge.simulation.fleet.policies import OutputJudge
from wampedge.simulation.fleet.trouble import Troubles
from wampedge.simulation.scenario.standing_board import StandingBoard
from wampedge.store.store import Store
from wampedge.transports.base import Transport
from wampedge_simulator.clock import EPOCH_S, SimulatedClock
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["FleetNode", "SettableClock"]

_Result = TypeVar("_Result")
_STATE: Final = "state.sqlite"

OnBroken = Callable[[str, str], None]
"""Told of an invariant that is broken, and how."""


class SettableClock(SimulatedClock):
    """The clock of one node: its wall clock can jump, as one without a battery does."""

    def __init__(self, *, epoch_s: float = EPOCH_S) -> None:
        super().__init__(epoch_s=epoch_s)
        self._offset_s = 0.0

    def time(self) -> float:
        """Return the wall-clock time as Unix seconds, as this node believes it."""
        return super().time() + self._offset_s

    def step(self, seconds: float) -> None:
        """Let the wall clock jump, not before 1970."""
        self._offset_s += max(seconds, -self.time())


class FleetNode:
    """Switched on once and off once by the fleet; may lose its power meanwhile.

    All of it runs in a context of its own, by which its buses are told from those of others.

    Args:
        number: from 0.
        config: its device file.
        open_far: opens a connection to the router upstream.
        on_broken: told of an invariant that is broken.
        seed: makes the noise of its parts.
        folder: an empty or absent folder: its disk.
        within_s: how long it may take to be back at the router.
        epoch_s: wall-clock time at the start of virtual time.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own, and given by its name
        self,
        number: int,
        config: SiteConfig,
        *,
        open_far: FarOpener,
        on_broken: OnBroken,
        seed: int,
        folder: Path,
        within_s: float,
        epoch_s: float = EPOCH_S,
    ) -> None:
        self.number, self.config = number, config
        self.prefix = config.node.uri_prefix
        self.board = SimulatedSubstrate(wiring_of(config), seed=seed + number)
        self.node: Node | None = None
        self.is_up = False
        self.trouble = Troubles(within_s, self._is_back, self._on_late)
        self.book = NodeBook(
            f"{self.prefix}.", lambda text: on_broken("events", text), self.trouble.look
        )
        self.judge = OutputJudge(config, lambda text: on_broken("outputs", text))
        self.joins = 0
        """How often its links came up, but for those of the present node."""
        self._context = contextvars.copy_context()
        draws = random.Random(f"{seed}/pings/{number}")  # noqa: S311 # no secret
        self.link = FleetLink(open_far, self.book, context=self._context, random_draw=draws.random)
        self._on_broken, self._folder = on_broken, folder
        self._epoch_s = epoch_s
        self._clock: SettableClock | None = None
        self._view: StandingBoard | None = None
        self._life: object | None = None
        """Changes with each start; None while the power is away."""

    async def switch_on(self) -> None:
        """Power up the board and start the node; raises WampedgeError."""
        self.trouble.begin("start")
        await self._apart(self._switch_on())
        self.trouble.end("start")

    async def switch_off(self) -> None:
        """Stop node and board; raises nothing."""
        self.trouble.begin("power")
        self.judge.is_forced = True
        await self._apart(self._switch_off())

    async def cut_power(self, dark_s: float) -> None:
        """Cut the power for *dark_s* seconds; the router is told nothing.

        What the node had not written yet is lost, and outputs and parts fall back at once.
        Raises WampedgeError when it does not start again.
        """
        loop = asyncio.get_running_loop()
        self.trouble.begin("power")
        due_s = loop.time() + dark_s
        await self._apart(self._lose_power())
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        await self._apart(self._start())
        self.trouble.end("power")

    def step_clock(self, seconds: float) -> None:
        """Let its wall clock jump; does nothing while it is off."""
        if self._clock is not None:
            self._clock.step(seconds)

    def all_joins(self) -> int:
        """Return how often its links came up so far."""
        return self.joins + self._present("joins")

    def device_states(self) -> dict[str, str]:
        """Return the state of each device that is used; empty while it is off."""
        if self.node is None or not self.is_up:
            return {}
        return {name: runner.health.state for name, runner in self.node.site.devices.items()}

    def missing(self) -> list[str]:
        """Return the procedures that should be at the router and are not."""
        if self.node is None or not self.is_up:
            return []
        return self.book.grants.missing(self.node.offered())

    def _is_back(self) -> bool:
        if self.node is None or not self.is_up:
            return False
        offered = self.node.offered()  # counted first: it is asked at every single grant
        return len(self.book.grants) >= len(offered) and not self.book.grants.missing(offered)

    def _on_late(self) -> None:
        missing = self.missing()
        link = (self.node.link() if self.node is not None else None) or {}
        state = f"its link is {link.get('state')}: {link.get('last_error') or 'no error'}"
        if missing:
            state = f"missing procedures: {len(missing)}, such as {missing[0]}; {state}"
        self._on_broken("registrations", f"not back in time: {state}")

    def _present(self, fact: str) -> int:
        link = self.node.link() if self.node is not None and self.is_up else None
        return int(link[fact]) if link is not None else 0

    async def _switch_on(self) -> None:
        self._clock = SettableClock(epoch_s=self._epoch_s)
        self.board.start()
        self.judge.watch(self.board)
        await self._start()

    async def _start(self) -> None:
        """Start a node on the board that is up."""
        view: Any = StandingBoard(self.board)
        self._view = view
        assert self._clock is not None, "set when the board was switched on"
        self._folder.mkdir(parents=True, exist_ok=True)
        store = Store(self._folder / _STATE, is_inline=True)
        node = self.node = Node(self.config, view, clock=self._clock, store=store, is_inline=True)
        life = self._life = object()

        async def dial(config: UpstreamConfig) -> Transport:
            return await self._dial(config, life)

        node.dial = dial
        await node.start()
        self.is_up, self.judge.is_forced = True, False

    async def _dial(self, config: UpstreamConfig, life: object) -> Transport:
        """Connect for the node that lives now; nothing of one without power gets out."""
        if life is self._life:
            transport = await self.link.dial(config)
            if life is self._life:
                return transport
            transport.abort()
        never: asyncio.Future[Transport] = asyncio.get_running_loop().create_future()
        return await never

    async def _lose_power(self) -> None:
        self._count_joins()
        saved = self._saved_state()
        self.judge.is_forced = True
        self.link.drop_dead()
        assert self._view is not None, "it was up"
        assert self.node is not None, "it was up"
        self._view.lose_power()
        self._life = None
        await self.node.stop()
        self._restore_state(saved)
        self.board.power_up_parts()

    async def _switch_off(self) -> None:
        self._count_joins()
        if self.node is not None:
            await self.node.stop()
        self.board.stop()

    def _count_joins(self) -> None:
        self.joins += self._present("joins")
        self.is_up = False

    async def _apart(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do *work* in the node's own context."""
        loop = asyncio.get_running_loop()
        return await loop.create_task(work, context=self._context)

    def _saved_state(self) -> dict[str, bytes]:
        """Return what is on disk now, which is all that a power cut leaves."""
        return {file.name: file.read_bytes() for file in self._folder.glob(f"{_STATE}*")}

    def _restore_state(self, saved: dict[str, bytes]) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for name, content in saved.items():
            (self._folder / name).write_bytes(content)
