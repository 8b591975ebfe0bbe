"""``wampedge sim`` in this process: what it prints and with which code it ends."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from wampedge.cli import main

SITE = 'wampedge = 1\n[node]\nname = "a"\n[devices.lamp]\ndriver = "led"\npin = 27\n'
HEAD = 'name = "light"\ndevices = "site.toml"\n'
GOOD = f"{HEAD}[[step]]\ncall = {{ procedure = 'lamp.on' }}\nexpect = {{ signal = 'gpio:27' }}\n"
FAILS = GOOD.replace("gpio:27", "gpio:26")
BAD = GOOD.replace("lamp.on", "lamp.no")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    return tmp_path


def scenario(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return str(path)


def run(*arguments: str) -> int:
    return main(["sim", *arguments])


def test_good_scenario_passes_in_two_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario(folder, "good", GOOD)

    assert run("test", path) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"pass  light ({path}): 0")
    assert last == "1 passed, 0 failed"


def test_expectation_that_fails_is_code_1_and_leaves_waves(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario(folder, "fails", FAILS)

    assert run("test", path, "--vcd-dir", str(folder / "waves"), "--seed", "9") == 1
    out = capsys.readouterr().out
    assert "gpio:26 equals true" in out
    assert "seed 9" in out
    assert out.endswith("0 passed, 1 failed\n")
    assert (folder / "waves" / "fails.vcd").exists()


def test_bad_scenario_is_code_2_and_shows_the_mistake(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario(folder, "bad", BAD)

    assert run("test", path) == 2
    out = capsys.readouterr().out
    assert "did you mean lamp.on" in out
    assert out.endswith("0 passed, 1 failed\n")


def test_scenario_that_takes_too_long_is_code_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GOOD.replace("[[step]]", "duration = '400d'\n[[step]]\nevery = '1ms'\n", 1)
    path = scenario(folder, "long", text.replace("devices", "seed = 1\ndevices"))

    assert run("test", path, "--timeout", "0.5", "--vcd-dir", str(folder)) == 3
    assert "time-out: 0.5 s of CPU time" in capsys.readouterr().out


def test_worst_of_several_is_the_exit_code_and_junit_has_them_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"a": GOOD, "b": FAILS, "c": BAD}
    for name, text in names.items():
        scenario(folder, name, text)
    junit = folder / "out" / "junit.xml"

    assert run("test", str(folder), "--junit", str(junit), "--vcd-dir", str(folder)) == 2
    assert capsys.readouterr().out.endswith("1 passed, 2 failed\n")
    suite = ET.parse(junit).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")


def test_hash_is_shown_where_it_is_asked_for_and_is_the_same_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario(folder, "good", GOOD)

    lines = []
    for _ in range(2):
        assert run("test", path, "-v") == 0
        lines.append(capsys.readouterr().out.splitlines()[1])

    assert "2 edges" in lines[0]  # on, and off when the node stops
    assert lines[0] == lines[1]


def test_hash_is_the_same_again_where_a_link_fails_and_comes_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = '[upstream]\nurl = "wss://router.farm.example:443/ws"\nrealm = "farm"\n'
    (folder / "site.toml").write_text(SITE + link)
    steps = "".join(
        f"[[step]]\nat = '{at}'\nlink = {{ state = '{state}' }}\n"
        for at, state in (("3s", "down"), ("8s", "up"))
    )
    end = "[[step]]\nat = '20s'\nexpect = { signal = 'sys.link', equals = 'joined' }\n"
    path = scenario(folder, "linked", f"{HEAD}{steps}{end}")

    lines = []
    for _ in range(2):
        assert run("test", path, "-v") == 0
        lines.append(capsys.readouterr().out.splitlines()[1])

    assert lines[0] == lines[1]


def test_check_only_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fails, bad = scenario(folder, "fails", FAILS), scenario(folder, "bad", BAD)

    assert run("check", fails) == 0
    assert capsys.readouterr().out == f"{fails}: ok: 1 step\n"
    assert run("check", fails, bad) == 2
    assert "did you mean lamp.on" in capsys.readouterr().out


def test_folder_without_scenarios_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("test", str(folder)) == 2
    assert "no scenario in" in capsys.readouterr().err


def test_scenario_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("test", "/nowhere/x.toml") == 2
    assert "scenario /nowhere/x.toml cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("flags", [["--timeout", "0"], ["--seed", "-1"], ["--timeout", "x"]])
def test_flags_that_mean_nothing_are_refused(flags: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("test", "x.toml", *flags)

    assert caught.value.code == 2
