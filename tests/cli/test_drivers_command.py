"""``wampedge drivers``: what it says of drivers that are not ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.devices.circuitpython.conftest import install, thermometer
from wampedge.cli import main

__all__ = ["install", "thermometer"]


def test_known_drivers_for_circuitpython_are_listed_with_the_way_to_install_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["drivers", "--adafruit"]) == 0

    out = capsys.readouterr().out
    assert "adafruit:sht31d" in out
    assert "pip install --no-deps adafruit-circuitpython-NAME" in out


def test_a_driver_that_is_installed_shows_what_its_classes_have(
    thermometer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drivers", thermometer]) == 0

    out = capsys.readouterr().out
    assert "the device file names the channels" in out
    assert "Thermometer (i2c): " in out
    assert "temperature" in out


def test_a_driver_that_is_not_installed_is_no_traceback(
    install: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drivers", "adafruit:none_such"]) == 1

    assert "is not installed" in capsys.readouterr().err
