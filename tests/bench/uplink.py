"""How fast a backlog goes up, and what a link costs: ours beside a NATS leaf node with JetStream.

    python -m tests.bench.uplink [--events N] [--backlog MIB] [--without-nats]

Node and hub are processes of their own with a cable between them that can be cut. While it is cut a
client of the node publishes events of 200 B; then it is whole again, and a client of the hub notes
when each of them arrives, and in what order. Meanwhile values that may overtake the backlog tell
how late live ones are. NATS does the same with a stream at the leaf and a source at the hub.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.bench.link_checks import APP, served_after_s
from tests.bench.link_rigs import Rig
from tests.bench.processes import BETWEEN_CUTS_S, SETTLE_S, cpu_s, rss_bytes
from tests.interop.peers import NATS
from wampedge.client import Session

__all__ = ["main"]

_LOAD, _LIVE, _ECHO = f"{APP}.load", f"{APP}.live", f"{APP}.echo"
_OVERTAKING = f"""
[[upstream.buffer.topics]]
topic = "{_LIVE}"
overtake = true
"""
_RIG = Rig("wampedge", edge_is_ours=True, hub_is_ours=True, more=_OVERTAKING)
_LIVE_EVERY_S = 0.01
_PATIENCE_S = 120.0
_GOALS = (
    ("drain_per_s", "backlog drains at, events/s", "{:,.0f}", ">= 5,000"),
    ("live_p99_ms", "live values meanwhile, p99, ms", "{:.0f}", "< 250"),
    ("edge_cpu_ms", "CPU of the edge for 1,000 drained events, ms", "{:.0f}", "< 200"),
    ("hub_cpu_ms", "CPU of the hub for 1,000 drained events, ms", "{:.0f}", "< 200"),
    ("lost", "events lost", "{:.0f}", "0"),
    ("append_per_s", "publishing while the link is down, events/s", "{:,.0f}", ""),
    ("near_ms", "call within the hub, p50, ms", "{:.2f}", ""),
    ("far_ms", "call over the link, p50, ms", "{:.2f}", ""),
    ("added", "added latency, in calls within the hub", "{:.1f}", "< 2"),
    ("heal_s", "healed after a reset, s", "{}", "< 1"),
    ("growth_mib", "memory for a backlog of 64 MiB, MiB over idle", "{:.1f}", "<= 8"),
)


async def _ours(events: int, backlog_bytes: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    async with _RIG.running(is_direct=True):
        figures |= await _calls(_RIG)
    async with _RIG.running():
        figures |= await _heal(_RIG)
        figures |= await _drain(_RIG, events)
        figures |= await _backlog(_RIG, backlog_bytes)
    return figures


async def _calls(rig: Rig) -> dict[str, Any]:
    edge, hub, neighbour = await rig.at_edge(), await rig.at_hub(), await rig.at_hub()
    await edge.register(_ECHO, lambda value=0: value)
    await neighbour.register("near.echo", lambda value=0: value)
    await served_after_s(hub, _ECHO, 20.0)
    times: dict[str, list[float]] = {"near.echo": [], _ECHO: []}
    for turn in range(1000):
        for procedure, spent in times.items():
            started_s = time.perf_counter()
            await hub.call(procedure, turn)
            spent.append(time.perf_counter() - started_s)
    await _leave(edge, hub, neighbour)
    near_ms, far_ms = (1000 * median(spent) for spent in times.values())
    return {"near_ms": near_ms, "far_ms": far_ms}


async def _heal(rig: Rig) -> dict[str, Any]:
    edge, hub = await rig.at_edge(), await rig.at_hub()
    await edge.register(_ECHO, lambda value=0: value)
    await served_after_s(hub, _ECHO, 20.0)
    times = []
    for _ in range(5):
        await asyncio.sleep(BETWEEN_CUTS_S)
        rig.cable.cut()
        times.append(await served_after_s(hub, _ECHO, 30.0) or 30.0)
    await _leave(edge, hub)
    return {"heal_s": [min(times), max(times)]}


async def _drain(rig: Rig, events: int) -> dict[str, Any]:
    edge, hub = await rig.at_edge(), await rig.at_hub()
    arrived: list[int] = []
    times_s: list[float] = []
    late: list[float] = []

    def note(number: int, _: str) -> None:
        arrived.append(number)
        times_s.append(time.perf_counter())

    await hub.subscribe(_LOAD, note)
    await hub.subscribe(_LIVE, lambda sent_s: late.append(time.perf_counter() - sent_s))
    await _cut(rig, edge)
    started_s = time.perf_counter()
    await _publish(edge, events, "x" * 200)
    append_s = time.perf_counter() - started_s
    pids = rig.edge_pid, rig.hub_pid
    before_s = [cpu_s(pid) for pid in pids]
    rig.cable.is_up = True
    deadline_s = time.perf_counter() + _PATIENCE_S
    while len(set(arrived)) < events and time.perf_counter() < deadline_s:
        if arrived:
            await edge.publish(_LIVE, time.perf_counter())
        await asyncio.sleep(_LIVE_EVERY_S)  # the rhythm of live values
    cpus_s = [cpu_s(pid) - before for pid, before in zip(pids, before_s, strict=True)]
    await asyncio.sleep(0.5)
    await _leave(edge, hub)
    if arrived != sorted(arrived):
        print("NOT IN ORDER", file=sys.stderr)
    return {
        "append_per_s": events / append_s,
        "drain_per_s": (len(arrived) - 1) / max(times_s[-1] - times_s[0], 1e-6),
        "drain_cpus_s": cpus_s,
        "live_p99_ms": 1000 * quantiles(late, n=100)[98] if len(late) > 2 else None,
        "live_events": len(late),
        "lost": events - len(set(arrived)),
    }


async def _backlog(rig: Rig, backlog_bytes: int) -> dict[str, Any]:
    edge = await rig.at_edge()
    idle = rss_bytes(rig.edge_pid)
    await _cut(rig, edge)
    await _publish(edge, backlog_bytes // 1024, "x" * 1000)
    await asyncio.sleep(SETTLE_S)
    queue = (await edge.call("edge.edge.sys.queue")).value["links"]["upstream"]
    figures = {"idle_mib": idle / 2**20, "backlog_mib": rss_bytes(rig.edge_pid) / 2**20}
    await _leave(edge)
    return {**figures, "queued_mib": queue["bytes"] / 2**20, "dropped": queue["dropped"]}


async def _cut(rig: Rig, edge: Session) -> None:
    """Take the link away, and wait until the node knows."""
    rig.cable.is_up = False
    rig.cable.cut()
    state = "joined"
    while state == "joined":
        await asyncio.sleep(0.05)
        state = (await edge.call("edge.edge.sys.link")).value["upstream"]["state"]


async def _publish(edge: Session, count: int, text: str) -> None:
    """Publish numbered events, and wait until all of them are safe."""
    for number in range(count - 1):
        await edge.publish(_LOAD, number, text)
    await edge.publish(_LOAD, count - 1, text, acknowledge=True)


async def _leave(*sessions: Session) -> None:
    for session in sessions:
        with contextlib.suppress(Exception):  # outermost edge: the figures are taken
            await session.leave()


def _nats(events: int, backlog_bytes: int) -> dict[str, Any]:
    python = NATS.install() / "bin" / "python"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [str(python), "-m", "tests.bench.nats_leaf", str(events), str(backlog_bytes)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _derived(figures: Mapping[str, Any], events: int) -> dict[str, Any]:
    low, high = figures["heal_s"]
    return {
        **figures,
        "heal_s": f"{low:.2f}-{high:.2f}",
        "added": (figures["far_ms"] - figures["near_ms"]) / figures["near_ms"],
        "edge_cpu_ms": 1e6 * figures["drain_cpus_s"][0] / events,
        "hub_cpu_ms": 1e6 * figures["drain_cpus_s"][1] / events,
        "growth_mib": figures["backlog_mib"] - figures["idle_mib"],
    }


def _table(columns: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [f"| | {' | '.join(columns)} | goal |", f"|---|{'---|' * (len(columns) + 1)}"]
    for key, name, shown, goal in _GOALS:
        values = [figures.get(key) for figures in columns.values()]
        cells = ["-" if value is None else shown.format(value) for value in values]
        lines.append(f"| {name} | {' | '.join(cells)} | {goal} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure both in turn and print the table."""
    parser = argparse.ArgumentParser(prog="tests.bench.uplink", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--backlog", type=int, default=64, metavar="MIB")
    parser.add_argument("--without-nats", action="store_true")
    options = parser.parse_args(argv)
    wanted = options.events, options.backlog * 2**20
    columns = {"wampedge": _derived(asyncio.run(_ours(*wanted)), options.events)}
    if not options.without_nats:
        columns["NATS leaf + JetStream"] = _derived(_nats(*wanted), options.events)
    print(_table(columns))
    print(json.dumps(columns), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
