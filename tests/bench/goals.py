"""What our router must cost beside others in one run, and the table that shows it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "GOALS",
    "OURS",
    "PURE",
    "QUICK_GOALS",
    "Goal",
    "Result",
    "missed_goals",
    "results_of",
    "table",
]

OURS = "wampedge"
PURE = "wampedge without C"
"""Our router where no C extension is installed, as on boards without wheels."""


@dataclass(frozen=True)
class Result:
    """One figure of one router: CPU time of a unit, or memory.

    Args:
        test: what was done, or ``idle_rss`` and ``session_rss``.
        transport: scheme and serializer, such as ``ws:msgpack``.
        router: who did it.
        value: µs of CPU for a call, a publication to all its subscribers or a session; KB.
    """

    test: str
    transport: str
    router: str
    value: float


@dataclass(frozen=True)
class Goal:
    """How much ours may cost.

    Args:
        test: what is done.
        peer: the router to compare with; None compares with nothing.
        at_most: the greatest ratio to the peer, or the greatest value.
        router: which of ours.
        transport: what ours is asked over; the peer too, but for one that speaks MQTT.
    """

    test: str
    peer: str | None
    at_most: float
    router: str = OURS
    transport: str = "ws:msgpack"

    def line(self, results: Iterable[Result]) -> tuple[str, bool] | None:
        """Return a line of the table and whether the goal is met; None without figures."""
        ours = median(results, self.test, self.transport, self.router)
        if ours is None:
            return None
        if self.peer is None:
            shown = f"| {self.test} | {self.router} | {ours:.1f} KB | | | {self.at_most:g} KB |"
            return shown, ours <= self.at_most
        transport = "mqtt:json" if self.peer == "mosquitto" else self.transport
        theirs = median(results, self.test, transport, self.peer)
        if theirs is None:
            return None
        ratio = ours / theirs
        shown = (
            f"| {self.test} | {self.router} | {ours:.1f} µs | {self.peer} {theirs:.1f} µs |"
            f" {ratio:.3f} | {self.at_most:g} |"
        )
        return shown, ratio <= self.at_most


GOALS = (
    Goal("rpc_64_256", "crossbar", 0.06),
    Goal("rpc_64_256", "mosquitto", 0.5),
    Goal("rpc_1", "crossbar", 0.25),
    Goal("pub_64_256", "crossbar", 0.04),
    Goal("fan100", "crossbar", 0.08),
    Goal("storm1000", "crossbar", 0.2),
    Goal("rpc_64_256", "crossbar", 0.1, router=PURE),
    Goal("idle_rss", None, 32 * 1024),
    Goal("session_rss", None, 8),
)
"""The goals of the whole comparison."""
QUICK_GOALS = (
    Goal("rpc_64_256", "crossbar", 0.125),
    Goal("pub_64_256", "crossbar", 0.08),
    Goal("fan100", "crossbar", 0.25),
)
"""Wider ones for a short run on a machine that does other things as well: they catch a slip."""


def median(results: Iterable[Result], test: str, transport: str, router: str) -> float | None:
    """Return the median of what was measured; None when nothing was."""
    values = [
        result.value
        for result in results
        if (result.test, result.transport, result.router) == (test, transport, router)
    ]
    return statistics.median(values) if values else None


def results_of(rows: Iterable[Mapping[str, Any]]) -> list[Result]:
    """Return the figures in what the load generator wrote.

    Raises:
        RuntimeError: a measurement failed.
    """
    results = []
    idle: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.get("error"):
            raise RuntimeError(f"{row['router']} {row['tr']} {row['test']}: {row['error']}")
        test, transport, router = row["test"], row["tr"], row["router"]
        if test == "start":
            idle[transport, router] = float(row["rss_kb"])
            results.append(Result("idle_rss", transport, router, idle[transport, router]))
            continue
        unit = "cpu_us_per_unit" if "cpu_us_per_unit" in row else "cpu_us_per_session"
        results.append(Result(test, transport, router, float(row[unit])))
        if "rss_kb_per_session" in row:
            memory = float(row["rss_kb_per_session"])
            results.append(Result("session_rss", transport, router, memory))
    return results


def table(results: Sequence[Result]) -> str:
    """Return medians of CPU time as Markdown, a line per test and transport."""
    timed = [result for result in results if not result.test.endswith("_rss")]
    routers = list(dict.fromkeys(result.router for result in timed))
    lines = [f"| test | transport | {' | '.join(routers)} |", "|---" * (len(routers) + 2) + "|"]
    for test, transport in dict.fromkeys((result.test, result.transport) for result in timed):
        costs = [median(timed, test, transport, router) for router in routers]
        shown = " | ".join("" if cost is None else f"{cost:.1f}" for cost in costs)
        lines.append(f"| {test} | {transport} | {shown} |")
    return "\n".join(lines)


def missed_goals(results: Sequence[Result], goals: Iterable[Goal]) -> tuple[str, int]:
    """Return a table of the goals that were measured, and how many are missed."""
    lines = [
        "| test | router | costs | peer | ratio | goal | met |",
        "|---|---|---|---|---|---|---|",
    ]
    missed = 0
    for goal in goals:
        found = goal.line(results)
        if found is not None:
            line, is_met = found
            missed += not is_met
            lines.append(f"{line} {'yes' if is_met else 'NO'} |")
    return "\n".join(lines), missed
