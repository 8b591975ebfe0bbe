"""Traces that are cut, damaged or no traces: one error, with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wampedge.hardware.recording.entries import TraceError
from wampedge.simulation.replay.trace import read_trace

HEADER = json.dumps(
    {
        "format": "wampedge-trace",
        "version": 1,
        "node": "n",
        "digest": "sha256:0",
        "started": 1000.5,
        "monotonic": 12,
    }
)
READ = '{"t":5,"kind":"i2c","bus":"/dev/i2c-1","at":"0x76","w":["d0",1],"r":"60","ns":390}'


def trace_of(folder: Path, *lines: str, end: str = "\n") -> Path:
    path = folder / "t.jsonl"
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def test_a_trace_is_read_with_its_lines(tmp_path: Path) -> None:
    start = '{"t":1,"kind":"mark","op":"start","w":{"rain":{"pulses":3}}}'

    trace = read_trace(trace_of(tmp_path, HEADER, start, READ))

    assert (trace.started, trace.monotonic, trace.end_ns) == (1000.5, 12.0, 5)
    assert trace.kept == {"rain": {"pulses": 3}}
    assert trace.mark("stop") is None
    entry = trace.entries[1]
    assert entry.request == ("i2c", "/dev/i2c-1", "0x76", "", ["d0", 1])
    assert (entry.r, entry.ns, entry.line) == ("60", 390, 3)


def test_cut_trace_is_named_with_its_line_and_a_way_out(tmp_path: Path) -> None:
    path = trace_of(tmp_path, HEADER, READ, READ[:30], end="")

    with pytest.raises(TraceError) as raised:
        read_trace(path)

    assert str(raised.value) == (
        f"{path}:3: the line has no end: the trace was cut, as when the power fails;"
        f" `head -n 2 {path}` gives its full lines"
    )


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (READ[:30], "is damaged, no JSON"),
        ("[]", "must be an object"),
        ("{}", 'has no "t"'),
        ('{"t":1}', 'has no "kind"'),
        (READ.replace('"t":5', '"t":-5'), "times must be 0 or more"),
        (READ.replace('"t":5', '"t":"5"'), "\"t\" must be a whole number, got '5'"),
        (READ.replace('"t":5', '"t":true'), '"t" must be a whole number, got True'),
        (READ.replace('"at"', '"to"'), 'has an unknown key "to"'),
        (READ.replace('"60"', '"6"'), '"r" must be bytes in hexadecimal'),
        (READ.replace('"60"', '"6060"'), '"r" must have 1 bytes, as "w" asks for'),
        (READ.replace('["d0",1]', '"d0"'), '"w" must be a list of messages'),
        (READ.replace('["d0",1]', "[true]"), '"w" must be a list of bytes and sizes'),
        ('{"t":1,"kind":"spi","bus":"b","at":"0","w":5}', '"w" must be bytes in hexadecimal'),
        ('{"t":1,"kind":"pins","bus":"gpio","at":"4","op":"edge","r":true}', "its time in ns"),
        ('{"t":1,"kind":"pins","bus":"gpio","at":"4","op":"write","w":"on"}', "a level"),
        ('{"t":1,"kind":"call","at":"a.on","w":[]}', '"args" and "kwargs"'),
        ('{"t":1,"kind":"mark","op":"start","w":[]}', "must be what devices keep"),
    ],
)
def test_damaged_line_is_named_with_its_reason(damaged: str, reason: str, tmp_path: Path) -> None:
    path = trace_of(tmp_path, HEADER, READ, damaged, READ)

    with pytest.raises(TraceError) as raised:
        read_trace(path)

    assert str(raised.value).startswith(f"{path}:3: ")
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("{}", 'is no trace (its first line must say "format": "wampedge-trace")'),
        ("hello", "is damaged, no JSON: 'hello'"),
        (HEADER.replace('"version": 1', '"version": 2'), "is of version 2, this wampedge reads 1"),
        (HEADER.replace('"started": 1000.5', '"started": "x"'), '"started" is missing or wrong'),
    ],
)
def test_file_that_is_no_trace_of_ours_is_refused(header: str, reason: str, tmp_path: Path) -> None:
    path = trace_of(tmp_path, header, READ)

    with pytest.raises(TraceError) as raised:
        read_trace(path)

    assert str(raised.value) == f"{path}:1: {reason}"


def test_missing_and_empty_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"none\.jsonl cannot be read: No such file"):
        read_trace(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(TraceError, match=r"empty\.jsonl:1: the trace is empty"):
        read_trace(tmp_path / "empty.jsonl")
