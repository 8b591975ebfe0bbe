"""``wampedge new driver``: what it writes works as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wampedge.cli import main
from wampedge.config import load

KINDS = {
    "on_i2c": ["--bus", "i2c"],
    "on_i2c_by_map": ["--bus", "i2c", "--map"],
    "on_spi": ["--bus", "spi"],
    "on_serial": ["--bus", "serial", "--map"],
    "on_modbus": ["--bus", "modbus"],
    "on_pins": ["--bus", "pins"],
}


def test_the_tests_it_writes_pass_at_once_and_other_plugins_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, flags in KINDS.items():
        assert main(["new", "driver", name, *flags]) == 0

    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio", "drivers"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines()[-1].startswith("21 passed"), done.stdout + done.stderr


@pytest.mark.parametrize("name", KINDS)
def test_a_device_file_with_what_it_says_is_good(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["new", "driver", name, *KINDS[name]])
    out, err = capsys.readouterr()
    said = "".join(line[4:] + "\n" for line in err.partition("In the device file:")[2].splitlines())
    buses = (
        '[buses.i2c1]\ntype = "i2c"\nbus = 1\n[buses.spi0]\ntype = "spi"\n'
        '[buses.uart0]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'
        '[buses.meters]\ntype = "modbus_rtu"\nport = "/dev/ttyUSB1"\n'
    )
    path = tmp_path / "devices.toml"
    path.write_text(f'wampedge = 1\nnode.name = "n"\n{buses}{said}', encoding="utf-8")

    assert load(path).devices["tank"].driver.name == name
    assert all(Path(line).is_file() for line in out.splitlines())


def test_the_names_of_the_driver_fit_into_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["new", "driver", "rain_gauge", "--folder", "mine"])

    texts = [path.read_text(encoding="utf-8") for path in sorted(Path("mine").iterdir())]

    assert len(texts) == 3
    assert "class RainGauge(Driver" in texts[0]
    assert not any("new_part" in text or "NewPart" in text for text in texts)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["relay"], 'there is a driver "relay" already: see wampedge drivers relay'),
        (["A b"], 'write "a_b"'),
        (["x", "--bus", "spi", "--map"], "leave --map out"),
        (["x", "--folder", "/proc/nowhere"], "cannot be written: no such file"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "driver", *arguments]) == 2

    err = capsys.readouterr().err
    assert reason in err
    assert err.count("\n") == 1


def test_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("drivers").mkdir()
    Path("drivers/test_lift.py").write_text("mine", encoding="utf-8")

    assert main(["new", "driver", "lift"]) == 2

    assert "drivers/test_lift.py: already there; nothing was written" in capsys.readouterr().err
    assert [path.name for path in Path("drivers").iterdir()] == ["test_lift.py"]
