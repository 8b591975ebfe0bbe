"""Fleets run to their end, and chaos that breaks one is shrunk to what does it."""

from __future__ import annotations

from tests.simulation.fleet.rig import plan
from wampedge.simulation.fleet.faults import CHAOS, Fault, draw_faults
from wampedge.simulation.fleet.fleet import FleetPlan
from wampedge.simulation.fleet.report import Broken, FleetReport
from wampedge.simulation.fleet.runner import run_fleet, shrunk

SPAN_S = 240.0


def test_chaos_that_breaks_is_shrunk_to_the_one_fault() -> None:
    drawn = draw_faults(("clock", "link"), nodes=3, seed=11, span_s=SPAN_S, rate_per_h=60.0)
    wanted = plan(faults=tuple(drawn), span_s=SPAN_S, within_s=2.0, orders_every_s=None)
    report = run_fleet(wanted)
    assert report.broken, "a ghost that ends while somebody dials, or a pause that has grown"

    least = shrunk(wanted, report, most_runs=30)

    assert least is not None
    assert len(least.faults) == 1
    assert least.only == (report.broken[0].number,)
    again = run_fleet(least)
    assert again.broken[0].invariant == "registrations"
    assert again.broken[0].number == report.broken[0].number


class SimulatedRuns:
    """Stands for runs of fleets: node 1 breaks where all of some faults are, or none has to be."""

    def __init__(self, *guilty: Fault, needs_all_nodes: bool = False) -> None:
        self.plans: list[FleetPlan] = []
        self._guilty = set(guilty)
        self._needs_all_nodes = needs_all_nodes

    def __call__(self, wanted: FleetPlan) -> FleetReport:
        self.plans.append(wanted)
        is_broken = self._guilty <= set(wanted.faults)
        is_broken &= wanted.only is None or not self._needs_all_nodes
        broken = (Broken(70.0, "n-1", 1, "events", "lost"),) if is_broken else ()
        return FleetReport(nodes=3, seed=0, done=wanted.faults, broken=broken)


FAULTS = tuple(Fault(10.0 * n, "reset", n % 3, for_s=1.0) for n in range(12))


def shrink(runs: SimulatedRuns, most_runs: int = 40) -> FleetPlan | None:
    wanted = plan(faults=FAULTS, span_s=200.0)
    return shrunk(wanted, runs(wanted), most_runs=most_runs, play=runs)


def test_faults_of_other_nodes_and_later_ones_are_left_out_at_once() -> None:
    runs = SimulatedRuns(FAULTS[4])

    least = shrink(runs)

    assert least is not None
    assert (least.faults, least.only) == ((FAULTS[4],), (1,))
    assert runs.plans[1].faults == (FAULTS[1], FAULTS[4], FAULTS[7])
    assert runs.plans[1].span_s == 71.0


def test_what_other_nodes_have_a_part_in_is_run_with_all() -> None:
    least = shrink(SimulatedRuns(FAULTS[0], FAULTS[7], needs_all_nodes=True))

    assert least is not None
    assert (least.faults, least.only) == ((FAULTS[0], FAULTS[7]), None)


def test_what_breaks_without_any_fault_needs_none() -> None:
    least = shrink(SimulatedRuns())

    assert least is not None
    assert least.faults == ()


def test_what_does_not_break_again_is_said_so() -> None:
    runs = SimulatedRuns()
    wanted = plan(faults=FAULTS)
    report = runs(wanted)

    assert shrunk(wanted, report, most_runs=9, play=SimulatedRuns(FAULTS[-1])) is None


def test_no_more_runs_are_made_than_allowed() -> None:
    runs = SimulatedRuns(*FAULTS[:7])

    least = shrink(runs, most_runs=4)

    assert least is not None
    assert set(FAULTS[:7]) <= set(least.faults)
    assert len(runs.plans) == 1 + 4


def test_router_that_dies_leaves_nobody_away() -> None:
    faults = tuple(draw_faults(CHAOS[-1:], nodes=2, seed=2, span_s=200.0, rate_per_h=120.0))
    assert len(faults) >= 2

    report = run_fleet(plan(nodes=2, faults=faults, span_s=200.0))

    assert report.broken == ()
    assert report.reconnects == 2 * len(report.done)
