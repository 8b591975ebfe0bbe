"""The example scenarios pass, and fail for the right reason once something is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.simulation.runner import Settings, run_scenario
from wampedge.simulation.scenario.model import Scenario
from wampedge.simulation.scenario_file import CheckedScenario, check_scenario

SCENARIOS = Path(__file__).parents[2] / "examples" / "scenarios"


def checked(name: str) -> CheckedScenario:
    found = check_scenario(SCENARIOS / f"{name}.toml", {})
    assert found.scenario is not None, found.report()
    return found


def only_until(scenario: Scenario, end_s: float) -> Scenario:
    """Return the first part of a long scenario; what is counted over all of it is left out."""
    chains = tuple(chain for chain in scenario.chains if chain.at_s < end_s)
    properties = tuple(each for each in scenario.properties if each.kind != "wave")
    return scenario.but(duration_s=end_s, chains=chains, properties=properties)


@pytest.mark.parametrize("name", ["cabinet_dead_meter", "rover_link_lost"])
def test_example_passes(name: str, tmp_path: Path) -> None:
    found = checked(name)
    assert found.scenario is not None

    outcome = run_scenario(found.scenario, Settings(vcd_folder=tmp_path))
    found.close()

    assert outcome.verdict == "passed", outcome.details()


def test_greenhouse_passes_the_hours_with_the_lost_sensor(tmp_path: Path) -> None:
    found = checked("greenhouse_week")
    assert found.scenario is not None

    outcome = run_scenario(only_until(found.scenario, 3.1 * 3600), Settings(vcd_folder=tmp_path))

    assert outcome.verdict == "passed", outcome.details()


@pytest.mark.slow
def test_greenhouse_passes_the_whole_week(tmp_path: Path) -> None:
    found = checked("greenhouse_week")
    assert found.scenario is not None

    outcome = run_scenario(found.scenario, Settings(timeout_s=600, vcd_folder=tmp_path))

    assert outcome.verdict == "passed", outcome.details()


def test_vent_whose_motor_is_wired_the_wrong_way_round_is_found(tmp_path: Path) -> None:
    found = checked("greenhouse_week")
    assert found.scenario is not None
    devices = dict(found.scenario.config.devices)
    up, down = devices["vent_up"], devices["vent_down"]
    devices["vent_up"] = up.but(pins=down.pins)
    devices["vent_down"] = down.but(pins=up.pins)
    broken = only_until(found.scenario, 1800.0)
    broken = broken.but(config=broken.config.but(devices=devices))

    outcome = run_scenario(broken, Settings(vcd_folder=tmp_path))

    assert [each.place.text for each in outcome.failures] == ["gpio:23 equals true"]


def test_rover_without_safety_is_found(tmp_path: Path) -> None:
    found = checked("rover_link_lost")
    assert found.scenario is not None
    config = found.scenario.config
    left = config.devices["left"]
    unsafe = left.but(output=left.output.but(has_safety=False))
    broken = only_until(found.scenario, 3.2)
    broken = broken.but(config=config.but(devices={**config.devices, "left": unsafe}))

    outcome = run_scenario(broken, Settings(vcd_folder=tmp_path))
    found.close()

    assert "its session is gone" in [each.why for each in outcome.failures]
