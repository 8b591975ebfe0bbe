"""``wampedge run --record``, ``sim replay`` and ``sim vcd``: what they print, how they end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.simulation.replay.rig import record
from tests.support.node_process import NodeProcess
from wampedge.cli import main
from wampedge.client.blocking import connect

SITE = """\
wampedge = 1
[node]
name = "n"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "sht3x"
bus = "i2c1"
address = 0x44
every = "10s"
[devices.lamp]
driver = "led"
pin = 27
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


def replay(trace: Path, site: Path, *flags: str) -> int:
    return main(["sim", "replay", str(trace), str(site), *flags])


@pytest.mark.parametrize("mode", ["strict", "keyed"])
def test_same_is_code_0(
    mode: str, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = record(site, tmp_path / "t.jsonl")

    assert replay(trace, site, "--mode", mode) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("same: ")
    assert shown.err == ""


def test_difference_is_code_1_and_another_file_is_named(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = record(site, tmp_path / "t.jsonl")
    site.write_text(SITE.replace("pin = 27", "pin = 26"), encoding="utf-8")

    assert replay(trace, site) == 1
    assert replay(trace, site, "--mode", "keyed") == 1
    shown = capsys.readouterr()
    assert "  made      pins gpio 26 output false" in shown.out
    assert shown.err.splitlines()[0] == (
        f"wampedge sim replay: {site} is not the file the trace was recorded with,"
        " or was changed since"
    )


def test_conform_tells_each_register(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = record(site, tmp_path / "t.jsonl")

    assert replay(trace, site, "--mode", "conform") == 0
    assert "air i2c /dev/i2c-1 0x44 r 6 after 2400" in capsys.readouterr().out

    text = trace.read_text(encoding="utf-8")
    trace.write_text(text.replace('"w":["2400"]', '"w":["2499"]'), encoding="utf-8")
    assert replay(trace, site, "--mode", "conform") == 1
    assert "the model fails (errno 121 EREMOTEIO), the trace does not" in capsys.readouterr().out


def test_bad_trace_and_bad_device_file_are_code_2(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = record(site, tmp_path / "t.jsonl")
    site.write_text(SITE.replace("sht3x", "sht3"), encoding="utf-8")

    assert replay(trace, site) == 2
    trace.write_bytes(trace.read_bytes()[:-5])
    assert replay(trace, site) == 2
    assert main(["sim", "vcd", str(trace), str(tmp_path / "w.vcd")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith('error: devices.air.driver must be the name of a driver, got "sht3"')
    assert sum("the line has no end: the trace was cut" in line for line in lines) == 2


def test_vcd_is_written(site: Path, tmp_path: Path) -> None:
    trace = record(site, tmp_path / "t.jsonl")
    waves = tmp_path / "w.vcd"

    assert main(["sim", "vcd", str(trace), str(waves)]) == 0
    assert "$var wire 1" in waves.read_text(encoding="ascii")


def test_killed_node_leaves_whole_lines_that_can_be_replayed(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "t.jsonl"
    flags = ("--simulate", "--record", str(trace), "--record-limit", "1M")
    with NodeProcess(site, ("unix:",), flags=flags) as node:
        with connect(f"unix:{node.socket_path}", "edge") as session:
            session.call("edge.n.lamp.on")
        os.kill(node.pid, signal.SIGKILL)

    entries = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]
    assert [entry["at"] for entry in entries if entry.get("kind") == "call"] == ["lamp.on"]
    assert entries[-1]["at"] == "27"
    assert entries[-1]["w"] is True
    assert replay(trace, site) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--record-limit", "64M"], "--record-limit is for --record"),
        (["--record", "t", "--record-limit", "1"], "must be 4k to 1024G, such as 64M, got '1'"),
        (["--record", "t", "--record-limit", "xM"], "got 'xM'"),
    ],
)
def test_wrong_limits_are_refused(
    flags: list[str], reason: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["run", str(site), *flags])
    except SystemExit as ended:
        code = int(ended.code or 0)

    assert code == 2
    assert reason in capsys.readouterr().err
