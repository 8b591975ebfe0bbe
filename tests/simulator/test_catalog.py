from __future__ import annotations

import subprocess
import sys

import pytest

from wampedge_simulator.catalog import find_part
from wampedge_simulator.chips.bme280 import Bme280
from wampedge_simulator.instruments.line import LineInstrument
from wampedge_simulator.part import Part


@pytest.mark.parametrize(("driver", "part"), [("bme280", Bme280), ("line", LineInstrument)])
def test_a_part_is_found_by_the_name_of_its_driver(driver: str, part: type[Part]) -> None:
    assert find_part(driver) is part


@pytest.mark.parametrize(
    "driver", ["no_such_part", "", "__init__", "../world", "chips.bme280", "Bme280"]
)
def test_what_is_no_part_is_not_found(driver: str) -> None:
    assert find_part(driver) is None


def test_only_the_part_that_is_asked_for_is_imported() -> None:
    code = (
        "import sys; from wampedge_simulator.catalog import find_part; find_part('bme280');"
        "print(*sorted(m for m in sys.modules if m.startswith('wampedge_simulator.chips.')))"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert shown.stdout.split() == ["wampedge_simulator.chips.bme280"]
