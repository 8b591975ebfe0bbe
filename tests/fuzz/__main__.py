"""Search for bytes that break a target: ``python -m tests.fuzz TARGET [--seconds N | --runs N]``.

Needs atheris (``pip install atheris``; Python 3.11). What it finds new goes into the corpus beside
this file, which the tests run as well; what breaks a target is written beside it as ``crash-*``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["wampedge"]):
    from tests.fuzz.targets import TARGETS

__all__: list[str] = []

CORPUS = Path(__file__).with_name("corpus")
_MAX_BYTES = 4_096


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="how long to search (60)")
    parser.add_argument("--runs", type=int, help="how often to try, instead of a time")
    parser.add_argument("--keep", action="store_true", help="add what is new to the corpus")
    return parser.parse_args()


def main() -> None:
    """Fuzz one target; the exit status is not 0 when it broke."""
    arguments = _arguments()
    seeds = CORPUS / arguments.target
    bound = f"-max_total_time={arguments.seconds}"
    if arguments.runs:
        bound = f"-atheris_runs={arguments.runs}"
    with tempfile.TemporaryDirectory() as found:
        folders = [str(seeds)] if arguments.keep else [found, str(seeds)]
        options = [bound, f"-max_len={_MAX_BYTES}", "-timeout=10", "-rss_limit_mb=1024"]
        crashes = f"-artifact_prefix={CORPUS.parent}/{arguments.target}-"
        atheris.Setup([sys.argv[0], *options, crashes, *folders], TARGETS[arguments.target])
        atheris.Fuzz()


main()
