"""``wampedge sim fleet`` in this process: what it prints, writes and ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wampedge.cli import main

SITE = """\
wampedge = 1
[node]
name = "a"
[devices.lamp]
driver = "led"
pin = 27
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "devices.toml"
    path.write_text(SITE)
    return str(path)


def run(*arguments: str) -> int:
    return main(["sim", "fleet", *arguments])


def test_fleet_that_holds_is_code_0_and_tells_figures(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(file, "--nodes", "4", "--for", "5m", "--chaos", "link,power", "--seed", "3")

    out = capsys.readouterr().out
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert list(lines) == [
        "nodes", "time", "events", "faults", "reconnects", "orders", "memory", "seed"
    ]  # fmt: skip
    assert lines["nodes"].startswith("nodes        4, ")
    assert "times real time" in lines["time"]
    assert "4 outputs watched" in lines["orders"]
    assert lines["seed"].startswith("seed         3, digest ")


def test_log_of_a_run_is_replayed_to_the_same_end(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    flags = (file, "--nodes", "3", "--for", "4m")
    assert run(*flags, "--chaos", "link,clock", "--rate", "60", "--log", str(log)) == 0
    first = capsys.readouterr().out.splitlines()[-1]
    assert {json.loads(line)["kind"] for line in log.read_text().splitlines()} >= {"clock"}

    assert run(*flags, "--replay", str(log)) == 0

    assert capsys.readouterr().out.splitlines()[-1] == first


def test_what_breaks_is_code_1_and_is_shrunk(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    flags = (file, "--nodes", "3", "--for", "4m", "--within", "1ms", "--orders", "0s")

    code = run(*flags, "--chaos", "link", "--rate", "60", "--log", str(log))

    out = capsys.readouterr().out
    assert code == 1
    assert "registrations: not back in time" in out
    assert "1 fault breaks it:" in out
    small = tmp_path / "log.small"
    assert len(small.read_text().splitlines()) == 1
    again = out.splitlines()[-1]
    assert again.startswith(f"again: the same flags, --replay {small} --only ")
    assert run(*flags, "--shrink", "0", *again.split()[4:8]) == 1


def test_shrinking_may_be_left_out(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--nodes", "2", "--for", "3m", "--within", "1ms", "--shrink", "0")

    assert run(file, *flags, "--chaos", "link", "--rate", "60") == 1
    assert "it:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--nodes", "0"), "must be 1 to 5000, got '0'"),
        (("--chaos", "fire"), "must be of link, power, clock, router, got 'fire'"),
        (("--for", "soon"), "argument --for: "),
        (("--rate", "0"), "must be more than 0, up to 3600, got '0'"),
        (("--only", "1,x"), "must be numbers of nodes, such as 0,7, got '1,x'"),
        (("--seed", "-1"), "argument --seed: must be 0 to "),
    ],
)
def test_bad_flag_is_code_2(
    file: str, flags: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(file, *flags)

    assert caught.value.code == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--chaos", "link", "--replay", "x"), "--replay says what goes wrong"),
        (("--replay", "none"), "cannot read none: "),
        (("--nodes", "3", "--only", "3"), "--only must name nodes 0..2, got 3"),
        (("--router", "ftp://x"), "ftp"),
        (("--router", "unix:/none/x.sock"), "no such socket"),
        (("--router", "ws://127.0.0.1:1/ws", "--chaos", "router"), "cannot be killed"),
        (("--for", "1s", "--log", "/none/x"), "cannot write /none/x: No such file"),
    ],
)
def test_what_cannot_be_run_is_code_2(
    file: str, flags: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file, *flags) == 2
    assert text in capsys.readouterr().err


def test_bad_device_file_is_code_2_and_shows_the_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(SITE.replace("led", "lead"))

    assert run(str(path)) == 2
    assert 'did you mean "led"?' in capsys.readouterr().err.replace(
        "did you mean led?", 'did you mean "led"?'
    )
