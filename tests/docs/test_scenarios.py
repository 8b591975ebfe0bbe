"""The pages about scenarios: every key has its row, and the tutorial goes as it says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from wampedge.simulation.runner import Settings, run_scenario
from wampedge.simulation.scenario.conditions import CONDITION_FIELDS
from wampedge.simulation.scenario.fields import (
    ACTIONS,
    PROPERTY_FIELDS,
    STEP_FIELDS,
    TOP_FIELDS,
    WAVE_FIELDS,
)
from wampedge.simulation.scenario.names import PART_STATES
from wampedge.simulation.scenario_file import check_scenario, load_scenario

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = (ROOT / "docs/reference/scenarios.md").read_text(encoding="utf-8")
TUTORIAL: Final = (ROOT / "docs/tutorial/first-scenario.md").read_text(encoding="utf-8")


def marked(kind: str) -> str:
    """Return the block of the tutorial behind the comment *kind*."""
    found = re.search(
        rf"<!-- {kind}: \S+ -->\n```toml\n(.*?)^```", TUTORIAL, re.DOTALL | re.MULTILINE
    )
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "fields", [TOP_FIELDS, STEP_FIELDS, CONDITION_FIELDS, PROPERTY_FIELDS, WAVE_FIELDS]
)
def test_every_key_is_in_the_reference(fields: dict[str, Any]) -> None:
    assert [key for key in fields if f"`{key}`" not in REFERENCE] == []


def test_every_action_has_a_row_with_all_its_keys() -> None:
    for name, table in ACTIONS.items():
        row = next(line for line in REFERENCE.splitlines() if line.startswith(f"| `{name}` |"))
        cell = row.rsplit("|", 2)[1]
        wanted = [
            f"`{key}`{'' if field.is_required else '?'}" for key, field in table.fields.items()
        ]
        assert cell.strip() == ", ".join(wanted)


def test_states_of_parts_that_the_reference_names_exist() -> None:
    row = next(line for line in REFERENCE.splitlines() if line.startswith("| `part:drip.is_on` |"))

    assert set(re.findall("`([a-z_]+)`", row)) <= set(PART_STATES)


def test_example_of_the_reference_passes(tmp_path: Path) -> None:
    text = re.search(r"```toml\n(name = .*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)
    assert text is not None
    shutil.copy(ROOT / "devices.toml", tmp_path)
    (tmp_path / "day.toml").write_text(text[1], encoding="utf-8")

    outcome = run_scenario(load_scenario(tmp_path / "day.toml"), Settings(vcd_folder=tmp_path))

    assert outcome.verdict == "passed", outcome.details()


def without_active_low(scenario: str, site: str) -> tuple[str, str]:
    return scenario, re.sub(r'^active = "low".*\n', "", site, flags=re.MULTILINE)


def wired_otherwise(scenario: str, site: str) -> tuple[str, str]:
    head = 'devices = "devices.toml"\n'
    return scenario.replace(head, head + marked("line")), site


def without_sensor(scenario: str, site: str) -> tuple[str, str]:
    first, second, *rest = scenario.split("[[step]]")
    return "[[step]]".join(
        [first, second, marked("step").removeprefix("[[step]]") + "\n", *rest]
    ), site


def as_it_is(scenario: str, site: str) -> tuple[str, str]:
    return scenario, site


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (as_it_is, []),
        (without_active_low, ["gpio:17 equals false"]),
        (wired_otherwise, ["part:drip.is_on equals true"]),
        (without_sensor, ["gpio:18.duty equals 0.6"]),
    ],
)
def test_tutorial_goes_as_it_says(
    change: Callable[[str, str], tuple[str, str]], failed: list[str], tmp_path: Path
) -> None:
    site = (ROOT / "devices.toml").read_text(encoding="utf-8")
    scenario, changed = change(marked("file"), site)
    (tmp_path / "devices.toml").write_text(changed, encoding="utf-8")
    bench = site.replace("pin = 17", "pin = 24")
    (tmp_path / "bench.toml").write_text(bench, encoding="utf-8")
    path = tmp_path / "hot_day.toml"
    path.write_text(scenario, encoding="utf-8")

    outcome = run_scenario(load_scenario(path), Settings(vcd_folder=tmp_path))

    assert [each.place.text for each in outcome.failures] == failed
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", TUTORIAL, re.DOTALL | re.MULTILINE)
    outputs = [text for language, text in fenced if not language]
    told = outcome.details().replace(f"{tmp_path}/", "")
    for failure in outcome.failures:
        block = next(each for each in outputs if failure.place.text in each)
        wanted = [line for line in block.splitlines() if not line.startswith("FAIL")]
        assert [line for line in wanted if line and line not in told.splitlines()] == []


def test_mistake_the_tutorial_asks_for_is_told(tmp_path: Path) -> None:
    shutil.copy(ROOT / "devices.toml", tmp_path)
    path = tmp_path / "hot_day.toml"
    path.write_text(marked("file").replace("channel", "chanel"), encoding="utf-8")

    report = check_scenario(path).report()

    assert "did you mean channel?" in report
