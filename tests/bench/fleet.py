"""What a fleet costs: how much faster than real time it is, and the memory of each node.

Run it as ``python -m tests.bench.fleet``. The goal is for 100 boards with five sensors each at
1 Hz, all of it real: drivers, buses beneath smbus2, the node's own router, the link, the router
upstream, and somebody there who hears every event.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from pathlib import Path

from wampedge.config.checking import check_all
from wampedge.simulation.fleet.fleet import FleetPlan
from wampedge.simulation.fleet.report import FleetReport
from wampedge.simulation.fleet.runner import run_fleet
from wampedge.simulation.fleet.variation import joining

__all__ = ["FACTOR_GOAL", "measured"]

FACTOR_GOAL = 100.0
_HEAD = """\
wampedge = 1
[node]
name = "b"
[defaults]
every = "{every}"
[buses.i2c1]
type = "i2c"
bus = 1
"""
_SENSOR = """\
[devices.s{number}]
driver = "{driver}"
bus = "i2c1"
address = {address}
"""


def device_file(driver: str, *, every: str) -> str:
    """Return a file with five sensors of one kind on one bus."""
    sensors = [
        _SENSOR.format(number=number, driver=driver, address=0x48 + number) for number in range(5)
    ]
    return _HEAD.format(every=every) + "".join(sensors)


def measured(nodes: int, span_s: float, *, every: str = "1s", driver: str = "lm75") -> FleetReport:
    """Run a fleet in which nothing goes wrong and nobody gives orders."""
    config = check_all(device_file(driver, every=every), str(Path("bench.toml"))).config
    assert config is not None, "the file is good"
    joined = joining(config, "unix:in-process")
    return run_fleet(FleetPlan(config=joined, nodes=nodes, span_s=span_s, orders_every_s=None))


def main() -> int:
    """Print the figures; with ``--goals`` end with 1 when the goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet")
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", default="1s")
    parser.add_argument("--profile", action="store_true", help="tell where the time goes")
    parser.add_argument("--goals", action="store_true", help="fail where the goal is missed")
    options = parser.parse_args()
    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    report = measured(options.nodes, options.seconds, every=options.every)
    if options.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
    print(report.text())
    print(f"goal         {FACTOR_GOAL:,.0f} times real time for 100 boards at 1 Hz")
    return int(options.goals and report.factor < FACTOR_GOAL)


if __name__ == "__main__":
    sys.exit(main())
