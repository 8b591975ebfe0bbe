"""What a user installs: both archives hold everything, and the program runs from them alone."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_PACKAGES = 10
"""pip and setuptools not counted, which most systems have."""

pytestmark = pytest.mark.slow


def _run(*command: str | Path, folder: Path) -> str:
    """Run *command* in *folder*; what it printed, or all of it in the failure."""
    run = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"{run.args} ended with {run.returncode}\n{run.stdout}{run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the source archive, and the wheel from that archive alone."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(archives: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    _run(sys.executable, "-m", "venv", folder, folder=folder.parent)
    _run(folder / "bin" / "pip", "install", "--quiet", archives[1], folder=folder.parent)
    return folder


def test_the_wheel_holds_every_tracked_file_of_the_packages(archives: tuple[Path, Path]) -> None:
    tracked = _run(
        "git", "ls-files", "wampedge", "drivers/wampedge_drivers", "simulator/wampedge_simulator",
        folder=ROOT,
    ).split()  # fmt: skip
    wanted = {name.removeprefix("drivers/").removeprefix("simulator/") for name in tracked}

    with zipfile.ZipFile(archives[1]) as wheel:
        missing = wanted - set(wheel.namelist())

    assert missing == set()


def test_the_wheel_brings_the_example_file_and_the_service(archives: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(archives[1]) as wheel:
        shared = {name.partition("/data/share/wampedge/")[2] for name in wheel.namelist()} - {""}

    assert shared == {
        "devices.toml",
        "systemd/60-wampedge.rules",
        "systemd/README.md",
        "systemd/wampedge.service",
        "systemd/wampedge.sysusers",
    }


def test_the_source_archive_holds_tests_and_documents(archives: tuple[Path, Path]) -> None:
    with tarfile.open(archives[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"tests/conftest.py", "devices.toml", "LICENSE", "README.md", ".ci/check"} <= names


def test_the_installed_program_answers_and_checks_its_example(environment: Path) -> None:
    program = environment / "bin" / "wampedge"
    example = environment / "share" / "wampedge" / "devices.toml"

    told = _run(program, "--help", folder=environment)
    _run(program, "check", example, folder=environment)

    assert "wampedge" in told


def test_drivers_are_found_outside_the_repository(environment: Path) -> None:
    told = _run(environment / "bin" / "wampedge", "drivers", folder=environment)

    assert {"bme280", "relay", "line", "ads1115"} <= set(told.split())


def test_few_packages_are_installed(environment: Path) -> None:
    told = _run(environment / "bin" / "pip", "list", "--format=freeze", folder=environment)

    names = {line.partition("==")[0] for line in told.split()} - {"pip", "setuptools"}

    assert len(names) <= MOST_PACKAGES, names
