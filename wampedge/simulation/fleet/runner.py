"""Runs fleets, in virtual time or against a real router, and shrinks the chaos that breaks one."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from wampedge.simulation.fleet.faults import Fault
from wampedge.simulation.fleet.fleet import Fleet, FleetPlan, OnProgress
from wampedge.simulation.fleet.report import Broken, FleetReport
from wampedge.simulation.fleet.upstream import FleetRouter, RealRouter
from wampedge.simulation.shrinking import smallest
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.pace import PacedClockLoop

__all__ = ["run_fleet", "run_fleet_at_real_router", "shrunk"]

_SLACK_S: Final = 1.0
_ROUTER: Final = -1
_TEMPORARY: Final = Path("/dev/shm")  # noqa: S108 # only the parent of a folder of its own
"""In memory where there is such a folder: a thousand disks on one card would be tried hard."""


def run_fleet(plan: FleetPlan, on_progress: OnProgress | None = None) -> FleetReport:
    """Run a fleet in virtual time, with a router in the process.

    Raises:
        WampedgeError: a node cannot start at all.
        DeadlockError: nothing is scheduled any more.
    """
    assert plan.config.upstream is not None, "a fleet joins a router"
    realm = plan.config.upstream.realm
    folder = _new_folder()

    async def main() -> FleetReport:
        return await Fleet(plan, FleetRouter(realm), folder=folder, on_progress=on_progress).run()

    try:
        return run_virtual(main())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_fleet_at_real_router(plan: FleetPlan, on_progress: OnProgress | None = None) -> FleetReport:
    """Run a fleet in real time, with the router that the device file of *plan* names.

    Raises:
        WampedgeError: the router cannot be joined, or a node cannot start at all.
    """
    assert plan.config.upstream is not None, "a fleet joins a router"
    router = RealRouter(plan.config.upstream)
    folder = _new_folder()

    async def main() -> FleetReport:
        return await Fleet(
            plan, router, folder=folder, on_progress=on_progress, epoch_s=time.time()
        ).run()

    try:
        with asyncio.Runner(loop_factory=lambda: PacedClockLoop(1.0)) as runner:
            return runner.run(main())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def shrunk(
    plan: FleetPlan,
    report: FleetReport,
    *,
    most_runs: int,
    play: Callable[[FleetPlan], FleetReport] = run_fleet,
) -> FleetPlan | None:
    """Return the smallest chaos that breaks what was broken first, on as few nodes as do it.

    Args:
        plan: a run in virtual time that *report* tells of.
        report: with something broken.
        most_runs: how many fleets may be run to find out.
        play: runs one.

    Returns:
        What to run, with fewer faults or nodes; None when it did not break again: then something
        outside of the simulation has a part in it.
    """
    first = report.broken[0]
    search = _Search(plan, first, most_runs, play)
    done = [fault for fault in report.done if fault.at_s <= first.at_s]
    own = [fault for fault in done if fault.node in (_ROUTER, first.number)]
    search.only = (first.number,)
    if search.breaks(own):
        done = own
    else:
        search.only = plan.only
        if not search.breaks(done):
            return None
    if done and search.breaks([]):
        done = []
    return search.least.but(faults=tuple(smallest(done, search.breaks)), only=search.only)


class _Search:
    """Runs parts of a plan until it finds what has to be in it."""

    def __init__(
        self,
        plan: FleetPlan,
        wanted: Broken,
        most_runs: int,
        play: Callable[[FleetPlan], FleetReport],
    ) -> None:
        self.least = plan.but(span_s=min(plan.span_s, wanted.at_s + _SLACK_S), stops_early=True)
        self.only: tuple[int, ...] | None = None
        self._wanted = wanted
        self._runs_left = most_runs
        self._play = play

    def breaks(self, faults: Sequence[Fault]) -> bool | None:
        """Say whether *faults* break the same on the same node; None: no more runs."""
        if self._runs_left <= 0:
            return None
        self._runs_left -= 1
        outcome = self._play(self.least.but(faults=tuple(faults), only=self.only))
        wanted = self._wanted
        return any(
            (each.invariant, each.number) == (wanted.invariant, wanted.number)
            for each in outcome.broken
        )


def _new_folder() -> Path:
    """Return an empty folder for the disks of all nodes."""
    is_there = _TEMPORARY.is_dir() and os.access(_TEMPORARY, os.W_OK)
    parent = _TEMPORARY if is_there else None
    return Path(tempfile.mkdtemp(prefix="wampedge-fleet-", dir=parent))
