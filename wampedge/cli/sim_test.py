"""``wampedge sim test``: runs scenarios one after another and tells what became of them."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from wampedge.cli.progress_bar import ProgressBar
from wampedge.errors import ConfigError
from wampedge.simulation.campaign import run_with_chaos
from wampedge.simulation.runner import Settings
from wampedge.simulation.scenario.outcome import EXIT_CODES, Outcome
from wampedge.simulation.scenario_file import check_scenario

__all__ = ["run_tests"]


def run_tests(paths: list[Path], options: argparse.Namespace) -> int:
    """Run the scenarios at *paths*; return the exit code, that of the worst of them."""
    # What the node would log is in the report where it matters; a test has no log of its own.
    logging.getLogger("wampedge").addHandler(logging.NullHandler())
    logging.getLogger("wampedge_simulator").addHandler(logging.NullHandler())
    settings = Settings(
        seed=options.seed,
        timeout_s=options.timeout,
        vcd_folder=options.vcd_dir,
        wants_hash=options.verbose,
        chaos_seed=options.chaos_seed,
    )
    outcomes = []
    for path in paths:
        outcome = _run(path, settings, ProgressBar(path.stem))
        outcomes.append(outcome)
        _tell(outcome, is_verbose=options.verbose)
    if options.junit is not None:
        from wampedge.simulation.scenario.junit import junit_xml  # noqa: PLC0415 # if asked for

        options.junit.parent.mkdir(parents=True, exist_ok=True)
        options.junit.write_text(junit_xml(outcomes), encoding="utf-8")
    passed = sum(outcome.verdict == "passed" for outcome in outcomes)
    print(f"{passed} passed, {len(outcomes) - passed} failed")
    return max(EXIT_CODES[outcome.verdict] for outcome in outcomes)


def _run(path: Path, settings: Settings, bar: ProgressBar) -> Outcome:
    try:
        checked = check_scenario(path)
    except ConfigError as error:
        return Outcome(path, "", "bad", text=str(error))
    try:
        if checked.scenario is None:
            return Outcome(path, "", "bad", text=checked.report(color=sys.stdout.isatty()))
        return run_with_chaos(checked.scenario, settings, bar.show)
    finally:
        checked.close()
        bar.clear()


def _tell(outcome: Outcome, *, is_verbose: bool) -> None:
    print(outcome.headline)
    details = outcome.details(color=sys.stdout.isatty())
    if details:
        print(f"\n{details}\n")
    if is_verbose and outcome.trace_hash:
        edges, events, transactions = outcome.counts
        print(
            f"      {edges} edges, {events} events, {transactions} transactions,"
            f" hash {outcome.trace_hash}"
        )
    sys.stdout.flush()
