"""Drivers are found by the name of their file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wampedge.devices.catalog import UnknownDriverError, driver_file, driver_names, find_driver
from wampedge.devices.driver import spec_of
from wampedge.errors import DeviceError

EXPECTED = {
    "ads1115", "bme280", "button", "ina219", "led", "line", "mcp23017", "pwm", "relay", "sht3x",
}  # fmt: skip


def test_every_driver_is_listed_by_its_name() -> None:
    assert set(driver_names()) >= EXPECTED
    assert driver_names() == sorted(driver_names())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_driver_is_named_like_its_file_and_describes_itself(name: str) -> None:
    spec = find_driver(name)

    assert spec.name == name
    assert spec.title
    assert spec_of(spec.driver_class) == spec


def test_the_same_driver_is_loaded_once() -> None:
    assert find_driver("relay") is find_driver("relay")


def test_no_two_folders_have_a_driver_of_the_same_name() -> None:
    package = driver_file("relay").parent.parent
    files = [f for f in package.glob("*/*") if f.suffix in {".py", ".toml"} and f.stem[0] != "_"]

    assert len(files) == len({file.stem for file in files})


def test_listing_and_finding_import_only_the_driver_asked_for() -> None:
    script = (
        "import sys; from wampedge.devices.catalog import *; driver_names(); find_driver('relay');"
        "print(*sorted(m for m in sys.modules if m.startswith(('wampedge_d', 'gpioz', 'tomli'))))"
    )

    answer = subprocess.check_output([sys.executable, "-c", script], text=True)

    assert answer.split() == [
        "wampedge_drivers",
        "wampedge_drivers.gpio",
        "wampedge_drivers.gpio._load",
        "wampedge_drivers.gpio._switch",
        "wampedge_drivers.gpio.relay",
    ]


def test_a_mistyped_name_gets_suggestions() -> None:
    with pytest.raises(UnknownDriverError) as caught:
        find_driver("sht4y")

    assert caught.value.suggestions[0] == "sht4x"
    assert str(caught.value).startswith("there is no driver 'sht4y' (did you mean sht4x")
    assert isinstance(caught.value, DeviceError)


@pytest.mark.parametrize(
    "name",
    ["../../etc/x", "os.system", "gpio/relay", "_switch", "__init__", "", "Relay", "x" * 999],
)
def test_a_name_can_not_reach_outside_of_the_drivers(name: str) -> None:
    """ROBUSTNESS.md C7."""
    with pytest.raises(UnknownDriverError):
        find_driver(name)
