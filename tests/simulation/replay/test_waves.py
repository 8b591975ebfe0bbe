"""A trace as waves."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.hardware.recording.entries import Entry, TraceError
from wampedge.simulation.replay.trace import Trace
from wampedge.simulation.replay.waves import waves_of, write_waves


def trace_of(*entries: Entry) -> Trace:
    return Trace(Path("t.jsonl"), {"node": "gh1"}, entries)


def test_pins_are_levels_and_buses_say_what_passes() -> None:
    trace = trace_of(
        Entry(0, "pins", "gpio", "17", "output", True),
        Entry(100, "i2c", "/dev/i2c-1", "0x76", "", ["f7", 2], "5a80", 50),
        Entry(200, "i2c", "/dev/i2c-1", "0x44", "", ["2400"], None, 10, 121, "BusError: no"),
        Entry(400, "pins", "gpio", "17", "write", False),
        Entry(500, "pins", "gpio", "22", "edge", 450, True),
    )

    lines = waves_of(trace).splitlines()

    assert "$timescale 1ns $end" in lines
    names = {line.split()[4]: line.split()[3] for line in lines if line.startswith("$var")}
    kinds = {line.split()[4]: line.split()[1] for line in lines if line.startswith("$var")}
    assert kinds["gpio_17"] == kinds["gpio_22"] == kinds["i2c_1.busy"] == "wire"
    assert kinds["i2c_1"] == "string"
    changes = lines[lines.index("$dumpvars") :]
    first = changes[1 : changes.index("$end")]
    assert f"x{names['gpio_17']}" in first
    assert f"0{names['i2c_1.busy']}" in first
    places = {line: number for number, line in enumerate(changes)}
    read = f"s0x76_w_f7_r_5a80 {names['i2c_1']}"
    assert places["#100"] < places[read] < places["#150"]
    assert places["#200"] < places[f"1{names['i2c_1.failed']}"] < places["#210"]
    assert f"s0x44_w_2400_errno121 {names['i2c_1']}" in changes
    assert places["#400"] < places["#450"]  # the stamp of the kernel, not when we were told
    assert changes[places["#450"] + 1] == f"1{names['gpio_22']}"
    assert changes[places["#400"] + 1] == f"0{names['gpio_17']}"


def test_duty_of_a_wave_is_a_number() -> None:
    trace = trace_of(
        Entry(0, "pins", "gpio", "18", "pwm 100", 0.0),
        Entry(9, "pins", "gpio", "18", "duty", 0.4),
    )

    lines = waves_of(trace).splitlines()

    assert "$var real 64 ! gpio_18 $end" in lines
    assert lines[lines.index("#9") + 1] == "r0.4 !"


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"w\.vcd cannot be written: No such file"):
        write_waves(trace_of(), tmp_path / "none" / "w.vcd")
