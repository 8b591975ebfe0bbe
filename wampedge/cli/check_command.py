"""``wampedge check``: say everything that is wrong with a device file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from wampedge.cli import exit_codes
from wampedge.config import check, read_source, render

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("devices.toml"))
    parser.add_argument("--json", action="store_true", help="print one JSON object per problem")


def run(options: argparse.Namespace) -> int:
    """Check the file; exit code 1 when something is wrong with it."""
    source = read_source(options.file)
    config, problems = check(source, str(options.file))
    if options.json:
        for problem in problems:
            print(json.dumps(_as_json(problem), ensure_ascii=False))
    elif problems:
        print(render(problems, source, color=sys.stdout.isatty()))
    elif config is not None:
        print(f"{options.file}: ok: {len(config.devices)} devices on {len(config.buses)} buses")
    return exit_codes.FINDINGS if problems else exit_codes.OK


def _as_json(problem: Any) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.end_column,
        "code": problem.code,
        "text": problem.text,
        "hint": problem.hint,
    }
