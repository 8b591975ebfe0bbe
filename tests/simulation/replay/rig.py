"""A node on simulated parts with a recorder over them, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from wampedge.client import Session
from wampedge.config import load
from wampedge.hardware.recording.substrate import recorded
from wampedge.hardware.recording.writer import DEFAULT_LIMIT_BYTES
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.store.store import Store
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["GREENHOUSE", "Act", "line_with", "record"]

GREENHOUSE = Path(__file__).parents[3] / "devices.toml"
"""The example of the README."""
Act = Callable[[SimulatedSubstrate, Session], Awaitable[None]]
"""What happens while the node runs: to its parts, or by calls."""


async def wait_a_minute(board: SimulatedSubstrate, client: Session) -> None:
    """Let a minute pass."""
    await asyncio.sleep(60)


def record(
    file: Path,
    trace: Path,
    act: Act = wait_a_minute,
    *,
    store: Store | None = None,
    limit_bytes: int = DEFAULT_LIMIT_BYTES,
) -> Path:
    """Run the node of *file* while *act* lasts, recorded in *trace*; return that."""

    async def run() -> None:
        config = load(file)
        config = config.but(router=config.router.but(listen=()))
        clock = SimulatedClock()
        board = SimulatedSubstrate(wiring_of(config))
        name = config.node.name
        over = recorded(board, trace, clock, node=name, file=file, limit_bytes=limit_bytes)
        node = Node(config, over.as_substrate, clock=clock, store=store, is_inline=True)
        await node.start()
        transport = node.server.attach_local("test")
        client = await Session.over(transport, config.router.realm)
        await act(board, client)
        await client.leave()
        await node.stop()

    run_virtual(run())
    return trace


def line_with(trace: Path, text: str) -> int:
    """Return the number of the first line of *trace* with *text* in it, from 1 on."""
    lines = trace.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
