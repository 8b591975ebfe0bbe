"""The unit, the user and the device rules: valid, and as closed as the hardware allows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd"
UNIT = FOLDER / "wampedge.service"
HIGHEST_EXPOSURE = 1.5


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def _settings(key: str) -> list[str]:
    return re.findall(rf"^{re.escape(key)}=(.*)$", UNIT.read_text(), flags=re.MULTILINE)


@pytest.mark.systemd
def test_exposure_of_the_service_is_low() -> None:
    told = subprocess.run(
        [_tool("systemd-analyze"), "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert exposure is not None, told
    assert float(exposure[1]) <= HIGHEST_EXPOSURE, told


@pytest.mark.systemd
def test_the_unit_is_valid(tmp_path: Path) -> None:
    """Only the program is another one: the real one is not installed under /opt here."""
    unit = tmp_path / UNIT.name
    unit.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE)
    )

    run = subprocess.run(
        [_tool("systemd-analyze"), "verify", "--man=no", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.systemd
def test_the_user_gets_the_groups_of_the_device_nodes(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()

    subprocess.run(
        [_tool("systemd-sysusers"), f"--root={tmp_path}", str(FOLDER / "wampedge.sysusers")],
        capture_output=True, check=True,
    )  # fmt: skip

    members = {
        name: users.split(",")
        for name, _, _, users in (line.split(":") for line in (etc / "group").read_text().split())
    }
    assert {name for name, users in members.items() if "wampedge" in users} == {
        "gpio",
        "i2c",
        "spi",
        "dialout",
    }
    assert re.search(
        r"^wampedge:.*:/var/lib/wampedge:", (etc / "passwd").read_text(), flags=re.MULTILINE
    )


def test_a_wrong_device_file_is_not_tried_again() -> None:
    assert "78" in _settings("RestartPreventExitStatus")[0].split()


def test_the_service_reports_readiness_and_is_watched() -> None:
    assert _settings("Type") == ["notify"]
    assert _settings("WatchdogSec") == ["30s"]


def test_the_service_reaches_every_kind_of_device_and_no_other() -> None:
    kinds = {line.split()[0] for line in _settings("DeviceAllow")}

    assert _settings("DevicePolicy") == ["closed"]
    assert kinds == {
        "char-gpiochip",
        "char-i2c",
        "char-spi",
        "char-ttyAMA",
        "char-ttyS",
        "char-ttyUSB",
        "char-ttyACM",
    }


def test_every_device_rule_names_a_group_of_the_service() -> None:
    rules = (FOLDER / "60-wampedge.rules").read_text()

    groups = set(re.findall(r'GROUP="(\w+)"', rules))

    assert groups == {"gpio", "i2c", "spi"}
