"""What became of a fleet, as facts and as text."""

from __future__ import annotations

from wampedge.records import Record
from wampedge.simulation.fleet.faults import Fault
from wampedge.simulation.scenario.spans import time_text

__all__ = ["Broken", "FleetReport"]

_MOST_TOLD = 10


class Broken(Record):
    """An invariant that did not hold.

    Attributes:
        at_s: when it was found, in seconds since the start of the fleet.
        node: name of the node.
        invariant: ``registrations``, ``events``, ``outputs``, ``devices`` or ``start``.
        text: what happened.
    """

    at_s: float
    node: str
    number: int
    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.at_s:9.3f} s  {self.node}: {self.invariant}: {self.text}"


class FleetReport(Record, kw_only=True):
    """The facts of one run.

    Attributes:
        nodes: how many there were.
        seed: what chaos, noise and orders were drawn from.
        start_cpu_s: CPU time it took to start them all.
        run_s: how long they ran, in seconds of their own time.
        run_cpu_s: CPU time that took.
        events: events that came to the witness at the router.
        reconnects: how often nodes joined again.
        longest_back_s: the longest time a node took to be back once nothing was in its way.
        orders: orders given to outputs.
        refused: of these, those that came to nothing.
        judged: outputs whose lines were watched.
        memory_kb: memory of each node, in KiB; None where it cannot be told.
        done: the faults that were done.
        skipped: how many were not: the node was off, or had one already.
        broken: the invariants that did not hold, the first ones.
        broken_count: how often one did not hold.
        digest: checksum of all events and their times: equal runs have equal ones.
        is_virtual: time was virtual, so that it can be faster than the real one.
    """

    nodes: int
    seed: int
    start_cpu_s: float = 0.0
    run_s: float = 0.0
    run_cpu_s: float = 0.0
    events: int = 0
    reconnects: int = 0
    longest_back_s: float = 0.0
    orders: int = 0
    refused: int = 0
    judged: int = 0
    memory_kb: float | None = None
    done: tuple[Fault, ...] = ()
    skipped: int = 0
    broken: tuple[Broken, ...] = ()
    broken_count: int = 0
    digest: str = ""
    is_virtual: bool = True

    @property
    def factor(self) -> float:
        """How many seconds of their time a second of CPU time makes."""
        return self.run_s / self.run_cpu_s if self.run_cpu_s else 0.0

    def text(self) -> str:
        """Return the report for people."""
        per_s = self.events / self.run_s if self.run_s else 0.0
        memory = "unknown" if self.memory_kb is None else f"{self.memory_kb:,.0f} KiB a node"
        time_line = f"{time_text(round(self.run_s, 3))} in {self.run_cpu_s:.1f} s CPU"
        pace = f"{self.factor:,.1f} times real time" if self.is_virtual else "in real time"
        order_line = f"{self.orders}, {self.refused} of them refused or lost"
        lines = [
            f"nodes        {self.nodes}, {self.start_cpu_s:.1f} s CPU to start",
            f"time         {time_line}: {pace}",
            f"events       {self.events:,}, {per_s:,.1f} a second",
            f"faults       {len(self.done)}{self._kinds()}, {self.skipped} skipped",
            f"reconnects   {self.reconnects}, the longest took {self.longest_back_s:.3f} s",
            f"orders       {order_line}; {self.judged} outputs watched",
            f"memory       {memory}",
            f"seed         {self.seed}, digest {self.digest}",
        ]
        if self.broken:
            lines.append(f"broken       {self.broken_count}")
            lines += [f"  {each}" for each in self.broken[:_MOST_TOLD]]
        return "\n".join(lines)

    def _kinds(self) -> str:
        counts: dict[str, int] = {}
        for fault in self.done:
            counts[fault.kind] = counts.get(fault.kind, 0) + 1
        return f" ({', '.join(f'{n} {kind}' for kind, n in sorted(counts.items()))})" * bool(counts)
