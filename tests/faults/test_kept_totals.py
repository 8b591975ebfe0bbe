"""A meter's total after kill -9: nothing older than the interval is lost, nothing counts twice."""

from __future__ import annotations

import time
from pathlib import Path

from tests.support.node_process import NodeProcess
from wampedge.client.blocking import BlockingSession, connect

SITE = """
wampedge = 1
[node]
name = "t"
[devices.meter]
driver = "pulse"
pin = 17
per_pulse = { value = 10, unit = "L" }
persist = "1s"
"""
INTERVAL_S = 1.0
PATIENCE_S = 10.0


def counted(session: BlockingSession) -> int:
    """Return how many pulses the meter has counted."""
    values = session.call("edge.t.meter.get", fresh=True).value
    return int(values["count"]["value"])


def pulses(session: BlockingSession, count: int) -> None:
    """Let *count* pulses come, and wait until the last one is counted."""
    wanted = counted(session) + count
    session.call("edge.t.sim.pulse", "meter", count, "10ms", "10ms")
    gives_up_s = time.monotonic() + PATIENCE_S
    while counted(session) < wanted:
        assert time.monotonic() < gives_up_s, "the pulses did not arrive"


def outlast_the_interval(session: BlockingSession) -> None:
    """Keep the node busy until what it has counted must be safe."""
    ends_s = time.monotonic() + INTERVAL_S + 0.5
    while time.monotonic() < ends_s:
        counted(session)


def test_a_total_is_exact_after_kill_9_but_for_the_last_interval(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(SITE, encoding="utf-8")
    with NodeProcess(file, listen=("unix:",)) as node:
        with connect(node.url("unix"), "edge") as session:
            pulses(session, 20)
            outlast_the_interval(session)
            pulses(session, 5)
        node.kill()
        node.start()

        with connect(node.url("unix"), "edge") as session:
            after = counted(session)
            total = session.call("edge.t.meter.total.get").value
            outlast_the_interval(session)
            pulses(session, 3)
            outlast_the_interval(session)
        node.kill()
        node.start()

        with connect(node.url("unix"), "edge") as session:
            assert 20 <= after <= 25
            assert total == after * 10
            assert counted(session) == after + 3
