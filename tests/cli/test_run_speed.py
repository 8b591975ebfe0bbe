"""``wampedge run --speed``: a simulation at a pace of its own, which others can join."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.node_process import NodeProcess
from wampedge.cli import main
from wampedge.client.blocking import connect

FILE = """
wampedge = 1
node.name = "n"

[buses.i2c1]
type = "i2c"
bus = 1

[devices.air]
driver = "lm75"
bus = "i2c1"
every = "30s"
"""


@pytest.mark.parametrize("speed", ["max", "3000"])
def test_hours_pass_in_seconds_and_clients_take_part(speed: str, tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(FILE, encoding="utf-8")
    times: list[float] = []
    with NodeProcess(path, ("unix:",), flags=("--speed", speed)) as node:
        began_s = time.time()
        with connect(f"unix:{node.socket_path}", "edge") as session:
            for event in session.subscribe("edge.n.air.temperature"):
                times.append(event.kwargs["time"])
                if len(times) == 120:
                    break

    steps = [after - before for before, after in pairwise(times)]
    assert steps == [pytest.approx(30.0, abs=1e-3)] * 119
    assert times[0] >= began_s - 30.0, "the clock began at the real time"


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--speed", "0"], "must be a number from 0.01 to 1e+06, or max, got '0'"),
        (["--speed", "fast"], "or max, got 'fast'"),
        (["--speed", "nan"], "or max, got 'nan'"),
        (["--seed", "x"], "argument --seed: invalid int value: 'x'"),
    ],
)
def test_a_wrong_pace_is_refused(
    flags: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", *flags])

    assert ended.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("flags", [["--speed", "2"], ["--seed", "1"], ["--world", "x.toml"]])
def test_hardware_has_its_own_pace_and_world(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--hardware", *flags]) == 2
    assert "--speed, --seed and --world are for a simulation" in capsys.readouterr().err
