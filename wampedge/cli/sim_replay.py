"""``wampedge sim replay`` and ``wampedge sim vcd``: what can be done with a recorded trace."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from wampedge.cli import exit_codes
from wampedge.config import load
from wampedge.errors import ConfigError

__all__ = ["ACTIONS", "add_flags"]

DIFFERS = 1


def add_flags(actions: Any) -> None:
    """Add ``replay`` and ``vcd`` to the *actions* of ``wampedge sim``."""
    replay = actions.add_parser(
        "replay",
        help="run a node on a recorded trace, or compare simulated parts with it",
        description="Run the node of a device file on a trace in place of its parts.",
        epilog="Exit codes: 0 the same, 1 it differs, 2 the trace or the device file is bad.",
    )
    replay.add_argument("trace", type=Path, metavar="TRACE", help="made with run --record")
    replay.add_argument("file", type=Path, nargs="?", default=Path("devices.toml"))
    replay.add_argument(
        "--mode", choices=("strict", "keyed", "conform"), default="strict",
        help="strict: the same things in the same order. keyed: each answer by place, register and"
        " time, for code that was changed. conform: ask the simulated parts what the real ones"
        " were asked. (default: strict)",
    )  # fmt: skip
    replay.add_argument(
        "--tolerance", type=_seconds, default=None, metavar="S",
        help="strict: how many seconds from its time in the trace something may be (default: 2)",
    )  # fmt: skip
    vcd = actions.add_parser(
        "vcd", help="write a recorded trace as waves for GTKWave", description="Show a trace."
    )
    vcd.add_argument("trace", type=Path, metavar="TRACE", help="made with run --record")
    vcd.add_argument("out", type=Path, metavar="OUT.vcd")


def _replay(options: argparse.Namespace) -> int:
    try:
        code, text = _replayed(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return exit_codes.USAGE
    print(text)
    return code


def _replayed(options: argparse.Namespace) -> tuple[int, str]:
    """Return exit code and report; raises ConfigError."""
    # Imported here and below: the node is not loaded for a bad trace, nor for other modes.
    from wampedge.simulation.replay.trace import read_trace  # noqa: PLC0415 # see above

    trace, config = read_trace(options.trace), load(options.file)
    _warn_of_other_file(trace.header["digest"], options.file)
    logging.getLogger("wampedge").addHandler(logging.NullHandler())
    logging.getLogger("wampedge_simulator").addHandler(logging.NullHandler())
    if options.mode == "conform":
        from wampedge.simulation.replay.conform import conform  # noqa: PLC0415 # see above

        found = conform(config, trace)
        return (DIFFERS if found.disagreements else exit_codes.OK), found.report()
    from wampedge.simulation.replay import report, run  # noqa: PLC0415 # see above

    if options.mode == "keyed":
        keyed = run.replay_keyed(config, trace)
        differs = bool(keyed.strange or keyed.missing)
        return (DIFFERS if differs else exit_codes.OK), report.keyed_report(keyed, trace)
    limit = {} if options.tolerance is None else {"tolerance_s": options.tolerance}
    strict = run.replay_strict(config, trace, **limit)
    differs = strict.difference is not None
    return (DIFFERS if differs else exit_codes.OK), report.strict_report(strict, trace)


def _warn_of_other_file(digest: str, file: Path) -> None:
    from wampedge.hardware.recording.substrate import digest_of  # noqa: PLC0415 # as above

    if digest_of(file) != digest:
        text = f"{file} is not the file the trace was recorded with, or was changed since"
        print(f"wampedge sim replay: {text}", file=sys.stderr)


def _vcd(options: argparse.Namespace) -> int:
    from wampedge.simulation.replay.trace import read_trace  # noqa: PLC0415 # start-up cost
    from wampedge.simulation.replay.waves import write_waves  # noqa: PLC0415 # as above

    try:
        write_waves(read_trace(options.trace), options.out)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return exit_codes.USAGE
    return exit_codes.OK


def _seconds(text: str) -> float:
    """Return a number of seconds; raises argparse.ArgumentTypeError."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"must be 0 to 86400 seconds, got {text!r}")
    return seconds


ACTIONS = {"replay": _replay, "vcd": _vcd}
"""What the actions of this module do, by name."""
