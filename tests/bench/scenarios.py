"""What scenarios cost: start-up of ``wampedge sim test``, and how much faster than real time it is.

Run it as ``python -m tests.bench.scenarios``. Three sites: the README's example, which samples
five parts each 10 s and hears a line each second; the example greenhouse, which samples six sensors
each 30 s; and one sensor each 10 s with a thermostat, which is what the goal of 10,000 times real
time is about.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from wampedge.simulation.runner import Settings, run_scenario
from wampedge.simulation.scenario_file import load_scenario

__all__ = ["SPEED_GOAL", "START_GOAL_S", "speed_factor", "start_up_s"]

START_GOAL_S = 1.0
SPEED_GOAL = 10_000.0
_ROOT = Path(__file__).parents[2]
_THERMOSTAT = """\
wampedge = 1
[node]
name = "n"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "lm75"
bus = "i2c1"
every = "10s"
[devices.heater]
driver = "relay"
pin = 5
[rules.cold]
when = "air.temperature < 20"
do = ["heater.on"]
otherwise = ["heater.off"]
"""
_SCENARIO = """\
name = "bench"
devices = "{devices}"
duration = "{duration}"
environ = {{ GH1_TICKET = "x" }}
[[step]]
at = "1s"
expect = {{ signal = "air.status", equals = "ok", within = "1s" }}
"""


def _written(folder: Path, devices: Path, duration: str) -> Path:
    path = folder / "bench.toml"
    path.write_text(_SCENARIO.format(devices=devices, duration=duration), encoding="utf-8")
    return path


def start_up_s(folder: Path) -> float:
    """Return the CPU time of a whole process that plays 5 s of the README's example."""
    path = _written(folder, _ROOT / "devices.toml", "5s")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "wampedge", "sim", "test", str(path)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed_factor(folder: Path, devices: Path, duration: str) -> float:
    """Return how many seconds of virtual time one second of CPU time plays."""
    outcome = run_scenario(load_scenario(_written(folder, devices, duration)), Settings())
    assert outcome.verdict == "passed", outcome.details()
    return outcome.at_s / outcome.cpu_s


def main() -> int:
    """Print the figures; with ``--goals`` end with 1 when the start-up misses its goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scenarios")
    parser.add_argument("--goals", action="store_true", help="fail where a goal is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        thermostat = folder / "thermostat.toml"
        thermostat.write_text(_THERMOSTAT, encoding="utf-8")
        start_s = min(start_up_s(folder) for _ in range(3))
        print(f"start-up, devices.toml: {start_s:.2f} s CPU (goal {START_GOAL_S:g})")
        sites = {
            "README's example (1 Hz)": (_ROOT / "devices.toml", "1h"),
            "greenhouse (6 sensors, 30 s)": (_ROOT / "examples/sites/greenhouse.toml", "4h"),
            "thermostat (1 sensor, 10 s)": (thermostat, "1d"),
        }
        for site, (devices, duration) in sites.items():
            factor = speed_factor(folder, devices, duration)
            print(f"{site:<30} {factor:>8,.0f} times real time (goal {SPEED_GOAL:,.0f})")
    return int(options.goals and start_s > START_GOAL_S)


if __name__ == "__main__":
    sys.exit(main())
