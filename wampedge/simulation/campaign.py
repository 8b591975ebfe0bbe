"""Runs of a scenario with faults drawn at random, and the fewest of them that make it fail.

Shrinking is delta debugging: halves, quarters and so on of the drawn faults are left out as long as
the same expectation fails. The number of runs is bounded, and so is what they may cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wampedge.simulation.runner import OnProgress, Settings, run_scenario
from wampedge.simulation.scenario.chaos import DrawnFault, draw
from wampedge.simulation.scenario.model import Chaos, Scenario
from wampedge.simulation.scenario.outcome import Outcome
from wampedge.simulation.shrinking import smallest

__all__ = ["MAX_RUNS", "run_with_chaos"]

MAX_RUNS: Final = 40
"""Runs of one campaign, the first included."""
_COST: Final = 5
"""What shrinking may cost in CPU time: so many times what one run may."""


def run_with_chaos(
    scenario: Scenario,
    settings: Settings = Settings(),  # noqa: B008 # frozen
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Run *scenario*, with its campaign where it has one; raises nothing it could bring about.

    Args:
        scenario: a checked one.
        settings: how.
        on_progress: told what share of a run is done.

    Returns:
        What became of it; of a campaign that fails, what became of the fewest faults that do it.
    """
    if scenario.chaos is None:
        return run_scenario(scenario, settings, on_progress)
    chaos = scenario.chaos
    if settings.chaos_seed is not None:
        chaos = chaos.but(seed=settings.chaos_seed)
    return _Campaign(scenario, chaos, settings, on_progress).outcome()


class _Campaign:
    """One campaign; run once."""

    def __init__(
        self,
        scenario: Scenario,
        chaos: Chaos,
        settings: Settings,
        on_progress: OnProgress | None,
    ) -> None:
        self._scenario = scenario
        self._chaos = chaos
        self._settings = settings
        self._on_progress = on_progress
        self._runs = 0
        self._cpu_s = 0.0
        self._last: Outcome | None = None
        self._wanted: object = None

    def outcome(self) -> Outcome:
        """Run it, and shrink what fails."""
        drawn = draw(self._chaos)
        first = self._run(drawn)
        if first.verdict == "passed" or not drawn:
            return first.but(cpu_s=self._cpu_s)
        self._wanted, self._last = _signature(first), first
        if self._fails([]):
            assert self._last is not None, "it failed"
            text = "chaos: none of the faults is needed, it fails without them too"
            return self._last.but(cpu_s=self._cpu_s, campaign=text)
        found = smallest(drawn, self._fails)
        return self._last.but(cpu_s=self._cpu_s, campaign=self._text(drawn, found))

    def _fails(self, faults: Sequence[DrawnFault]) -> bool | None:
        """Say whether the same goes wrong with *faults*; None: it has cost enough."""
        if self._runs >= MAX_RUNS or self._cpu_s > _COST * self._settings.timeout_s:
            return None
        outcome = self._run(faults)
        if outcome.verdict == "passed" or _signature(outcome) != self._wanted:
            return False
        self._last = outcome
        return True

    def _run(self, faults: Sequence[DrawnFault]) -> Outcome:
        place = self._chaos.place
        chains = tuple(fault.chain(index, place) for index, fault in enumerate(faults))
        scenario = self._scenario.but(chains=(*self._scenario.chains, *chains))
        outcome = run_scenario(scenario, self._settings, self._on_progress)
        self._runs += 1
        self._cpu_s += outcome.cpu_s
        return outcome

    def _text(self, drawn: Sequence[DrawnFault], found: Sequence[DrawnFault]) -> str:
        """Say which faults do it, as steps for a scenario."""
        count = "this one is" if len(found) == 1 else f"these {len(found)} are"
        whole = f"{len(drawn)} fault{'' if len(drawn) == 1 else 's'}"
        title = f"chaos: {whole} drawn from seed {self._chaos.seed}, {count} enough"
        if len(found) > 1 and self._runs >= MAX_RUNS:
            title += " (fewer may be; it was not tried any further)"
        return "\n\n".join([f"{title} ({self._runs} runs):", *(each.text() for each in found)])


def _signature(outcome: Outcome) -> object:
    """Return what tells one failure from another: the expectation that failed first."""
    if not outcome.failures:
        return outcome.verdict
    place = outcome.failures[0].place
    return place.line, place.column, place.text
