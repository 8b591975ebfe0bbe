"""``wampedge check``: say everything that is wrong with a device file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wampedge.cli import exit_codes
from wampedge.cli.check_formats import FORMATS, report
from wampedge.config import Checked, Problem, check_all, read_source
from wampedge.errors import ConfigError

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("devices.toml"))
    parser.add_argument("--format", choices=FORMATS, default="full", help="how to print it")
    parser.add_argument(
        "--json", action="store_const", const="json", dest="format", help="short for --format json"
    )
    parser.add_argument(
        "--strict", action="store_true", help="warnings count as errors for the exit code"
    )
    parser.add_argument(
        "--hardware", action="store_true",
        help="look on this machine for the buses, rights and parts that the file needs",
    )  # fmt: skip
    parser.epilog = (
        "Exit codes: 0 no mistake, 1 mistakes (with --strict: or warnings), 2 the file cannot be"
        " read, 6 the file is right and --hardware misses something."
    )


def run(options: argparse.Namespace) -> int:
    """Check the file; exit code 1 when something is wrong with it."""
    name = str(options.file)
    try:
        checked = check_all(read_source(options.file), name, wants_warnings=True)
    except ConfigError as error:
        if not error.problems:
            raise
        print(_unreadable(error, options.format))
        return exit_codes.FINDINGS
    found = [*checked.problems, *checked.warnings]
    missing = _missing(checked) if options.hardware else []
    if found or missing:
        color = sys.stdout.isatty()
        print(report([*found, *missing], checked.texts, form=options.format, color=color))
    if checked.problems or (options.strict and found):
        return exit_codes.FINDINGS
    if missing:
        return exit_codes.HARDWARE
    if checked.config is not None and options.format == "full":
        devices, buses = len(checked.config.devices), len(checked.config.buses)
        on_buses = f" on {_counted(buses, 'bus', 'buses')}" if buses else ""
        print(f"{name}: ok: {_counted(devices, 'device', 'devices')}{on_buses}")
    return exit_codes.OK


def _unreadable(error: ConfigError, form: str) -> str:
    """Return the report on bytes that are no text."""
    if form == "full":
        return str(error)
    return report([each for each in error.problems if isinstance(each, Problem)], {}, form=form)


def _missing(checked: Checked) -> list[Problem]:
    """Return what the machine does not have, at its place in the file."""
    if checked.config is None:
        return []
    from wampedge.hardware.probing import probe_site  # noqa: PLC0415 # only with --hardware

    lacks = probe_site(checked.config)
    return [checked.at(lack.path, lack.text, lack.hint, lack.code) for lack in lacks]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
