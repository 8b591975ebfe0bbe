"""Our client beside autobahn in one run: CPU time of a callee and a publisher, and memory.

The router is ours, in a process of its own; calls come from the generator of ``../shared/bench``,
built in a temporary folder. Without it, or without a C compiler, the run says so and ends with
status 0; autobahn comes from the cache of the interop tests. Only ratios mean anything.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.routers import GENERATOR, ROOT
from tests.interop.crossbar import free_port
from tests.interop.peers import AUTOBAHN

__all__ = ["Figures", "main", "measure"]

REALM = "realm1"
GOALS = {"callee_us": 0.2, "publisher_us": 0.15, "rss_kb": 0.55}
"""What ours may be of autobahn's, by figure."""


@dataclass(frozen=True)
class Figures:
    """One client library: CPU microseconds for each call and publication, memory of the callee."""

    callee_us: float
    publisher_us: float
    rss_kb: float


def measure(command: Sequence[str], load: Path, serializer: str, *, calls: int) -> Figures:
    """Measure the client that *command* starts against a router of its own."""
    port = free_port()
    url = f"ws://127.0.0.1:{port}/ws"
    router = [sys.executable, "-m", "tests.bench.bare_router", str(port), REALM]
    with running([*router]) as served:
        wait_for(port, served)
        arguments = [*command, url, REALM, serializer]
        with running([*arguments, "callee", "0"]) as callee:
            first_line(callee)
            report = subprocess.run(
                [str(load), "rpc", "--url", url, "--realm", REALM, "--ser", serializer,
                 "--proc", "com.example.echo", "--inflight", "32", "--size", "256",
                 "-n", str(calls), "--secs", "20", "--pid", str(callee.pid)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            called = json.loads(report.stdout.splitlines()[-1])
            rss_kb = resident_kb(callee.pid)
        with running([*arguments, "publisher", str(calls)]) as publisher:
            published = first_line(publisher)
    return Figures(called["cpu_us_per_unit"], published["cpu_us"], rss_kb)


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run *command* in the repository and end it."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the first line of the report of *process*."""
    assert process.stdout is not None, "piped"
    for line in process.stdout:
        if line.startswith("{"):
            facts: dict[str, Any] = json.loads(line)
            return facts
    raise RuntimeError(f"{process.args!r} ended without a report")


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Wait until the router listens."""
    wanted = f" 0100007F:{port:04X} "
    while wanted not in Path("/proc/net/tcp").read_text():
        if process.poll() is not None:
            raise RuntimeError("the router ended")
        time.sleep(0.02)


def resident_kb(pid: int) -> float:
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1])
    raise RuntimeError(f"process {pid} is gone")


def main() -> int:
    """Run the comparison and print its table; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="our client beside autobahn in one run")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--serializers", default="msgpack,json")
    options = parser.parse_args()
    if not GENERATOR.is_dir() or shutil.which("cc") is None or shutil.which("make") is None:
        print("SKIPPED: no load generator in ../shared/bench, or no C compiler to build it with")
        return 0
    python = AUTOBAHN.install() / "bin" / "python"
    theirs = [str(python), str(ROOT / "tests/interop/clients/autobahn_load.py")]
    ours = [sys.executable, "-m", "tests.bench.client_load"]
    missed = 0
    print("| serializer | figure | autobahn | wampedge | ratio | goal |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        bench = Path(name) / "bench"
        shutil.copytree(GENERATOR, bench, copy_function=shutil.copy)
        subprocess.run(["make", "-C", str(bench)], check=True, stdout=subprocess.DEVNULL)
        for serializer in options.serializers.split(","):
            pairs = [
                [
                    measure(command, bench / "wampload", serializer, calls=options.calls)
                    for command in (theirs, ours)
                ]
                for _ in range(options.repeat)
            ]
            for figure, goal in GOALS.items():
                # Other programs only ever add time, so the least of several runs is nearest.
                cost = [min(getattr(pair[side], figure) for pair in pairs) for side in (0, 1)]
                ratio = cost[1] / cost[0]
                missed += ratio > goal
                shown = f"{cost[0]:.1f} | {cost[1]:.1f} | {ratio:.3f} | {goal}"
                print(f"| {serializer} | {figure} | {shown} |", flush=True)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
