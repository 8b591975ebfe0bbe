"""What it costs to start a program that serves devices, and to keep it: ours beside mqtt-io.

``python -m tests.bench.device_runtimes`` starts both with as many simulated devices, in turns, and
prints medians and their ratio. mqtt-io has its ``mock`` sensors and outputs, which touch no bus;
ours has whole simulated chips beneath the real drivers. The clock starts with the process and
stops when the program says that it runs; CPU time is that of all its threads.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.startup import Cost, cost_of, measure, median
from tests.interop.peers import MQTT_IO

__all__ = ["mqtt_io"]

READY_LIMIT_S = 60.0
GOAL = 0.5
"""Our CPU time to start, at most, as a share of mqtt-io's."""
_WAIT = """
import sys, paho.mqtt.subscribe
while paho.mqtt.subscribe.simple("bench/status", port=int(sys.argv[1])).payload != b"running":
    pass
"""


def mqtt_io(devices: int, port: int, *, idle_s: float = 3.0) -> Cost:
    """Start mqtt-io with *devices* mock devices against the broker at *port*, then end it."""
    python = str(MQTT_IO.install() / "bin" / "python")
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "mqtt-io.yml"
        settings.write_text(json.dumps(_settings(devices, port)))  # JSON is YAML as well
        waiting = subprocess.Popen([python, "-c", _WAIT, str(port)], stderr=subprocess.DEVNULL)
        started = time.perf_counter()
        process = subprocess.Popen(
            [python, "-m", "mqtt_io", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            waiting.wait(READY_LIMIT_S)
            return cost_of(process.pid, time.perf_counter() - started, idle_s=idle_s)
        finally:
            for each in (process, waiting):
                each.terminate()
                each.wait()


def _settings(devices: int, port: int) -> dict[str, object]:
    """Return a configuration with half sensors, sampled every 10 s, and half outputs."""
    outputs = devices // 2
    return {
        "mqtt": {"host": "127.0.0.1", "port": port, "topic_prefix": "bench"},
        "gpio_modules": [{"name": "gpio", "module": "mock"}],
        "sensor_modules": [{"name": "sensors", "module": "mock"}],
        "digital_outputs": [
            {"name": f"out{number}", "module": "gpio", "pin": number} for number in range(outputs)
        ],
        "sensor_inputs": [
            {"name": f"sensor{number}", "module": "sensors", "interval": 10}
            for number in range(devices - outputs)
        ],
    }


@contextmanager
def broker() -> Iterator[int | None]:
    """Run mosquitto on a free port and give the port; None where it is not installed."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        settings = Path(folder) / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        process = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if not tried.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)  # another program starts; nothing tells when it listens
    raise RuntimeError("the broker does not listen")


def main() -> int:
    """Print the table; 1 when our start costs more than the goal."""
    parser = argparse.ArgumentParser(description="start of a device runtime: ours and mqtt-io")
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    ours: list[Cost] = []
    theirs: list[Cost] = []
    with broker() as port:
        if port is None:
            print("SKIPPED: mosquitto is not installed (apt-get install mosquitto)")
            return 0
        for _ in range(options.repeat):
            theirs.append(mqtt_io(options.devices, port))
            ours.append(measure(options.devices))
    print("| runtime | devices | CPU s to ready | idle RSS MB | threads | idle CPU % |")
    print("|---|---|---|---|---|---|")
    for name, costs in (("wampedge", ours), ("mqtt-io", theirs)):
        cost = median(costs)
        print(
            f"| {name} | {options.devices} | {cost.cpu_s:.2f} | {cost.rss_mb:.1f}"
            f" | {cost.threads} | {cost.idle_cpu_percent:.2f} |"
        )
    ratio = statistics.median(c.cpu_s for c in ours) / statistics.median(c.cpu_s for c in theirs)
    print(f"\nCPU time to start: {ratio:.2f} of mqtt-io's (goal {GOAL:g})")
    return int(ratio > GOAL)


if __name__ == "__main__":
    sys.exit(main())
