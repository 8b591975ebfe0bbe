"""Nodes that run one after another on one state file, each with a client from the first moment."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.support.turns import turns
from wampedge.client import EventDetails, Session
from wampedge.config.checking import load
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.store.store import Store
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["Life", "life", "power_cut_of"]


class Board(SimulatedSubstrate):
    """A board whose parts are told what they sense before the node sees them."""

    at_start: Callable[[], None]

    def start(self) -> None:
        """Make the parts."""
        super().start()
        self.at_start()


class Life:
    """One node, not started yet, and a client of its router that hears everything.

    Attributes:
        events: topic, first value and keywords of each event, in order; not those of the client.
        board: what the node is wired to.
    """

    def __init__(self, device_file: Path, state: Path, clock: Callable[[], SimulatedClock]) -> None:
        config = load(device_file)
        self.state = state
        self.board = Board(wiring_of(config))
        self.clock = clock()
        self.store = Store(state, is_inline=True)
        self.node = Node(
            config.but(router=config.router.but(listen=())),
            self.board,
            clock=self.clock,
            store=self.store,
            is_inline=True,
        )
        self.events: list[tuple[str, Any, dict[str, Any]]] = []
        self.client: Session

    async def join(self, name: str = "early") -> Session:
        """Return another client."""
        return await Session.over(self.node.server.attach_local(name, "local"), "edge")

    async def start(self) -> None:
        """Start the node; the client hears what it says from its first word on."""
        self.client = await self.join()

        def hear(payload: Payload, details: EventDetails) -> None:
            self.events.append((details.topic, payload.value, dict(payload.kwargs)))

        pattern = {"match": "prefix"}
        await self.client.subscribe("edge.", hear, options=pattern, takes_payload=True)
        await self.node.start()
        await turns(5)

    async def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call a procedure of the node n1."""
        return await self.client.call(f"edge.n1.{procedure}", *args, **kwargs)

    def heard(self, topic: str) -> list[tuple[Any, dict[str, Any]]]:
        """Return values and keywords of one topic below ``edge.n1.``, in order."""
        return [(value, kw) for name, value, kw in self.events if name == f"edge.n1.{topic}"]


def life(
    folder: Path,
    text: str,
    act: Callable[[Life], Awaitable[None]],
    *,
    state: Path | None = None,
    prepare: Callable[[Life], None] = lambda _: None,
    clock: Callable[[], SimulatedClock] = SimulatedClock,
) -> None:
    """Run *act* on a node of the device file *text*, and stop it.

    Args:
        folder: where the file is written, and the state is kept unless *state* says otherwise.
        text: the device file of a node called n1.
        act: what to do while it runs.
        state: the file of the store.
        prepare: called when the board is there, and the node does not use it yet.
        clock: makes the clock of the node.
    """
    device_file = folder / "devices.toml"
    device_file.write_text(text, encoding="utf-8")

    async def main() -> None:
        one = Life(device_file, state or folder / "state.db", clock)
        one.board.at_start = lambda: prepare(one)
        await one.start()
        try:
            await act(one)
        finally:
            await one.client.leave()
            await one.node.stop()

    run_virtual(main())


def power_cut_of(state: Path) -> Path:
    """Return a copy of what the card would hold if the power went now."""
    copy = state.parent / "after-the-cut"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for part in state.parent.glob(f"{state.name}*"):
        shutil.copyfile(part, copy / part.name)
    return copy / state.name
