"""The file of a trace: whole lines, bounded, and never the node's problem."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from wampedge.errors import HardwareError
from wampedge.hardware.recording.entries import Entry
from wampedge.hardware.recording.writer import TraceWriter
from wampedge_simulator.clock import SteppedClock

ENTRY = Entry(5, "i2c", "/dev/i2c-1", "0x76", "", ["d0", 1], "60", 390)


def opened(path: Path, **options: Any) -> TraceWriter:
    header = {"node": "n", "monotonic": 0.0}
    return TraceWriter(path, SteppedClock(), header=header, **options)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_first_line_says_what_it_is_and_entries_leave_out_what_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    writer = opened(path)

    writer.write(ENTRY)

    # Read before it is closed: a node that is killed has written this much.
    assert path.read_text(encoding="utf-8").splitlines() == [
        '{"format":"wampedge-trace","version":1,"node":"n","monotonic":0.0}',
        '{"t":5,"kind":"i2c","bus":"/dev/i2c-1","at":"0x76","w":["d0",1],"r":"60","ns":390}',
    ]
    writer.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_times_count_from_the_start(tmp_path: Path) -> None:
    clock = SteppedClock()
    clock.spend(100.0)
    writer = TraceWriter(tmp_path / "t", clock, header={"monotonic": 100.0})

    clock.spend(0.25)

    assert writer.now_ns() == 250_000_000
    assert writer.since_start(100_000_000_007) == 7
    writer.close()


def test_full_trace_ends_with_a_mark_within_its_limit_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "t.jsonl"
    writer = opened(path, limit_bytes=4096)

    for _ in range(100):
        writer.write(ENTRY)
    writer.close()

    lines = lines_of(path)
    assert (lines[-1]["kind"], lines[-1]["op"]) == ("mark", "full")
    assert 30 < len(lines) < 60
    assert path.stat().st_size <= 4096
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "is full" in caplog.text


def test_file_that_was_there_is_kept_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("of the run that crashed")

    opened(path).close()

    assert (tmp_path / "t.jsonl.1").read_text() == "of the run that crashed"
    assert len(lines_of(path)) == 1


def test_disk_that_refuses_ends_the_recording_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "full"
    writer = opened(path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writer._descriptor)
    os.close(full)

    writer.write(ENTRY)
    writer.write(ENTRY)

    assert not writer.is_on
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: No space left on device: recording ends here"
    ]


def test_folder_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "none" / "t.jsonl"

    with pytest.raises(HardwareError, match=r"t\.jsonl cannot be written: No such file"):
        opened(path)
