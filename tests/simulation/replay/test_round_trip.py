"""What was recorded is replayed: the same node is the same, a changed one is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.simulation.replay.rig import GREENHOUSE, line_with, record
from wampedge.client import Session
from wampedge.config import load
from wampedge.devices.kept import KeptValue
from wampedge.simulation.replay.report import keyed_report, strict_report
from wampedge.simulation.replay.run import replay_keyed, replay_strict
from wampedge.simulation.replay.trace import read_trace
from wampedge.store.store import Store
from wampedge_drivers.i2c import bme280
from wampedge_simulator.substrate import SimulatedSubstrate

MORE = """
wampedge = 1
[node]
name = "more"
[buses.s]
type = "spi"
bus = 0
[buses.w]
type = "onewire"
[buses.i2c1]
type = "i2c"
bus = 1
[buses.line]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
[devices.adc]
driver = "mcp3008"
bus = "s"
[devices.probe]
driver = "ds18b20"
bus = "w"
id = "28-0316a2794f1b"
[devices.damp]
driver = "dht22"
pin = 4
every = "5s"
[devices.far]
driver = "hcsr04"
pins = { trigger = 5, echo = 6 }
[devices.meter]
driver = "sdm120"
bus = "line"
unit_id = 1
[devices.mux1]
driver = "tca9548a"
bus = "i2c1"
address = 0x70
[devices.a]
driver = "sht3x"
bus = "mux1:0"
address = 0x44
[devices.b]
driver = "sht3x"
bus = "mux1:1"
address = 0x44
"""
"""Every kind of seam the greenhouse does not have."""


async def busy_minute(board: SimulatedSubstrate, client: Session) -> None:
    """Calls, edges, a faulty sensor, a rule that fires and is refused by an interlock."""
    await asyncio.sleep(3)
    board.pulse("rain", 3)
    await client.call("edge.gh1.drip.on")
    await client.call("edge.gh1.tank.zero")
    await client.call("edge.gh1.fan.set", 40)
    board.press("doorbell")
    await asyncio.sleep(0.5)  # what happens in one instant has no order between pins and buses
    board.press("door")
    await asyncio.sleep(0.5)
    board.let_go("doorbell")
    await asyncio.sleep(0.5)
    board.let_go("door")
    board.fault("air", "nack", 5)
    board.set("air", "temperature", 33.0)
    await asyncio.sleep(116)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of two busy minutes in the greenhouse."""
    return record(GREENHOUSE, tmp_path_factory.mktemp("trace") / "busy.jsonl", busy_minute)


def test_greenhouse_does_the_very_same_on_its_own_trace(busy: Path) -> None:
    trace = read_trace(busy)

    player = replay_strict(load(GREENHOUSE), trace, tolerance_s=0.0)

    assert player.difference is None, strict_report(player, trace)
    requests = [e for e in trace.entries if not e.is_stimulus and e.kind != "mark"]
    assert player.made == len(requests)
    assert strict_report(player, trace) == f"same: {player.made} transactions as in {busy}"


def test_calls_edges_and_replies_are_in_the_trace_and_are_repeated(busy: Path) -> None:
    entries = read_trace(busy).entries

    assert [e.at for e in entries if e.kind == "call"] == ["drip.on", "tank.zero", "fan.set"]
    assert [e.r for e in entries if e.at == "22" and e.op == "edge"] == [False, True]
    assert sum(e.at == "23" and e.op == "edge" for e in entries) == 6
    sent = next(e for e in entries if e.op == "tx")
    assert bytes.fromhex(sent.w) == b"ZERO\r\n"
    replies = [bytes.fromhex(e.r) for e in entries if e.op == "rx" and e.t == sent.t]
    assert b"OK\r\n" in replies
    # The relay of the pump is on at a low level; the call itself is not more than its cause.
    assert [e.w for e in entries if e.at == "17" and e.op == "write"][1] is False


