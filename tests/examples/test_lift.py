"""examples/sites/drivers: the driver of the rover's lift on its simulated controller."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.on_chip import on_chip
from tests.support.virtual import virtual
from wampedge.errors import BadReadingError, BusError

FOLDER = Path(__file__).parents[2] / "examples" / "sites" / "drivers"


def module_of(file: str, name: str) -> ModuleType:
    """Load *file* of the example as the module *name*."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / file)
    assert spec is not None and spec.loader is not None, file  # noqa: PT018 # one claim
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lift(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The driver, with its controller where the simulator finds it."""
    for name in ("wampedge_simulator.chips.lift", "lift"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))  # gone again after the test
    module_of("lift_simulated.py", "wampedge_simulator.chips.lift")
    return module_of("lift.py", "lift")


@virtual
async def test_a_lift_goes_to_a_height_and_stops_on_the_way(lift: ModuleType) -> None:
    with on_chip(lift.Lift) as (driver, _, __):
        await driver.setup()

        assert await driver.set_target(200.4) == 200
        await asyncio.sleep(2.0)  # 50 mm/s
        assert await driver.read() == {"target": 200, "height": 100}
        await driver.stop()
        await asyncio.sleep(2.0)
        assert await driver.read() == {"target": 100, "height": 100}
        await driver.set_target(0)
        await asyncio.sleep(3.0)
        assert await driver.read() == {"target": 0, "height": 0}


def test_the_tests_beside_the_driver_pass() -> None:
    options = ["-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_lift.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER,
    )

    assert done.stdout.splitlines()[-1].startswith("3 passed"), done.stdout + done.stderr


@virtual
async def test_what_is_no_lift_is_refused(
    lift: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    part: ModuleType = sys.modules["wampedge_simulator.chips.lift"]
    monkeypatch.setattr(part, "ID", 0x1234)

    with on_chip(lift.Lift) as (driver, _, substrate):
        with pytest.raises(BadReadingError, match="id is 0x1234, a lift answers 0x4c46"):
            await driver.setup()
        substrate.fault("part", "nack", 1)
        with pytest.raises(BusError, match="acknowledge"):
            await driver.setup()
