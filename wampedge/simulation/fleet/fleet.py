"""The fleet: many nodes, the router upstream, a witness there, and what must hold all the time.

- ``registrations``: every procedure of a node is at the router some time after nothing is in its
  way any more.
- ``events``: what a node publishes over a link that lives comes to the witness, once and in order.
- ``outputs``: no output violates its policy, whoever orders it and whatever fails.
- ``devices``: what was well before the chaos is well after it.
- ``start``: a node starts again after a power cut.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wampedge.config.model import SiteConfig
from wampedge.records import Record
from wampedge.simulation.fleet.chaos import ChaosMonkey
from wampedge.simulation.fleet.faults import Fault
from wampedge.simulation.fleet.node import FleetNode
from wampedge.simulation.fleet.report import Broken, FleetReport
from wampedge.simulation.fleet.upstream import FleetRouter, RouterUpstream
from wampedge.simulation.fleet.variation import as_node
from wampedge.simulation.fleet.witness import Operator, Witness
from wampedge_simulator.clock import EPOCH_S

__all__ = ["Fleet", "FleetPlan", "OnProgress"]

_MOST_BROKEN: Final = 100
_LEAST_REST_S: Final = 5.0
_LAST_LOOKS: Final = 20
_LAST_LOOK_S: Final = 0.25
"""How often, and how long each time, the last events are waited for: a real router is far away."""
_BACK_AFTER_S: Final = 20.0
"""What a node may need beyond its longest pause: a connect without an answer, and to restore."""
_PAGE_KB: Final = os.sysconf("SC_PAGE_SIZE") / 1024
_TICKS: Final = 100
_STARTS: Final = "starting"
_RUNS: Final = "running"
_SETTLES: Final = "waiting until all are back"
_GARBAGE_THRESHOLDS: Final = (20_000, 5, 5)

OnProgress = Callable[[float, str], None]
"""Told from time to time what share is done, and of what: a stage of the run."""


class FleetPlan(Record, kw_only=True):
    """What a fleet is to do.

    Attributes:
        config: the device file, which names the router to join.
        nodes: how many nodes.
        faults: what goes wrong, in the order of time.
        span_s: how long they run, in seconds.
        seed: makes the noise of parts, the pauses between connects and the orders.
        within_s: how long a node may take to be back; None: what its pauses allow.
        stagger_s: over which time they start, in seconds.
        orders_every_s: how often an output of each node is switched, in the mean; None: never.
        only: numbers of the nodes that take part; None: all.
        stops_early: end with the first invariant that does not hold.
    """

    config: SiteConfig
    nodes: int
    faults: tuple[Fault, ...] = ()
    span_s: float = 3600.0
    seed: int = 0
    within_s: float | None = None
    stagger_s: float = 10.0
    orders_every_s: float | None = 60.0
    only: tuple[int, ...] | None = None
    stops_early: bool = False

    @property
    def back_within_s(self) -> float:
        """How long a node may take to be back."""
        if self.within_s is not None:
            return self.within_s
        upstream = self.config.upstream
        return _BACK_AFTER_S + (upstream.reconnect_max_s if upstream is not None else 0.0)


class Fleet:
    """Runs once, on the event loop that runs it.

    Args:
        plan: what it is to do.
        upstream: the router.
        folder: an empty folder for the disks of the nodes.
        on_progress: told what share of which stage is done.
        epoch_s: wall-clock time at the start.
    """

    def __init__(
        self,
        plan: FleetPlan,
        upstream: RouterUpstream,
        *,
        folder: Path,
        on_progress: OnProgress | None = None,
        epoch_s: float = EPOCH_S,
    ) -> None:
        self.broken: list[Broken] = []
        """What did not hold, the first hundred."""
        self._plan, self._upstream = plan, upstream
        self._on_progress = on_progress
        self._broken_count = 0
        self._is_broken = asyncio.Event()
        self._started = 0
        numbers = range(plan.nodes) if plan.only is None else plan.only
        self._begun_s = asyncio.get_running_loop().time()
        self._memory_before_kb = _memory_kb()
        self.nodes: Mapping[int, FleetNode] = {
            number: self._made(number, folder / f"{number}", epoch_s) for number in numbers
        }
        """Those that take part, by number."""
        router = self._router = upstream if isinstance(upstream, FleetRouter) else None
        self._witness = Witness(upstream, self.nodes.values(), is_invited=router is not None)
        self._chaos = ChaosMonkey(plan.faults, self.nodes, router, self._on_broken)
        self._operator = Operator(
            self._witness,
            list(self.nodes.values()),
            every_s=plan.orders_every_s or 1.0,
            seed=plan.seed,
        )

    async def run(self) -> FleetReport:
        """Start all, let things go wrong, look what has become of them, stop all.

        Raises:
            WampedgeError: the router cannot be joined, or a node cannot start at all.
        """
        random.seed(self._plan.seed)  # pauses between connects
        cpu_s = time.process_time()
        facts: dict[str, float] = {}
        try:
            await self._start()
            facts["start_cpu_s"] = time.process_time() - cpu_s
            memory_kb = _memory_kb()
            cpu_s, run_s = time.process_time(), asyncio.get_running_loop().time()
            with _little_garbage():
                await self._run_until_broken()
            facts["run_cpu_s"] = time.process_time() - cpu_s
            facts["run_s"] = asyncio.get_running_loop().time() - run_s
        finally:
            reconnects = sum(max(0, node.all_joins() - 1) for node in self.nodes.values())
            await self._stop()
        return self._report(facts, memory_kb, reconnects)

    async def _start(self) -> None:
        if self._router is not None:
            self._router.first_guest = self._witness.join
            await self._router.start()
        await self._witness.start()
        starts = [self._switch_on(node) for node in self.nodes.values()]
        self._tell(0.0, _STARTS)
        for outcome in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        self._states = {number: node.device_states() for number, node in self.nodes.items()}

    async def _switch_on(self, node: FleetNode) -> None:
        await asyncio.sleep(self._plan.stagger_s * node.number / self._plan.nodes)
        await node.switch_on()
        self._started += 1
        self._tell(self._started / len(self.nodes), _STARTS)

    async def _run_until_broken(self) -> None:
        run = asyncio.get_running_loop().create_task(self._run())
        if not self._plan.stops_early:
            await run
            return
        broken = asyncio.get_running_loop().create_task(self._is_broken.wait())
        await asyncio.wait({run, broken}, return_when=asyncio.FIRST_COMPLETED)
        for task in (run, broken):
            task.cancel()
        for outcome in await asyncio.gather(run, broken, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _run(self) -> None:
        self._chaos.start()
        if self._plan.orders_every_s is not None:
            self._operator.start()
        ticks = _TICKS if self._on_progress is not None else 1
        for tick in range(ticks):
            await asyncio.sleep(self._plan.span_s / ticks)
            self._tell((tick + 1) / ticks, _RUNS)
        await self._chaos.finish()
        await self._operator.close()
        await self._settle()
        self._look_at_the_end()

    async def _settle(self) -> None:
        """Wait until all are back or late, and what is on its way has come."""
        nodes = self.nodes.values()
        for place, node in enumerate(nodes):
            self._tell(place / len(nodes), _SETTLES)
            await node.trouble.settled.wait()
        self._tell(1.0, _SETTLES)
        # Devices need some time of their own after a power cut or a clock that jumped.
        await asyncio.sleep(max(_LEAST_REST_S, self._longest_period_s() * 2))
        for _ in range(_LAST_LOOKS):
            if not any(node.book.events.waiting for node in nodes):
                return
            await asyncio.sleep(_LAST_LOOK_S)

    def _tell(self, share: float, stage: str) -> None:
        if self._on_progress is not None:
            self._on_progress(share, stage)

    def _longest_period_s(self) -> float:
        devices = self._plan.config.devices.values()
        return min(60.0, max((device.every_s or 0.0 for device in devices), default=0.0))

    def _look_at_the_end(self) -> None:
        for number, node in self.nodes.items():
            node.judge.overdue()
            if missing := node.missing():
                text = f"missing procedures at the end: {len(missing)}, such as {missing[0]}"
                self._on_broken(node, "registrations", text)
            if waiting := node.book.events.waiting:
                text = (
                    f"lost at the end: {waiting}, the first of {node.book.events.first_waiting()}"
                )
                self._on_broken(node, "events", text)
            self._compare(node, self._states[number], node.device_states())

    def _compare(
        self, node: FleetNode, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        for device, state in before.items():
            now = after.get(device, "gone")
            if state == "ok" and now != "ok":
                self._on_broken(node, "devices", f"{device} was ok and is {now}")

    async def _stop(self) -> None:
        await self._operator.close()
        await self._chaos.close()
        await self._witness.close()
        await asyncio.gather(*(node.switch_off() for node in self.nodes.values()))
        if self._router is not None:
            await self._router.stop()

    def _made(self, number: int, folder: Path, epoch_s: float) -> FleetNode:
        plan = self._plan

        def tell(invariant: str, text: str) -> None:
            self._on_broken(self.nodes[number], invariant, text)

        return FleetNode(
            number,
            as_node(plan.config, number, plan.nodes),
            open_far=self._upstream.open,
            on_broken=tell,
            seed=plan.seed,
            folder=folder,
            within_s=plan.back_within_s,
            epoch_s=epoch_s,
        )

    def _on_broken(self, node: FleetNode, invariant: str, text: str) -> None:
        self._broken_count += 1
        self._is_broken.set()
        if len(self.broken) < _MOST_BROKEN:
            at_s = asyncio.get_running_loop().time() - self._begun_s
            name = node.config.node.name
            self.broken.append(Broken(at_s, name, node.number, invariant, text))

    def _report(
        self, facts: Mapping[str, float], memory_kb: float | None, reconnects: int
    ) -> FleetReport:
        nodes: Sequence[FleetNode] = list(self.nodes.values())
        before_kb, each_kb = self._memory_before_kb, None
        if memory_kb is not None and before_kb is not None:
            each_kb = max(0.0, memory_kb - before_kb) / len(nodes)
        return FleetReport(
            nodes=len(nodes),
            seed=self._plan.seed,
            **facts,
            events=self._witness.events,
            reconnects=reconnects,
            longest_back_s=max(node.trouble.longest_s for node in nodes),
            orders=self._operator.orders,
            refused=self._operator.refused,
            judged=sum(len(node.judge.judged) for node in nodes),
            memory_kb=each_kb,
            done=tuple(self._chaos.done),
            skipped=len(self._plan.faults) - len(self._chaos.done),
            broken=tuple(self.broken),
            broken_count=self._broken_count,
            digest=f"{self._witness.digest:08x}",
            is_virtual=self._router is not None,
        )


@contextmanager
def _little_garbage() -> Iterator[None]:
    """Look for garbage rarely, and not among what is there: that saves a fifth of the time."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _memory_kb() -> float | None:
    """Return the resident memory of this process in KiB; None where the kernel does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * _PAGE_KB
