"""The JSON Schema of scenario files agrees with the checker, as far as it can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli

from wampedge.cli import main
from wampedge.simulation.scenario.schema import scenario_schema

jsonschema: Any = pytest.importorskip("jsonschema")
EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "scenarios").glob("*.toml"))
HEAD = 'name = "n"\ndevices = "d.toml"\n'


def fits(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(scenario_schema()).is_valid(tomli.loads(text)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_fit(path: Path) -> None:
    assert fits(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        '[[step]]\nat = "3d"\nset = { device = "air", channel = "temperature", value = 31.0 }\n',
        '[[step]]\nexpect = [{ signal = "gpio:17", equals = false }, { signal = "lamp.state" }]\n',
        '[[expect]]\nnever = { all = [{ signal = "gpio:5" }, { signal = "gpio:6" }] }\n',
        '[[expect]]\nwave = { signal = "gpio:5", min_on = "20s", duty = [0, 0.95] }\n',
    ],
)
def test_what_the_checker_takes_fits(text: str) -> None:
    assert fits(HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "sead = 3\n",
        "[[step]]\nat = 10\n",
        '[[step]]\nset = { device = "air", value = 1 }\n',
        '[[step]]\nlink = { state = "gone" }\n',
        '[[expect]]\nwhy = "nothing is said"\n',
        '[[expect]]\nnever = { signal = "gpio:5" }\nalways = { signal = "gpio:6" }\n',
        '[[expect]]\nwave = { signal = "gpio:5", duty = [0, 2] }\n',
    ],
)
def test_what_the_checker_refuses_fits_not(text: str) -> None:
    assert not fits(HEAD + text)


def test_the_schema_is_short_enough_for_an_editor() -> None:
    assert len(json.dumps(scenario_schema())) < 60_000


@pytest.mark.parametrize("kind", ["devices", "scenario", "world"])
def test_schemas_are_printed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", kind]) == 0

    assert json.loads(capsys.readouterr().out)["title"].count("wampedge") == 1
