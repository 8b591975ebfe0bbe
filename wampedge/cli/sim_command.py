"""``wampedge sim``: run scenarios on a simulated site, or only check them; traces, fleets."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wampedge.cli import exit_codes, sim_fleet, sim_replay
from wampedge.errors import ConfigError, WampedgeError

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    test = actions.add_parser(
        "test",
        help="run scenarios",
        description="Run scenarios in virtual time and say what did not hold.",
        epilog=(
            "Exit codes: 0 all passed, 1 an expectation failed, 2 a scenario or its wiring is"
            " wrong, 3 a dead-lock or time-out."
        ),
    )
    test.add_argument(
        "paths", type=Path, nargs="+", metavar="SCENARIO", help="a scenario, or a folder of them"
    )
    test.add_argument("--junit", type=Path, metavar="FILE", help="write results as JUnit XML, too")
    test.add_argument("--seed", type=_seed, metavar="N", help="in place of that of the scenarios")
    test.add_argument(
        "--chaos-seed", type=_seed, metavar="N", help="draw other faults than the campaigns say"
    )
    test.add_argument("--vcd-dir", type=Path, metavar="DIR", help="where the waves of failures go")
    test.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="S",
        help="CPU seconds one scenario may take; 60 if not given",
    )  # fmt: skip
    test.add_argument(
        "-v", "--verbose", action="store_true",
        help="say what happened in scenarios that pass, too, and its hash",
    )  # fmt: skip
    check = actions.add_parser(
        "check", help="say everything that is wrong with scenarios", description="Only check."
    )
    check.add_argument("paths", type=Path, nargs="+", metavar="SCENARIO")
    sim_replay.add_flags(actions)
    sim_fleet.add_flags(actions)


def run(options: argparse.Namespace) -> int:
    """Run or check scenarios, use a trace, or run a fleet."""
    if options.action in sim_replay.ACTIONS:
        return sim_replay.ACTIONS[options.action](options)
    if options.action == "fleet":
        return sim_fleet.run(options)
    try:
        paths = _scenarios(options.paths)
    except WampedgeError as error:
        print(f"wampedge sim {options.action}: {error}", file=sys.stderr)
        return exit_codes.USAGE
    if options.action == "check":
        return _check(paths)
    from wampedge.cli.sim_test import run_tests  # noqa: PLC0415 # a check needs no node

    return run_tests(paths, options)


def _check(paths: list[Path]) -> int:
    from wampedge.simulation.scenario_file import check_scenario  # noqa: PLC0415 # start-up cost

    is_bad = False
    for path in paths:
        try:
            checked = check_scenario(path)
        except ConfigError as error:
            print(error)
            is_bad = True
            continue
        checked.close()
        if checked.scenario is None:
            print(checked.report(color=sys.stdout.isatty()))
            is_bad = True
        else:
            steps = sum(len(chain.steps) for chain in checked.scenario.chains)
            print(f"{path}: ok: {_counted(steps, 'step')}")
    return exit_codes.USAGE if is_bad else exit_codes.OK


def _scenarios(paths: list[Path]) -> list[Path]:
    """Return *paths*, folders replaced by the scenarios in them; raises ConfigError."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*.toml") if _is_scenario(p)) if path.is_dir() else []
        if path.is_dir() and not inside:
            raise ConfigError(f"no scenario in {path}: a scenario has [[step]] or [[expect]]")
        found += inside or [path]
    return list(dict.fromkeys(found))


def _is_scenario(path: Path) -> bool:
    """Say whether a file in a folder is a scenario, and not a device or world file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    lines = [line.strip() for line in text.splitlines()]
    return any(line.startswith(("[[step]]", "[[expect]]")) for line in lines)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > 2**53:
        raise argparse.ArgumentTypeError(f"must be 0 to 2^53, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"must be more than 0 seconds, got {text!r}")
    return seconds


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