def test_one_wrong_byte_of_a_driver_is_found_at_its_line(
    busy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bme280, "MODE_FORCED", 3)  # ctrl_meas 0x27: normal mode
    trace = read_trace(busy)

    player = replay_strict(load(GREENHOUSE), trace)

    line = line_with(busy, '"w":["f425"]')
    report = strict_report(player, trace).splitlines()
    assert report[0].startswith(f"differs: {busy}:{line}, 0.1")
    assert report[1:4] == [
        "  expected  i2c /dev/i2c-1 0x76 w f4 25",
        "  made      i2c /dev/i2c-1 0x76 w f4 27",
        "                                      ^",
    ]


def test_wrong_byte_is_named_in_keyed_mode_and_everything_else_goes_on(
    busy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bme280, "MODE_FORCED", 3)
    trace = read_trace(busy)

    player = replay_keyed(load(GREENHOUSE), trace)

    written = ("i2c", "/dev/i2c-1", "0x76", "", ("f427",))
    assert list(player.strange) == [written]
    assert [entry.w for entry in player.missing] == [["f425"]]
    report = keyed_report(player, trace)
    assert "not in the trace:" in report
    assert f"  line {line_with(busy, 'f425')}: i2c /dev/i2c-1 0x76 w f4 25" in report
    assert player.made > 300


def test_unchanged_node_has_an_answer_to_everything_in_keyed_mode(busy: Path) -> None:
    trace = read_trace(busy)

    player = replay_keyed(load(GREENHOUSE), trace)

    assert (player.strange, player.missing) == ({}, [])
    assert keyed_report(player, trace).startswith("same: ")


def test_another_period_is_a_difference_in_time(busy: Path, tmp_path: Path) -> None:
    changed = tmp_path / "devices.toml"
    text = GREENHOUSE.read_text(encoding="utf-8")
    changed.write_text(text.replace('every = "10s"', 'every = "7s"'), encoding="utf-8")
    trace = read_trace(busy)

    player = replay_strict(load(changed), trace)

    assert player.difference is not None
    assert player.difference.expected is not None
    early_s = (player.difference.expected.t - player.difference.at_ns) / 1e9
    assert early_s == pytest.approx(3.0, abs=0.1)
    assert "expected at 10." in strict_report(player, trace)


def test_device_that_is_not_there_any_more_is_missed(busy: Path, tmp_path: Path) -> None:
    changed = tmp_path / "devices.toml"
    text = GREENHOUSE.read_text(encoding="utf-8")
    changed.write_text(text.replace('driver = "sht3x"', 'driver = "sht3x"\nenabled = false'))
    trace = read_trace(busy)

    player = replay_strict(load(changed), trace)

    line = line_with(busy, '"w":["2400"]')
    assert player.difference is not None
    assert strict_report(player, trace).splitlines()[:3] == [
        f"differs: {busy}:{line}, {player.difference.at_ns / 1e9:.6f} s after the start",
        "  expected  i2c /dev/i2c-1 0x44 w 24 00",
        "  made      nothing",
    ]


def test_every_other_seam_is_recorded_and_replayed(tmp_path: Path) -> None:
    file = tmp_path / "more.toml"
    file.write_text(MORE, encoding="utf-8")
    trace = read_trace(record(file, tmp_path / "more.jsonl"))

    player = replay_strict(load(file), trace, tolerance_s=0.0)

    assert player.difference is None, strict_report(player, trace)
    kinds = {entry.kind for entry in trace.entries}
    assert kinds == {"mark", "i2c", "spi", "files", "modbus", "pins"}
    assert {"low", "free", "edge"} <= {e.op for e in trace.entries if e.at == "4"}


def test_kept_values_and_the_clock_are_those_of_the_trace(tmp_path: Path) -> None:
    store = Store(is_inline=True)
    level: dict[str, KeptValue] = {
        "level": True,
        "count": 100,
        "start": 0.0,
        "value": 0.2794,
        "unit": "mm",
    }
    store.kept.of("rain").put("pulses", level)
    path = record(GREENHOUSE, tmp_path / "t.jsonl", store=store)
    trace = read_trace(path)

    player = replay_strict(load(GREENHOUSE), trace, tolerance_s=0.0)

    assert trace.kept == {"rain": {"pulses": level}}
    assert trace.started == 1_767_225_600.0  # 2026-01-01, where virtual time begins
    assert player.difference is None
