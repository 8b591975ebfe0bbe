"""Runs a node on a trace in virtual time, from its start to its stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, TypeVar

from wampedge.client import Session
from wampedge.config.model import SiteConfig
from wampedge.errors import WampedgeError
from wampedge.hardware.recording.entries import Entry
from wampedge.runtime.node import Node
from wampedge.simulation.replay.keyed import KeyedPlayer
from wampedge.simulation.replay.player import Timeline
from wampedge.simulation.replay.strict import DEFAULT_TOLERANCE_S, StrictPlayer
from wampedge.simulation.replay.substrate import ReplayedSubstrate
from wampedge.simulation.replay.trace import Trace
from wampedge.store.store import Store
from wampedge_simulator.clock import SimulatedClock, VirtualClockLoop, run_virtual

__all__ = ["muxed_buses", "replay_keyed", "replay_strict"]

STOP_LIMIT_S: Final = 60.0
"""Virtual time the node may take to stop, in seconds."""

_TURNS: Final = 20
"""Turns of the event loop in which everything is done that is due at one time."""

AnyPlayer = StrictPlayer | KeyedPlayer
Kind = TypeVar("Kind", StrictPlayer, KeyedPlayer)


def replay_strict(
    config: SiteConfig, trace: Trace, *, tolerance_s: float = DEFAULT_TOLERANCE_S
) -> StrictPlayer:
    """Run the node of *config* on *trace* until it does something else, or to the end."""
    muxed = muxed_buses(config)

    def make(timeline: Timeline) -> StrictPlayer:
        return StrictPlayer(trace, timeline, muxed, tolerance_s=tolerance_s)

    return run_virtual(_replay(config, trace, make))


def replay_keyed(config: SiteConfig, trace: Trace) -> KeyedPlayer:
    """Run the node of *config* on *trace* to the end, with answers of the same place and time."""
    muxed = muxed_buses(config)
    return run_virtual(_replay(config, trace, lambda time: KeyedPlayer(trace, time, muxed)))


def muxed_buses(config: SiteConfig) -> frozenset[str]:
    """Return the device nodes of I2C buses with multiplexers."""
    muxes = [bus.mux[0] for bus in config.buses.values() if bus.mux is not None]
    buses = [config.devices[name].bus for name in muxes]
    return frozenset(config.buses[name].path for name in buses if name is not None)


async def _replay(config: SiteConfig, trace: Trace, make: Callable[[Timeline], Kind]) -> Kind:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualClockLoop), "a replay runs in virtual time"
    loop.advance(trace.monotonic)  # kept times are of this clock
    timeline = Timeline(trace.monotonic)
    player = make(timeline)
    clock = SimulatedClock(epoch_s=trace.started - trace.monotonic)
    substrate = ReplayedSubstrate(player, clock, timeline.start_ns)
    alone = config.but(router=config.router.but(listen=()), upstream=None, upstreams={})
    node = Node(alone, substrate, clock=clock, store=_kept(trace), is_inline=True)
    start, stop = trace.mark("start"), trace.mark("stop")
    if start is not None:
        await timeline.sleep_until(start.t)
    over = asyncio.ensure_future(player.over.wait())
    try:
        running = asyncio.ensure_future(_run(node, player, timeline, _end_of(trace)))
        await asyncio.wait({over, running}, return_when=asyncio.FIRST_COMPLETED)
        await _ended(running)
        if stop is None:
            player.finish()
        else:
            await _reach(stop, timeline, trace, clock)
        async with asyncio.timeout(STOP_LIMIT_S):
            await node.stop()
        player.finish()
    finally:
        over.cancel()
        player.close()
    return player


async def _run(node: Node, player: AnyPlayer, timeline: Timeline, end_ns: int) -> None:
    """Start the node, make the calls of the trace, and wait for its end."""
    await node.start()
    transport = node.server.attach_local("replay")
    client = await Session.over(transport, node.config.router.realm)
    calls: set[asyncio.Task[Any]] = set()

    def call(entry: Entry, _lag_ns: int) -> None:
        calls.add(asyncio.ensure_future(_call(client, node.config.node.uri_prefix, entry)))

    player.listen(("call",), call)
    await timeline.sleep_until(end_ns)
    player.listen(("call",), None)
    for task in calls:
        task.cancel()


def _end_of(trace: Trace) -> int:
    """Return when the run of the node ends: before what is due when it was stopped."""
    stop = trace.mark("stop")
    return trace.end_ns if stop is None else stop.t - 1


async def _reach(stop: Entry, timeline: Timeline, trace: Trace, clock: SimulatedClock) -> None:
    """Let it be the time of *stop*, before or after what is due at the very same time."""
    if timeline.now() < stop.t:
        clock.spend((stop.t - timeline.now()) / 1e9)
    if any(entry.t == stop.t and entry.line < stop.line for entry in trace.entries):
        for _ in range(_TURNS):
            await asyncio.sleep(0)


async def _call(client: Session, prefix: str, entry: Entry) -> None:
    """Make a call of the trace; its answer was for somebody else."""
    with contextlib.suppress(WampedgeError):
        await client.call(f"{prefix}.{entry.at}", *entry.w["args"], **entry.w["kwargs"])


async def _ended(running: asyncio.Task[None] | asyncio.Future[None]) -> None:
    """Wait for the end of *running*, which is not waited for where the replay is over."""
    if not running.done():
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _kept(trace: Trace) -> Store:
    """Return what the devices of the trace kept from an earlier run."""
    store = Store(is_inline=True)
    for scope, values in trace.kept.items():
        for key, value in values.items():
            store.kept.of(scope).put(key, value)
    return store
