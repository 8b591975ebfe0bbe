"""Our router beside Crossbar in one run: CPU time per call, per event and per fan-out.

The load generator stands beside the repository, in ``../shared/bench``; it is built in a folder
of its own and never copied into the project. Without it, or without a C compiler, the run says
so and ends with status 0. Only the ratio of two routers in one run means anything.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop.crossbar import REALM, CrossbarRouter, free_port

__all__ = ["Result", "compare", "table"]

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT.parent / "shared" / "bench"
GOALS = {"rpc_64_256": 8.0, "fan100": 4.0}
"""How many times cheaper than Crossbar's ours must be, by test."""


@dataclass(frozen=True)
class Result:
    """CPU time of one router for one unit of one test: a call, a delivered event, a session."""

    test: str
    transport: str
    router: str
    cpu_us: float


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
        rows = json.loads((folder / "out.json").read_text())
    return list(_results(rows))


def table(results: list[Result]) -> str:
    """Return medians as Markdown, one line per test and transport, with the ratio to Crossbar."""
    lines = [
        "| test | transport | Crossbar µs | wampedge µs | limit µs | Crossbar / wampedge |",
        "|---|---|---|---|---|---|",
    ]
    for test, transport in dict.fromkeys((result.test, result.transport) for result in results):
        costs = [_median(results, test, transport, name) for name in ("crossbar", "ours", "limit")]
        shown = " | ".join(f"{cost:.1f}" if cost else "-" for cost in costs)
        ratio = _ratio(results, test, transport)
        lines.append(f"| {test} | {transport} | {shown} | {ratio:.1f} |")
    return "\n".join(lines)


def missed_goals(results: list[Result]) -> list[str]:
    """Name the tests in which ours is not as many times cheaper as promised."""
    return [
        f"{test} over {transport}: {ratio:.1f} times cheaper than Crossbar, wanted {goal:.0f}"
        for test, goal in GOALS.items()
        for transport in dict.fromkeys(row.transport for row in results if row.test == test)
        if (ratio := _ratio(results, test, transport)) < goal
    ]


def _routers(folder: Path, bench: Path) -> dict[str, Any]:
    crossbar = CrossbarRouter(folder / "crossbar")
    ours, limit_ws, limit_rs = free_port(), free_port(), free_port()
    return {
        "crossbar": {
            "cmd": [*crossbar.command(), "--loglevel", "warn"],
            "cwd": str(crossbar.folder),
            "ws": crossbar.url,
            "rs": crossbar.rawsocket_url,
            "realm": REALM,
            "settle": 2,
        },
        "ours": {
            "cmd": [sys.executable, "-m", "tests.bench.bare_router", str(ours), REALM],
            "cwd": str(ROOT),
            "ws": f"ws://127.0.0.1:{ours}/ws",
            "rs": f"rs://127.0.0.1:{ours}",
            "realm": REALM,
        },
        "limit": {
            "cmd": [str(bench / "limit_router"), str(limit_ws), str(limit_rs)],
            "ws": f"ws://127.0.0.1:{limit_ws}/ws",
            "rs": f"rs://127.0.0.1:{limit_rs}",
            "realm": REALM,
        },
    }


def _results(rows: list[dict[str, Any]]) -> Iterable[Result]:
    for row in rows:
        if row.get("error"):
            raise RuntimeError(f"{row['router']} {row['tr']} {row['test']}: {row['error']}")
        if row["test"] != "start":
            unit = "cpu_us_per_unit" if "cpu_us_per_unit" in row else "cpu_us_per_session"
            yield Result(row["test"], row["tr"], row["router"], float(row[unit]))


def _median(results: list[Result], test: str, transport: str, router: str) -> float | None:
    costs = [
        result.cpu_us
        for result in results
        if (result.test, result.transport, result.router) == (test, transport, router)
    ]
    return statistics.median(costs) if costs else None


def _ratio(results: list[Result], test: str, transport: str) -> float:
    crossbar = _median(results, test, transport, "crossbar")
    ours = _median(results, test, transport, "ours")
    return crossbar / ours if crossbar and ours else 0.0


def main() -> int:
    """Run the comparison and print its table; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="our router beside Crossbar in one run")
    parser.add_argument("--tests", default="hot", help="as bench.py names them (default: hot)")
    parser.add_argument("--transports", default="ws:json,ws:msgpack,rs:msgpack")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--secs", type=float, default=1.5)
    parser.add_argument("--quick", action="store_true", help="once, WebSocket only: a minute")
    options = parser.parse_args()
    if not GENERATOR.is_dir() or shutil.which("cc") is None or shutil.which("make") is None:
        print("SKIPPED: no load generator in ../shared/bench, or no C compiler to build it with")
        return 0
    if options.quick:
        options.repeat, options.secs, options.transports = 1, 1.0, "ws:json,ws:msgpack"
    results = compare(
        ["--tests", options.tests, "--transports", options.transports,
         "--repeat", str(options.repeat), "--secs", str(options.secs)]
    )  # fmt: skip
    print(table(results))
    missed = missed_goals(results)
    print("\n".join(missed) or "every goal is met")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
