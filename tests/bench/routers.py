"""Our router beside Crossbar and mosquitto in one run: CPU time per call, event and session.

The load generator stands beside the repository, in ``../shared/bench``; it is built in a folder
of its own and never copied into the project. Without it, or without a C compiler, the run says
so and ends with status 0; mosquitto takes part where it is installed. Only the ratio of two
routers in one run means anything.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.goals import (
    GOALS,
    OURS,
    PURE,
    QUICK_GOALS,
    Result,
    missed_goals,
    results_of,
    table,
)
from tests.interop.crossbar import REALM, CrossbarRouter, free_port

__all__ = ["compare"]

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT.parent / "shared" / "bench"


def compare(arguments: list[str]) -> list[Result]:
    """Build the generator, run *arguments* of its ``bench.py`` and return every measurement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = folder / "bench"
        shutil.copytree(GENERATOR, bench, copy_function=shutil.copy)
        subprocess.run(["make", "-C", str(bench)], check=True, stdout=subprocess.DEVNULL)
        routers = folder / "routers.json"
        routers.write_text(json.dumps(_routers(folder, bench)))
        subprocess.run(
            [sys.executable, str(bench / "bench.py"), "--routers", str(routers),
             "--out", str(folder / "out.json"), *arguments],
            check=True,
            stdout=sys.stderr,
            env={**os.environ, "BENCH_LOGS": name},
        )  # fmt: skip
        return results_of(json.loads((folder / "out.json").read_text()))


def _routers(folder: Path, bench: Path) -> dict[str, Any]:
    crossbar = CrossbarRouter(folder / "crossbar")
    limit_ws, limit_rs = free_port(), free_port()
    return {
        "crossbar": {
            "cmd": [*crossbar.command(), "--loglevel", "warn"],
            "cwd": str(crossbar.folder),
            "ws": crossbar.url,
            "rs": crossbar.rawsocket_url,
            "realm": REALM,
            "settle": 2,
        },
        OURS: _ours(),
        PURE: _ours("--pure"),
        "limit": {
            "cmd": [str(bench / "limit_router"), str(limit_ws), str(limit_rs)],
            "ws": f"ws://127.0.0.1:{limit_ws}/ws",
            "rs": f"rs://127.0.0.1:{limit_rs}",
            "realm": REALM,
        },
        **_mosquitto(folder),
    }


def _ours(*arguments: str) -> dict[str, Any]:
    port = free_port()
    return {
        "cmd": [sys.executable, "-m", "tests.bench.bare_router", str(port), REALM, *arguments],
        "cwd": str(ROOT),
        "ws": f"ws://127.0.0.1:{port}/ws",
        "rs": f"rs://127.0.0.1:{port}",
        "realm": REALM,
    }


def _mosquitto(folder: Path) -> dict[str, Any]:
    """Return the broker, where the machine has it; Debian keeps it from the usual path."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        print("SKIPPED: mosquitto is not installed (apt-get install mosquitto)")
        return {}
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    return {
        "mosquitto": {"cmd": [program, "-c", str(settings)], "mqtt": f"mqtt://127.0.0.1:{port}"}
    }


def main() -> int:
    """Run the comparison and print its tables; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="our router beside others in one run")
    parser.add_argument("--tests", default="short", help="as bench.py names them (default: short)")
    parser.add_argument("--transports", default="ws:msgpack,ws:json,rs:msgpack,mqtt:json")
    parser.add_argument("--only", default="", help="routers to run, all unless given")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--secs", type=float, default=1.5)
    parser.add_argument("--quick", action="store_true", help="once, the hot paths only: a minute")
    options = parser.parse_args()
    if not GENERATOR.is_dir() or shutil.which("cc") is None or shutil.which("make") is None:
        print("SKIPPED: no load generator in ../shared/bench, or no C compiler to build it with")
        return 0
    if options.quick:
        options.repeat, options.secs, options.transports = 1, 1.0, "ws:msgpack,mqtt:json"
        options.tests, options.only = "hot", f"crossbar,{OURS},mosquitto"
    results = compare(
        ["--tests", options.tests, "--transports", options.transports, "--only", options.only,
         "--repeat", str(options.repeat), "--secs", str(options.secs)]
    )  # fmt: skip
    print(table(results))
    shown, missed = missed_goals(results, QUICK_GOALS if options.quick else GOALS)
    print(f"\n{shown}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
