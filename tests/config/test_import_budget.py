"""What ``wampedge check`` may load: by module names, because time depends on the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "devices.toml"
HEAVY = [
    "asyncio",
    "gpiozero",
    "hypothesis",
    "importlib.metadata",
    "lgpio",
    "logging",
    "msgpack",
    "rich",
    "serial",
    "smbus2",
    "socket",
    "ssl",
    "subprocess",
    "websockets",
]

CHECK_EXAMPLE = """
import sys
from pathlib import Path
from wampedge.config import load
load(Path(sys.argv[1]))
"""


def loaded_by(code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}\nprint(*sys.modules)", str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_checker_loads_nothing_heavy() -> None:
    assert loaded_by("import sys, wampedge.config").isdisjoint(HEAVY)


def test_checking_the_example_loads_nothing_heavy() -> None:
    assert sorted(loaded_by(CHECK_EXAMPLE).intersection(HEAVY)) == []


@pytest.mark.parametrize("name", ["wampedge.config.paths", "wampedge.config.model"])
def test_what_commands_need_of_the_checker_loads_no_driver(name: str) -> None:
    assert not [m for m in loaded_by(f"import sys, {name}") if m.startswith("wampedge_drivers.")]
