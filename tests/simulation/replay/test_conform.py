"""Models compared with a trace: our own agrees, a chip that answers otherwise does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.replay.rig import GREENHOUSE, line_with, record
from wampedge.config import load
from wampedge.simulation.replay.conform import Conformity, conform
from wampedge.simulation.replay.trace import read_trace


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of the greenhouse on our models."""
    return record(GREENHOUSE, tmp_path_factory.mktemp("trace") / "own.jsonl")


def altered(trace: Path, folder: Path, old: str, new: str) -> Path:
    """Return a trace in which the first *old* is *new*, as if another board had made it."""
    text = trace.read_text(encoding="utf-8")
    assert old in text
    path = folder / "altered.jsonl"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def conformity(trace: Path) -> Conformity:
    return conform(load(GREENHOUSE), read_trace(trace))


def test_every_answer_of_our_own_record_is_the_same(own: Path) -> None:
    found = conformity(own)

    assert found.disagreements == []
    assert [t.name for t in found.tallies.values() if t.same < t.asked] == []
    assert "  air i2c /dev/i2c-1 0x76 w d0 r 1" in found.report()
    assert "7 of 7 the same" in found.report()  # every 10 s, and at the start
    assert f"{len(found.tallies)} agree in structure, 0 do not" in found.report()


def test_other_identity_is_a_disagreement(own: Path, tmp_path: Path) -> None:
    trace = altered(own, tmp_path, '"w":["d0",1],"r":"60"', '"w":["d0",1],"r":"58"')

    found = conformity(trace)

    line = line_with(trace, '"r":"58"')
    assert [tally.name for tally in found.disagreements] == ["air i2c /dev/i2c-1 0x76 w d0 r 1"]
    text = "is always 58 in the trace, and always 60 in the model"
    assert f"!   {text}: 1 time, first in line {line}" in found.report()


def test_part_that_was_silent_where_the_model_answers_is_a_disagreement(
    own: Path, tmp_path: Path
) -> None:
    failure = '"errno":121,"error":"BusError: no acknowledge"'
    trace = altered(own, tmp_path, '"w":["d0",1],"r":"60"', f'"w":["d0",1],{failure}')

    report = conformity(trace).report()

    assert "!   the trace fails (errno 121 EREMOTEIO), the model does not: 1 time" in report


def test_measured_values_and_calibration_may_differ(own: Path, tmp_path: Path) -> None:
    # The first three bytes of what the BME280 has from 0x88 on are its trimming.
    trace = altered(own, tmp_path, '"w":["88",26],"r":"', '"w":["88",26],"r":"000000')
    text = trace.read_text(encoding="utf-8")
    start = text.index('"w":["88",26],"r":"000000') + len('"w":["88",26],"r":"000000')
    trace.write_text(text[:start] + text[start + 6 :], encoding="utf-8")

    found = conformity(trace)

    assert found.disagreements == []
    assert "0 of 1 the same  (fixed, and each part has its own)" in found.report()


def test_reply_of_an_instrument_is_wanted(own: Path, tmp_path: Path) -> None:
    sent = '{"t":59900000000,"kind":"serial","bus":"usb","op":"tx","w":"5a45524f0d0a"}\n'
    text = own.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(text) if '"t":60' in line)
    quiet = [line for line in text[at:] if '"op":"rx"' not in line]
    path = tmp_path / "quiet.jsonl"
    path.write_text("".join([*text[:at], sent, *quiet]), encoding="utf-8")

    report = conformity(path).report()

    assert "the model replies, the trace has nothing after it: 1 time" in report
