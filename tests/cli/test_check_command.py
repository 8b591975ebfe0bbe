"""``wampedge check`` in this process: what it prints and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wampedge.cli import main
from wampedge.hardware import probing

GOOD = 'wampedge = 1\n[node]\nname = "a"\n[devices.lamp]\ndriver = "led"\npin = 27\n'
UNUSED = GOOD + '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "site.toml"


def test_a_good_file_is_ok(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD)

    assert main(["check", str(file), "--strict"]) == 0
    assert capsys.readouterr().out == f"{file}: ok: 1 device\n"
    assert main(["check", str(file), "--format", "concise"]) == 0
    assert capsys.readouterr().out == ""


def test_warnings_are_shown_and_count_only_when_strict(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(UNUSED)

    assert main(["check", str(file)]) == 0
    assert "warning: buses.i2c1 serves no device\n" in capsys.readouterr().out
    assert main(["check", str(file), "--strict"]) == 1


@pytest.mark.parametrize("flags", [["--json"], ["--format", "json"]])
def test_mistakes_are_told_as_json(
    flags: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD.replace("27", "99"))

    assert main(["check", str(file), *flags]) == 1
    assert json.loads(capsys.readouterr().out)["line"] == 6


@pytest.mark.parametrize(("form", "begin"), [("full", "error: byte 0xff"), ("concise", "")])
def test_bytes_that_are_no_text_are_told_in_every_format(
    form: str, begin: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(b"# \xff")

    assert main(["check", str(file), "--format", form]) == 1
    out = capsys.readouterr().out
    assert out.startswith(begin or f"{file}:1:3: error: byte 0xff is not UTF-8 text")


def test_a_file_that_is_not_there_is_a_mistake_of_the_command(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(file)]) == 2
    assert "cannot be read: no such file or directory" in capsys.readouterr().err


def test_what_the_machine_lacks_is_told_at_its_place(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(GOOD)
    lack = probing.Lack(("devices", "lamp"), "needs the GPIO header", "get a board", "no-node")
    monkeypatch.setattr(probing, "probe_site", lambda config: [lack])

    assert main(["check", str(file), "--hardware", "--format", "concise"]) == 6
    assert capsys.readouterr().out == (
        f"{file}:4:10: error: devices.lamp needs the GPIO header (get a board) [no-node]\n"
    )


def test_a_file_with_mistakes_is_not_looked_for_on_the_machine(file: Path) -> None:
    file.write_text(GOOD.replace("27", "99"))

    assert main(["check", str(file), "--hardware"]) == 1
